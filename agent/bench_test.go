package agent_test

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/rollout"
)

// fleet is many services of one overlay, rendered beforehand: each its
// VirtualService and its DestinationRule, all under the default plan.
type fleet struct {
	services int
	kube     *agenttest.Kube
	agent    *agent.Agent
	names    []rollout.Name
	now      time.Time
}

// Render is agent.Renderer's. The weights are in the one file of the overlay.
func (f *fleet) Render(_ context.Context, tree fs.FS, folder string) ([]agent.Object, error) {
	v3, err := fs.ReadFile(tree, folder+"/v3")
	if err != nil {
		return nil, err
	}
	weight := int64(0)
	if string(v3) == "100" {
		weight = 100
	}
	at := rollout.Position{File: folder + "/all.yaml", Line: 1}
	var out []agent.Object
	for i := range f.services {
		for _, value := range []map[string]any{service(f.name(i), weight), rule(f.name(i))} {
			out = append(out, agent.Object{Value: value, Origin: at, Where: func(string) rollout.Position { return at }})
		}
	}
	return out, nil
}

func (f *fleet) name(i int) string { return fmt.Sprintf("svc-%05d", i) }

func service(name string, v3 int64) map[string]any {
	to := func(subset string, weight int64) any {
		return map[string]any{"destination": map[string]any{"host": name, "subset": subset}, "weight": weight}
	}
	return map[string]any{
		"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": map[string]any{"namespace": "fleet", "name": name},
		"spec": map[string]any{"hosts": []any{name}, "http": []any{map[string]any{"name": "primary", "route": []any{to("v1", 100-v3), to("v3", v3)}}}},
	}
}

func rule(name string) map[string]any {
	subset := func(version string) any {
		return map[string]any{"name": version, "labels": map[string]any{"version": version}}
	}
	return map[string]any{
		"apiVersion": "networking.istio.io/v1", "kind": "DestinationRule", "metadata": map[string]any{"namespace": "fleet", "name": name},
		"spec": map[string]any{"host": name, "subsets": []any{subset("v1"), subset("v3")}},
	}
}

// settledFleet is an agent that has created them all and is at rest.
func settledFleet(b *testing.B, services int) *fleet {
	f := &fleet{services: services, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	git := agenttest.NewGit()
	git.Commit(map[string]string{
		"weir.yaml":  "apiVersion: weir.dev/v1alpha1\nkind: Delivery\nmetadata: {name: fleet}\nspec: {environments: [{name: production, overlays: [all]}]}\n",
		"all/v3":     "0",
		"all/README": "services",
	})
	f.kube = agenttest.NewKube("eu1", func() time.Time { return f.now })
	clone := git.Clone()
	a, err := agent.New(agent.Options{Cluster: "eu1", Environments: []string{"production"}, Delivery: "weir.yaml", Interval: time.Hour},
		clone, f, indexed{f.kube}, clone, quiet{}, slog.New(slog.DiscardHandler))
	require.NoError(b, err)
	f.agent = a
	for range 12 {
		_, next := a.Step(b.Context(), f.now)
		f.now = f.now.Add(max(next.Sub(f.now), time.Second))
	}
	for _, v := range a.Views() {
		require.Equal(b, rollout.Healthy, v.Phase, v.Reason.Sentence)
		f.names = append(f.names, rollout.Name{Environment: v.Environment, Namespace: v.Namespace, Plan: v.Name})
	}
	require.Len(b, f.names, services)
	return f
}

// indexed is the model with endpoints that cost no search through all pods, as
// the informers' indexes have them.
type indexed struct{ *agenttest.Kube }

// Ready is agent.Cluster's.
func (indexed) Ready(_ string, of []rollout.Destination) map[rollout.Destination]rollout.Readiness {
	out := make(map[rollout.Destination]rollout.Readiness, len(of))
	for _, d := range of {
		out[d] = rollout.Readiness{Defined: true, Known: true, Ready: 2, Want: 2, Labels: rollout.Labels{"version": d.Subset}}
	}
	return out
}

// quiet is an Observer that wants to know nothing.
type quiet struct{}

func (quiet) Passed(time.Time, time.Duration, []agent.Turn, []agent.View, rollout.Problems, error) {}

// BenchmarkPass is one pass over a fleet at rest of which none, one or all are
// due. The requests are those to the API server; memory is what the agent, its
// models of Git and the cluster among it, holds for each service.
func BenchmarkPass(b *testing.B) {
	for _, services := range []int{1, 100, 10000} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		f := settledFleet(b, services)
		runtime.GC()
		runtime.ReadMemStats(&after)
		for _, due := range []int{0, 1, services} {
			if due == services && services == 1 {
				continue
			}
			b.Run(fmt.Sprintf("services=%d/due=%d", services, due), func(b *testing.B) {
				requests := f.kube.Requests()
				b.ReportAllocs()
				for b.Loop() {
					turns := f.agent.Pass(b.Context(), f.now, f.names[:due])
					if len(turns) != due {
						b.Fatalf("%d turns for %d that are due", len(turns), due)
					}
				}
				b.ReportMetric(float64(f.kube.Requests()-requests)/float64(b.N), "requests/op")
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(services), "bytes/service")
			})
		}
	}
}
