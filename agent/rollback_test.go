package agent_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/rollout"
)

// inSteps has reviews at Git's weights, by a plan that takes them back 2 percent
// every 20 seconds.
func inSteps(t *testing.T, tell func(w *world)) {
	story(t, func(w *world) {
		w.git.Commit(map[string]string{"overlays/production/weightplan.yaml": planYAML("{setWeight: 25, pause: {duration: 1m}}, {setWeight: 50, pause: {duration: 1m}}, {setWeight: 100, pause: {duration: 10h}}") + "  rollback: {stepWeight: 2, interval: 20s}\n"})
		w.pass(time.Minute)
		w.weigh(0, 0, 100)
		w.pass(5 * time.Minute)
		w.says(atV3, rollout.Progressing, "at Git's weights")
		tell(w)
	})
}

// backs are the moves back on the status branch, in order, and how many of its files
// are merged.
func (w *world) backs() (out []audit.Summary, merged int) {
	tree, err := w.git.Clone().Read(w.t.Context())
	require.NoError(w.t, err)
	for _, file := range w.decisions() {
		data, err := fs.ReadFile(tree, file)
		require.NoError(w.t, err)
		if audit.IsMerged(file) {
			merged++
		}
		for _, s := range audit.Summaries(rollout.Record{Path: file, Data: data}) {
			if s.Operation == rollout.Back {
				out = append(out, s)
			}
		}
	}
	slices.SortFunc(out, func(a, b audit.Summary) int { return a.Time.Compare(b.Time) })
	return out, merged
}

// Git is away for longer than the outbox has room for. That delays no step, and
// each is on the status branch afterwards, once and in order, the oldest in short.
func TestAWayBackInStepsIsOnTimeWithGitAway(t *testing.T) {
	inSteps(t, func(w *world) {
		w.git.Away(true)
		w.now(rollout.ToAbort)
		w.pass(time.Second)
		w.says("v1 2 · v2 0 · v3 98", rollout.Degraded, "at v1 2 · v2 0 · v3 98 on the way back to v1 100 · v2 0 · v3 0")
		w.pass(10*time.Minute - 2*time.Second) // 29 more of them
		w.says("v1 60 · v2 0 · v3 40", rollout.Degraded, "on the way back")
		w.git.Away(false)
		w.pass(10 * time.Minute)
		w.says(atV1, rollout.Degraded, "aborted by")

		backs, merged := w.backs()
		assert.Len(t, backs, 50)
		assert.Equal(t, 1, merged)
		for i, s := range backs[1:] {
			require.Equal(t, backs[i].Digest, s.Previous, "%s follows another than %s", s.Path, backs[i].Path)
		}
		require.NotContains(t, w.log.String(), "superseded")
	})
}

// A step costs one commit: its decision, its outcome and its status come together.
func TestAWayBackInStepsIsToldAsOne(t *testing.T) {
	inSteps(t, func(w *world) {
		w.weigh(100, 0, 0)
		w.pass(time.Minute)
		require.Equal(t, rollout.Progressing, w.view().Phase)
		id, before := w.view().ID, len(w.git.StatusLog())
		w.pass(10 * 20 * time.Second)
		assert.Equal(t, id, w.view().ID)
		assert.Equal(t, 10, len(w.git.StatusLog())-before, strings.Join(w.git.StatusLog(), "\n"))
	})
}
