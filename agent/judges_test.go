package agent_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/rollout"
)

// judged is a story whose agent reads its policies in a repository of their own; its
// first commit there has the example's rule.
func judged(t *testing.T, tell func(w *world, judges *agenttest.Git)) {
	t.Helper()
	story(t, func(w *world) {
		w.stop()
		w.judges = agenttest.NewGit()
		w.judges.Commit(map[string]string{"policies/first_step.rego": bookinfo(t)["policies/first_step.rego"]})
		w.start()
		w.pass(time.Minute)
		tell(w, w.judges)
	})
}

// No commit of the watched repository changes rules that are in another one; a commit
// of that one does, and nobody has to touch the watched one for it.
func TestPoliciesOfAnotherRepositoryAreChangedThere(t *testing.T) {
	judged(t, func(w *world, judges *agenttest.Git) {
		w.git.Commit(map[string]string{"policies/first_step.rego": lax, "overlays/production/weightplan.yaml": hasty})
		w.pass(time.Minute)
		w.weigh(0, 0, 100)
		w.pass(10 * time.Minute)
		w.says(atV1, rollout.Pending, "a first step above 25 percent")
		tip := judges.Commit(map[string]string{"policies/first_step.rego": lax})
		w.pass(time.Minute)
		w.says("v1 60 · v2 0 · v3 40", rollout.Progressing, "step 1 of 3")
		assert.Contains(t, w.accepted(), `"from": "`+tip+`"`)
	})
}

func TestWrongPoliciesOfAnotherRepositoryLeaveTheLastGoodOnes(t *testing.T) {
	judged(t, func(w *world, judges *agenttest.Git) {
		judges.Commit(map[string]string{"policies/first_step.rego": "package canary\n\ndeny if {"})
		w.git.Commit(map[string]string{"overlays/production/weightplan.yaml": hasty})
		w.pass(time.Minute)
		require.ErrorContains(t, w.told().problems, "of the repository of the policies is not taken, and those of")
		require.ErrorContains(t, w.told().problems, "policies/first_step.rego:3")
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.says(atV1, rollout.Pending, "a first step above 25 percent")
		judges.Commit(map[string]string{"policies/first_step.rego": lax})
		w.pass(time.Minute)
		require.NoError(t, w.told().problems.Err())
		w.says("v1 60 · v2 0 · v3 40", rollout.Progressing, "step 1 of 3")
	})
}

// An agent that begins while the policies' repository is away lets nothing forward; it
// goes on by itself.
func TestWithoutTheRepositoryOfThePoliciesNothingGoesForward(t *testing.T) {
	judged(t, func(w *world, judges *agenttest.Git) {
		judges.Away(true)
		w.weigh(90, 0, 10)
		w.pass(time.Minute)
		require.ErrorContains(t, w.told().problems, "reading the repository of the policies")
		w.says("v1 90 · v2 0 · v3 10", rollout.Progressing, "at Git's weights") // under those that are in force
		w.pass(15 * time.Minute)
		w.stop()
		w.pass(time.Minute)
		w.weigh(50, 0, 50)
		w.start()
		w.pass(20 * time.Minute)
		assert.Equal(t, "v1 90 · v2 0 · v3 10", w.live(reviews))
		require.ErrorContains(t, w.told().err, "reading the policies that were in force")
		judges.Away(false)
		w.pass(20 * time.Minute)
		require.NoError(t, w.told().err)
		assert.NotEqual(t, "v1 90 · v2 0 · v3 10", w.live(reviews))
	})
}

// However often it asks for them in vain.
func TestANewLifeWithoutTheRepositoryOfThePoliciesGoesBack(t *testing.T) {
	judged(t, func(w *world, judges *agenttest.Git) {
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.says(at10, rollout.Progressing, "step 1 of 4")
		judges.Away(true)
		w.restart()
		w.pass(20 * time.Minute)
		require.ErrorContains(t, w.told().err, "reading the policies that were in force")
		w.says(at10, rollout.Progressing, "")
		w.now(rollout.ToAbort)
		w.pass(time.Minute)
		assert.Equal(t, atV1, w.live(reviews))
	})
}

func TestAPinIsOneOfTheRepositoryOfThePolicies(t *testing.T) {
	judged(t, func(w *world, judges *agenttest.Git) {
		strict := judges.Commit(map[string]string{"NEWS": "strict"})
		judges.Commit(map[string]string{"policies/first_step.rego": lax})
		w.git.Commit(map[string]string{"weir.yaml": requiring(t, "    revision: "+strict+"\n"), "overlays/production/weightplan.yaml": hasty})
		w.pass(time.Minute)
		w.git.Commit(map[string]string{"NEWS": "the pin is trusted now"})
		w.weigh(0, 0, 100)
		w.pass(10 * time.Minute)
		w.says(atV1, rollout.Pending, "a first step above 25 percent")
	})
}

// shy is a source that cannot open one commit for now.
type shy struct {
	agent.Source
	of   string
	away *atomic.Bool
}

func (s shy) Open(ctx context.Context, sha string) (agent.Revision, error) {
	if sha == s.of && s.away.Load() {
		return agent.Revision{}, errors.New("the server is busy")
	}
	return s.Source.Open(ctx, sha)
}

// Policies that cannot be read for a moment are asked for again by the agent itself; a
// new life trusts no other ones meanwhile.
func TestPinnedPoliciesThatCannotBeReadAreAskedForAgain(t *testing.T) {
	story(t, func(w *world) {
		strict := w.git.Commit(map[string]string{"overlays/production/weightplan.yaml": hasty})
		w.pass(time.Minute)
		var away atomic.Bool
		begin := func() {
			clone := w.git.Clone()
			w.startOn(shy{clone, strict, &away}, clone)
		}
		w.stop()
		begin()
		w.pass(time.Minute)
		away.Store(true)
		w.git.Commit(map[string]string{"weir.yaml": requiring(t, "    revision: "+strict+"\n"), "policies/first_step.rego": lax})
		w.pass(time.Minute)
		require.ErrorContains(t, w.told().problems, "opening the policies of commit "+strict[:7])
		w.git.Commit(map[string]string{"weir.yaml": "kind: Deliverance\n"}) // which is no reason to ask no more
		w.pass(time.Minute)
		away.Store(false)
		w.pass(time.Minute)
		require.ErrorContains(t, w.told().problems, "weir.yaml:1")
		require.NotContains(t, w.told().problems.Error(), "opening the policies")
		w.git.Commit(map[string]string{"weir.yaml": requiring(t, "    revision: "+strict+"\n")})
		w.pass(time.Minute)
		require.NoError(t, w.told().problems.Err())

		away.Store(true)
		w.stop()
		w.weigh(0, 0, 100)
		begin()
		w.pass(time.Minute)
		require.ErrorContains(t, w.told().err, "reading the policies that were in force")
		away.Store(false)
		w.pass(10 * time.Minute)
		w.says(atV1, rollout.Pending, "a first step above 25 percent")
		require.NoError(t, w.told().err)
	})
}

// A commit that is gone for good does not keep an agent from beginning.
func TestPoliciesThatAreGoneForGoodStartTheChainAnew(t *testing.T) {
	story(t, func(w *world) {
		var away atomic.Bool
		away.Store(true)
		first := w.accepted()
		at := strings.Index(first, `"revision": "`) + len(`"revision": "`)
		w.stop()
		clone := w.git.Clone()
		w.startOn(shy{clone, first[at : at+40], &away}, clone)
		w.pass(time.Minute)
		require.ErrorContains(t, w.told().err, "reading the policies that were in force")
		w.pass(5 * time.Minute)
		require.NoError(t, w.told().err)
		w.weigh(90, 0, 10)
		w.pass(time.Minute)
		w.says("v1 90 · v2 0 · v3 10", rollout.Progressing, "at Git's weights")
	})
}
