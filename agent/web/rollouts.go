package web

import (
	"fmt"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// rollouts shows the rollouts as the last pass left them: one whole picture
// after the other, so that what is gone is gone from the metrics too, and
// nobody who scrapes sees half of it.
type rollouts struct{ now atomic.Pointer[picture] }

// picture is the metrics of all rollouts at one time.
type picture struct{ weight, phase *prometheus.GaugeVec }

func newRollouts() *rollouts {
	r := &rollouts{}
	r.show(nil)
	return r
}

// Describe is prometheus.Collector's.
func (r *rollouts) Describe(to chan<- *prometheus.Desc) {
	now := r.now.Load()
	now.weight.Describe(to)
	now.phase.Describe(to)
}

// Collect is prometheus.Collector's.
func (r *rollouts) Collect(to chan<- prometheus.Metric) {
	now := r.now.Load()
	now.weight.Collect(to)
	now.phase.Collect(to)
}

func (r *rollouts) show(views []agent.View) {
	p := &picture{
		weight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "weir_weight", Help: "The live weight of a destination, as the VirtualService has it; 100 for one that stands alone.",
		}, []string{"environment", "namespace", "rollout", "target", "route", "destination"}),
		phase: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "weir_phase", Help: "1 for the phase that the rollout is in, 0 for the others.",
		}, []string{"environment", "namespace", "rollout", "phase"}),
	}
	for _, v := range views {
		p.add(v)
	}
	r.now.Store(p)
}

func (p *picture) add(v agent.View) {
	for _, phase := range []rollout.Phase{rollout.Healthy, rollout.Pending, rollout.Progressing, rollout.Paused, rollout.Degraded} {
		p.phase.WithLabelValues(v.Environment, v.Namespace, v.Name, string(phase)).Set(truth(v.Phase == phase))
	}
	for _, route := range v.Routes {
		for i, w := range route.Destinations {
			weight := float64(w.Weight)
			if len(route.Destinations) == 1 {
				weight = 100
			}
			p.weight.WithLabelValues(v.Environment, v.Namespace, v.Name, route.Target, route.Route, label(route.Destinations, i)).Set(weight)
		}
	}
}

// label names a destination as people do, and in full where two of a route
// would read the same.
func label(s rollout.Split, i int) string {
	d := s[i].Destination
	for j, other := range s {
		if j != i && other.String() == d.String() {
			return fmt.Sprintf("%s/%s:%d", d.Host, d.Subset, d.Port)
		}
	}
	return d.String()
}
