package agent_test

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// scratched is a source of which some paths cannot be read for now.
type scratched struct {
	agent.Source
	*scratches
}

// scratches are the paths, each with what reading it says.
type scratches struct {
	mu sync.Mutex
	at map[string]error
}

// scratch has reading a path fail from now on; nil has it succeed again.
func (s *scratches) scratch(file string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at[file] = err
}

func (s scratched) Fetch(ctx context.Context) (agent.Revision, error) {
	rev, err := s.Source.Fetch(ctx)
	return s.over(rev), err
}

func (s scratched) Open(ctx context.Context, sha string) (agent.Revision, error) {
	rev, err := s.Source.Open(ctx, sha)
	return s.over(rev), err
}

func (s scratched) over(rev agent.Revision) agent.Revision {
	if rev.Tree != nil {
		rev.Tree = worn{rev.Tree, s.scratches}
	}
	return rev
}

// worn is a tree with scratches.
type worn struct {
	fs.FS
	*scratches
}

func (w worn) Open(name string) (fs.File, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.at[name]; err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return w.FS.Open(name)
}

var errWorn = errors.New("the disk is worn")

// wearing starts the agent anew on a source that can be scratched.
func (w *world) wearing() *scratches {
	w.stop()
	synctest.Wait()
	clone, s := w.git.Clone(), &scratches{at: map[string]error{}}
	w.startOn(scratched{clone, s}, clone)
	return s
}

// One file that is too large, or of which nobody knows for now what it says, takes
// nobody else's word, and not its own as it was heard.
func TestAFileThatCannotBeReadDropsNobodysPause(t *testing.T) {
	for name, why := range map[string]error{"too large": agent.ErrUnfit, "not for now": errWorn} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				s := w.wearing()
				w.weigh(0, 0, 100)
				w.pass(time.Minute)
				w.ask(bob, rollout.ToPause)
				w.pass(time.Minute)
				w.says(at10, rollout.Paused, "paused by "+bob)
				s.scratch("approvals/0.yaml", why)
				w.git.Commit(map[string]string{"approvals/0.yaml": "who knows\n"})
				w.pass(time.Hour)
				w.says(at10, rollout.Paused, "paused by "+bob)
				told := w.told()
				assert.Equal(t, errors.Is(why, agent.ErrUnfit), strings.Contains(told.problems.Error(), "approvals/0.yaml: read approvals/0.yaml: "+why.Error()))
				if errors.Is(why, errWorn) {
					assert.ErrorContains(t, told.err, "reading approvals/0.yaml: read approvals/0.yaml: the disk is worn")
				}
				w.ask(bob, rollout.ToAbort)
				w.pass(time.Minute)
				w.says(atV1, rollout.Degraded, "aborted by "+bob)
			})
		})
	}
}

func TestWhatWasHeardStandsWhileItCannotBeRead(t *testing.T) {
	for _, scratch := range []string{"file", "approvals"} {
		story(t, func(w *world) {
			s := w.wearing()
			w.weigh(0, 0, 100)
			w.pass(time.Minute)
			id := w.view().ID
			w.ask(bob, rollout.ToPause)
			w.pass(time.Minute)
			w.says(at10, rollout.Paused, "paused by "+bob)
			file := "approvals/" + string(id) + "-1-pause-1.yaml"
			if scratch != "file" {
				file = scratch
			}
			s.scratch(file, errWorn)
			w.git.Commit(map[string]string{"NOTES.md": "x\n"})
			w.pass(time.Hour)
			w.says(at10, rollout.Paused, "paused by "+bob)
			require.Error(t, w.told().err)
			w.ask(bob, rollout.ToResume)
			s.scratch(file, nil)
			w.pass(time.Minute)
			require.NoError(t, w.told().err)
			w.says(at25, rollout.Progressing, "step 2 of 4")
		})
	}
}

// A disk that fails for a moment while a commit is taken says nothing of the commit,
// which nobody would write anew for that.
func TestACommitThatCannotBeReadForAMomentIsTakenAfterwards(t *testing.T) {
	for _, file := range []string{"weir.yaml", "base/reviews.yaml", "overlays/production", "policies/first_step.rego"} {
		t.Run(file, func(t *testing.T) {
			story(t, func(w *world) {
				s := w.wearing()
				w.pass(time.Minute)
				s.scratch(file, errWorn)
				w.weigh(0, 0, 100)
				w.pass(time.Minute)
				if file != "policies/first_step.rego" {
					require.ErrorContains(t, w.told().err, ", which is read again before long: read "+file+": the disk is worn")
					w.says(atV1, rollout.Healthy, "")
				}
				s.scratch(file, nil)
				w.pass(2 * time.Minute)
				require.NoError(t, w.told().err)
				require.NoError(t, w.told().problems.Err())
				w.says(at10, rollout.Progressing, "step 1 of 4")
			})
		})
	}
}

// What comes with weights judges the next commit, however often that one was read.
func TestACommitThatIsReadTwiceChoosesNotItsOwnJudges(t *testing.T) {
	story(t, func(w *world) {
		w.git.Commit(map[string]string{"overlays/production/weightplan.yaml": hasty})
		w.pass(time.Minute)
		s := w.wearing()
		w.pass(time.Minute)
		s.scratch("base/reviews.yaml", errWorn)
		w.git.Commit(map[string]string{"base/reviews.yaml": reviewsYAML("0", "0", "100"), "policies/first_step.rego": lax})
		w.pass(time.Minute)
		s.scratch("base/reviews.yaml", nil)
		w.pass(10 * time.Minute)
		w.says(atV1, rollout.Pending, "a first step above 25 percent")
	})
}

func TestADeliveryThatIsNoPlainFileSaysWhatItIs(t *testing.T) {
	story(t, func(w *world) {
		s := w.wearing()
		w.pass(time.Minute)
		s.scratch("weir.yaml", agent.ErrUnfit)
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		assert.Contains(t, w.told().problems.Error(), "weir.yaml: the Delivery at this path cannot be read: read weir.yaml: it is not to be read (commit it there")
		w.git.Commit(nil, "weir.yaml")
		s.scratch("weir.yaml", nil)
		w.pass(time.Minute)
		assert.Contains(t, w.told().problems.Error(), "weir.yaml: the repository has no Delivery at this path (add it")
	})
}
