package simulator

import (
	"context"
	"errors"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// gates is what happens to what plans wait for. Stories without gates have none
// of it.
func gates() map[Kind]deed {
	all := map[Kind]deed{
		"freeze":    change(func(w *wish, e Event) bool { w.Freeze = e.A % len(freezeLists); return true }),
		"level":     change(func(w *wish, e Event) bool { w.Level = e.A % len(levelWindows); return true }),
		"approvers": change(func(w *wish, e Event) bool { w.Approvers = e.A % len(approverLists); return true }),
		"quality": func(w *world, e Event) bool { // the pods of a subset get better or worse
			d := rollout.Destination{Host: hosts[e.A%len(hosts)], Subset: subset(e.B % 3)}
			if ref, flies := w.flying(e); flies {
				d = w.growing(ref, d)
			}
			d.Port = 0
			w.say("the metrics of %s are %s", d, qualities[e.C%len(qualities)])
			w.quality[d] = append(w.quality[d], since{w.now, e.C % len(qualities)})
			return true
		},
		"metrics-away": func(w *world, e Event) bool {
			return w.outage(&w.unmetered, "Prometheus", minutes(e), func() {}, func() {})
		},
		"webhook": func(w *world, e Event) bool {
			name := hookNames[e.A%len(hookNames)]
			w.say("webhook %s says %s", name, says[e.B%len(says)])
			w.hooks[name] = append(w.hooks[name], since{w.now, e.B % len(says)})
			return true
		},
	}
	for kind, f := range map[Kind]func(g *gateWish, e Event){
		"windows":  func(g *gateWish, e Event) { g.Windows, g.Closing = e.B%len(windowLists), e.C%len(closings) },
		"start":    func(g *gateWish, e Event) { g.Start = e.B % len(starts) },
		"schedule": func(g *gateWish, e Event) { g.Schedule = e.B % len(schedules) },
		"analysis": func(g *gateWish, e Event) { g.Analysis = e.B % len(analyses) },
		"hooks":    func(g *gateWish, e Event) { g.Hooks = e.B % len(hookLists) },
		"rollback": func(g *gateWish, e Event) { g.Rollback = e.B % len(rollbacks) },
	} {
		all[kind] = change(func(w *wish, e Event) bool {
			p, ok := plan(w, e)
			if ok {
				f(&p.Gate, e)
			}
			return ok
		})
	}
	return all
}

// growing is a destination that the rollout in flight gives more traffic to.
func (w *world) growing(ref rollout.Ref, other rollout.Destination) rollout.Destination {
	s := w.oracle.side(w.kube.Get("VirtualService", ref))
	i, there := w.wish.target(ref.Name)
	if !there {
		return other
	}
	if of := rising(w.oracle.wanted(w.commits[len(w.commits)-1], i), s.state.Member.Stable, s.routes); len(of) > 0 {
		return of[0]
	}
	return other
}

// since is what holds from a time on.
type since struct {
	from time.Time
	is   int
}

// during is what held at a time, and false before the first.
func during(log []since, t time.Time) (is int, known bool) {
	for _, x := range log {
		if x.from.After(t) {
			break
		}
		is, known = x.is, true
	}
	return is, known
}

// qualities are how the pods of a subset do.
var qualities = []string{"good", "bad", "not there"}

const (
	good = iota
	bad
	silent
)

// says is what a webhook answers.
var says = []string{"yes", "no", "nothing"}

const (
	yes = iota
	no
	nothing
)

// qualityOf is how the destination did at a time that has come.
func (w *world) qualityOf(d rollout.Destination, t time.Time) int {
	if t.After(w.now) {
		return silent
	}
	is, _ := during(w.quality[rollout.Destination{Host: d.Host, Subset: d.Subset}], t)
	return is
}

// answer is what the webhook says at a time: in the beginning yes, and the one
// that asks for going back no.
func (w *world) answer(name string, t time.Time) int {
	if is, known := during(w.hooks[name], t); known {
		return is
	}
	if name == "alarm" {
		return no
	}
	return yes
}

// metrics is the agent.Metrics of a process. It is asked by many at once, while
// the world stands still.
type metrics struct{ *process }

func (m metrics) Samples(_ context.Context, q rollout.Query) ([]rollout.Sample, error) {
	if m.w.unmetered {
		return nil, errAway
	}
	var out []rollout.Sample
	for t := q.Measure.From; !t.After(q.Measure.To); t = t.Add(q.Measure.Interval) {
		if is := m.w.qualityOf(q.Destination, t); is != silent {
			out = append(out, rollout.Sample{Metric: q.Measure.Metric, Destination: q.Destination, At: t, Value: float64(2 * is)})
		}
	}
	return out, nil
}

// webhooks is the agent.Webhooks of a process, likewise.
type webhooks struct{ *process }

func (h webhooks) Ask(_ context.Context, c rollout.Call) (bool, string, error) {
	switch h.w.answer(c.Name, h.w.now) {
	case yes:
		return true, "", nil
	case no:
		return false, "403 not now", nil
	}
	return false, "", errors.New("no answer in time")
}
