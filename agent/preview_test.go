package agent_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/kustomize"
	"github.com/weir-delivery/weir/rollout"
)

// preview is what another agent would do now, if it were asked.
func (w *world) preview(name string) agent.Preview {
	w.t.Helper()
	clone := w.git.Clone()
	a, err := agent.New(agent.Options{Cluster: "eu1", Environments: []string{"production"}, Delivery: "weir.yaml", Interval: 30 * time.Second},
		clone, kustomize.New(), w.kube, clone, w, slog.New(slog.DiscardHandler))
	require.NoError(w.t, err)
	requests, log := w.kube.Requests(), w.git.StatusLog()
	previews, err := a.Preview(context.Background(), time.Now())
	require.NoError(w.t, err)
	assert.Equal(w.t, requests, w.kube.Requests(), "a preview writes nothing to the cluster")
	assert.Equal(w.t, log, w.git.StatusLog(), "a preview writes nothing to Git")
	for _, p := range previews {
		if p.View.Name == name {
			return p
		}
	}
	require.Fail(w.t, "no preview of "+name)
	return agent.Preview{}
}

func TestAPreviewSaysWhatTheNextPassDoesAndDoesNothing(t *testing.T) {
	story(t, func(w *world) {
		p := w.preview("reviews")
		assert.Equal(t, rollout.Hold, p.Turn.Move.Kind)
		assert.Equal(t, rollout.Healthy, p.View.Phase)
		w.stop()
		w.weigh(0, 0, 100)
		p = w.preview("reviews")
		assert.Equal(t, rollout.Forward, p.Turn.Move.Kind, p.Turn.Move.Reason)
		require.Len(t, p.Turn.Move.Changes, 1)
		assert.Contains(t, p.Turn.Move.Changes[0].To.String(), "v1 90 · v2 0 · v3 10")
		require.Len(t, p.Pairs, 1)
		assert.NotNil(t, p.Pairs[0].Live)
		assert.NotNil(t, p.Pairs[0].Wanted)
		assert.Contains(t, p.Pairs[0].Routes.String(), "v1 100")
		assert.Empty(t, p.Pairs[0].Appliers)
		w.start()
		w.pass(time.Minute)
		w.says("v1 90 · v2 0 · v3 10", rollout.Progressing, "step 1 of 4")
	})
}

func TestAPreviewWithGitAwayIsAnError(t *testing.T) {
	story(t, func(w *world) {
		w.git.Away(true)
		a, err := agent.New(agent.Options{Cluster: "eu1", Environments: []string{"production"}, Delivery: "weir.yaml", Interval: 30 * time.Second},
			w.git.Clone(), kustomize.New(), w.kube, w.git.Clone(), w, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		_, err = a.Preview(context.Background(), time.Now())
		assert.Error(t, err)
	})
}
