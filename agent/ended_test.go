package agent_test

import (
	"context"
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/rollout"
)

// ends says how each allowed move of reviews ended, by its file's name.
func (w *world) ends() map[string]audit.Result {
	out := map[string]audit.Result{}
	for _, file := range w.decisions() {
		if text, ok := w.git.StatusFile("outcomes" + strings.TrimPrefix(file, "decisions")); ok && strings.Contains(file, "/reviews-") {
			var o audit.Outcome
			require.NoError(w.t, json.Unmarshal([]byte(text), &o))
			out[strings.TrimPrefix(path.Dir(file), "decisions/eu1/production/")+"/"+path.Base(file)] = o.Result
		}
	}
	return out
}

func TestAMoveEndedAsAppliedThoughTheNextLifeBeginsByGoingBack(t *testing.T) {
	story(t, func(w *world) {
		before := len(w.ends())
		w.then = func() {
			if w.live(reviews) == at10 { // its outcome never comes to the branch
				w.git.Away(true)
			}
		}
		w.weigh(0, 0, 100)
		w.pass(2 * time.Minute)
		w.stop()
		synctest.Wait()
		w.then = nil
		require.Equal(t, at10, w.live(reviews))
		w.git.Away(false)
		require.Len(t, w.ends(), before)
		w.weigh(100, 0, 0)
		w.start()
		w.pass(time.Minute)
		w.says("v1 100 · v2 0 · v3 0", rollout.Healthy, "")
		assert.Len(t, w.ends(), before+2)
		for file, end := range w.ends() {
			assert.Equal(t, audit.Applied, end, file)
		}
	})
}

func TestWhatAnotherAgentAppliedIsNotSuperseded(t *testing.T) {
	story(t, func(w *world) {
		w.weigh(0, 0, 100)
		w.pass(2 * time.Minute)
		first := w.stop
		w.start() // both act, whoever leads
		w.pass(time.Hour)
		assert.Equal(t, "v1 0 · v2 0 · v3 100", w.live(reviews))
		assert.Len(t, w.ends(), 5)
		for file, end := range w.ends() {
			assert.Equal(t, audit.Applied, end, file)
		}
		first()
	})
}

// late is a cluster whose next write takes effect after its answer is lost, and
// whose line is stopped just then.
type late struct {
	*agenttest.Kube
	next  bool
	write agent.Write
}

func (l *late) Apply(ctx context.Context, w agent.Write) error {
	if !l.next {
		return l.Kube.Apply(ctx, w)
	}
	l.next, l.write = false, w
	l.Stop("Ann: an incident")
	return agenttest.ErrClusterAway
}

func TestAWriteThatMayTakeEffectYetHasNotFailed(t *testing.T) {
	story(t, func(w *world) {
		w.stop()
		synctest.Wait()
		cluster, clone := &late{Kube: w.kube, next: true}, w.git.Clone()
		w.startIn(cluster, clone, clone)
		w.git.Commit(map[string]string{"base/reviews.yaml": strings.Replace(reviewsYAML("100", "0", "0"), "- name: primary\n", "- name: primary\n    timeout: 3s\n", 1)})
		w.pass(2 * time.Minute)
		require.NotEmpty(t, cluster.write.Ref, w.log)
		before := len(w.ends())
		require.NoError(t, w.kube.Apply(t.Context(), cluster.write))
		w.kube.Stop("")
		w.pass(2 * time.Minute)
		assert.Len(t, w.ends(), before+1)
		for file, end := range w.ends() {
			assert.Equal(t, audit.Applied, end, file)
		}
	})
}

func TestAWriteOfAnEarlierLifeThatMayTakeEffectYetIsNotSuperseded(t *testing.T) {
	story(t, func(w *world) {
		w.stop()
		synctest.Wait()
		cluster, clone := &late{Kube: w.kube, next: true}, w.git.Clone()
		w.startIn(cluster, clone, clone)
		w.weigh(0, 0, 100)
		w.then = func() {
			if cluster.write.Ref == reviews {
				w.stop()
			}
		}
		w.pass(2 * time.Minute)
		w.then = nil
		require.NotEmpty(t, cluster.write.Ref, w.log)
		w.weigh(0, 50, 50)
		w.start()
		w.pass(2 * time.Minute)
		before := len(w.ends())
		require.NoError(t, w.kube.Apply(t.Context(), cluster.write))
		w.kube.Stop("")
		w.pass(2 * time.Minute)
		assert.Greater(t, len(w.ends()), before)
		for file, end := range w.ends() {
			assert.Equal(t, audit.Applied, end, file)
		}
	})
}

func TestACreationThatCanArriveNoMoreEnds(t *testing.T) {
	story(t, func(w *world) {
		w.stop()
		synctest.Wait()
		cluster, clone := &late{Kube: w.kube, next: true}, w.git.Clone()
		w.startIn(cluster, clone, clone)
		plan := bookinfo(t)["overlays/production/weightplan.yaml"]
		w.then = func() {
			if cluster.write.Ref == ingress {
				w.stop()
			}
		}
		w.git.Commit(map[string]string{
			"overlays/production/weightplan.yaml": strings.Replace(plan, "routes: [primary]}]", "routes: [primary]}, {kind: VirtualService, name: reviews-ingress}]", 1),
			"base/reviews.yaml":                   bothYAML("100", "0"),
		})
		w.pass(2 * time.Minute)
		w.then = nil
		require.NotEmpty(t, cluster.write.Ref, w.log)
		w.git.Commit(map[string]string{"overlays/production/weightplan.yaml": plan, "base/reviews.yaml": reviewsYAML("0", "0", "100")})
		w.kube.Stop("")
		w.start()
		w.pass(time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 4")
		require.NotContains(t, slices.Collect(maps.Values(w.ends())), audit.Superseded, "it may take effect yet")
		w.pass(2 * time.Minute)
		require.Contains(t, slices.Collect(maps.Values(w.ends())), audit.Superseded)
	})
}
