package agent_test

import (
	"context"
	"encoding/json"
	"path"
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
		w.after(func() {
			if w.live(reviews) == at10 { // its outcome never comes to the branch
				w.git.Away(true)
			}
		})
		w.weigh(0, 0, 100)
		w.pass(2 * time.Minute)
		w.stop()
		synctest.Wait()
		w.after(nil)
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

// diesLate has the agent send the first step to v3 on a late cluster and die of
// it, and lets so much time pass.
func diesLate(w *world, d time.Duration) *late {
	w.stop()
	synctest.Wait()
	cluster, clone := &late{Kube: w.kube, next: true}, w.git.Clone()
	w.startIn(cluster, clone, clone)
	w.weigh(0, 0, 100)
	w.after(func() {
		if cluster.write.Ref == reviews {
			w.stop()
		}
	})
	w.pass(d)
	w.after(nil)
	require.NotEmpty(w.t, cluster.write.Ref, w.log)
	return cluster
}

func TestAWriteThatMayTakeEffectYetHasNotFailed(t *testing.T) {
	story(t, func(w *world) {
		w.stop()
		synctest.Wait()
		cluster, clone := &late{Kube: w.kube, next: true}, w.git.Clone()
		w.startIn(cluster, clone, clone)
		w.git.Commit(map[string]string{"base/reviews.yaml": strings.Replace(reviewsYAML("100", "0", "0"), "- name: primary\n", "- name: primary\n    timeout: 3s\n", 1)})
		w.pass(time.Minute)
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
		cluster := diesLate(w, 2*time.Minute)
		w.weigh(0, 50, 50)
		w.start()
		w.pass(time.Minute)
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

func TestAMoveThatNoWriteFollowsHasAnEndAllTheSame(t *testing.T) {
	story(t, func(w *world) {
		w.stop()
		synctest.Wait()
		cluster, clone := &late{Kube: w.kube, next: true}, w.git.Clone()
		w.startIn(cluster, clone, clone)
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		require.NotEmpty(t, cluster.write.Ref, w.log)
		w.weigh(100, 0, 0) // nothing is left to do
		w.pass(5 * time.Minute)
		require.Len(t, w.ends(), 1, "it may have arrived, and the cache be behind")
		w.pass(12 * time.Minute)
		require.Len(t, w.ends(), 2)
		ends := map[audit.Result]int{}
		for _, end := range w.ends() {
			ends[end]++
		}
		assert.Equal(t, map[audit.Result]int{audit.Applied: 1, audit.Failed: 1}, ends)
	})
}

// halting is a journal after whose next decision somebody stops the line.
type halting struct {
	agent.Journal
	kube *agenttest.Kube
}

func (h halting) Record(ctx context.Context, c agent.Commit) (string, map[string][]byte, error) {
	sha, found, err := h.Journal.Record(ctx, c)
	for file := range c.Create {
		if strings.HasPrefix(file, "decisions/") {
			h.kube.Stop("Ann: an incident")
		}
	}
	return sha, found, err
}

// Who takes a decision that it found there for its own knows no better whether
// the write of who made it is under way.
func TestAWriteForADecisionThatWasFoundIsNotSuperseded(t *testing.T) {
	story(t, func(w *world) {
		cluster := diesLate(w, 35*time.Second)
		w.kube.Stop("")
		clone := w.git.Clone()
		w.startOn(clone, halting{clone, w.kube})
		w.pass(35 * time.Second)
		require.Contains(t, w.log.String(), "the facts changed before the move was applied")
		w.weigh(0, 50, 50)
		w.pass(35 * time.Second)
		before := len(w.ends())
		require.NoError(t, w.kube.Apply(t.Context(), cluster.write))
		w.kube.Stop("")
		w.pass(35 * time.Second)
		assert.Greater(t, len(w.ends()), before)
		for file, end := range w.ends() {
			assert.Equal(t, audit.Applied, end, file)
		}
	})
}

// beside is a cluster in which a person writes beside the state right before the next
// write, and somebody stops the line.
type beside struct {
	*agenttest.Kube
	next  bool
	write agent.Write
}

func (b *beside) Apply(ctx context.Context, w agent.Write) error {
	if b.next {
		b.next, b.write = false, w
		b.Edit("kubectl-annotate", "VirtualService", w.Ref, func(o map[string]any) {
			o["metadata"].(map[string]any)["annotations"].(map[string]any)["example.com/seen"] = "by Ann"
		})
		b.Stop("Ann: an incident")
	}
	return b.Kube.Apply(ctx, w)
}

// Another agent, who found the decision too, lays it over what the person wrote.
func TestADecisionThatAnotherAgentMayLayOverAnAnnotationHasNotFailed(t *testing.T) {
	story(t, func(w *world) {
		w.stop()
		synctest.Wait()
		cluster, clone := &beside{Kube: w.kube, next: true}, w.git.Clone()
		w.startIn(cluster, clone, clone)
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		require.NotEmpty(t, cluster.write.Ref, w.log)
		w.weigh(0, 50, 50)
		w.pass(35 * time.Second)
		before := len(w.ends())
		live, _ := w.kube.Live(reviews)
		require.NotEqual(t, cluster.write.Version, live.Version)
		cluster.write.Version = live.Version
		require.NoError(t, w.kube.Apply(t.Context(), cluster.write))
		w.kube.Stop("")
		w.pass(35 * time.Second)
		assert.Greater(t, len(w.ends()), before)
		for file, end := range w.ends() {
			assert.Equal(t, audit.Applied, end, file)
		}
	})
}
