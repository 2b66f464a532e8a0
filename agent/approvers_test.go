package agent_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/rollout"
)

const (
	carol      = "Carol <carol@ops.example.com>"
	onlyOps    = "  approvals: {approvers: [ann@example.com, \"@ops.example.com\"]}\n"
	bobToo     = "  approvals: {approvers: [bob@example.com]}\n"
	onlyAuthor = "  approvals: {approvers: [alice@example.com]}\n"
	untilTold  = "{setWeight: 10, pause: {}}, {setWeight: 50, pause: {}}, {setWeight: 100}"
)

func TestOnlyWhoIsNamedApproves(t *testing.T) {
	story(t, func(w *world) {
		w.git.Commit(map[string]string{"weir.yaml": delivery(t, onlyOps), "overlays/production/weightplan.yaml": planYAML(untilTold)})
		w.pass(time.Minute)
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.ask(bob, rollout.ToApprove)
		w.pass(time.Minute)
		w.ask(bob, rollout.ToPromote)
		w.pass(time.Minute)
		w.says(at10, rollout.Paused, "step 1 of 3 waits for approval: Bob <bob@example.com> is none of the approvers that weir.yaml names: ann@example.com, @ops.example.com")
		w.ask(carol, rollout.ToApprove)
		w.pass(time.Minute)
		w.says("v1 50 · v2 0 · v3 50", rollout.Paused, "step 2 of 3 waits for approval")
		w.ask(bob, rollout.ToAbort) // going back is everybody's
		w.pass(time.Minute)
		w.says(atV1, rollout.Degraded, "aborted by Bob")
	})
}

// Nobody makes themselves an approver of what comes with it: a check of that change
// finds nobody who could approve it but those of before.
func TestACommitDoesNotChooseItsOwnApprovers(t *testing.T) {
	plan := planYAML(untilTold)
	base := weights("100", "0", "0")
	base["overlays/production/weightplan.yaml"] = plan
	head := weights("0", "0", "100")
	head["overlays/production/weightplan.yaml"] = plan
	steps := func(before, after string) (foreseen int) {
		base["weir.yaml"], head["weir.yaml"] = delivery(t, before), delivery(t, after)
		for _, s := range checked(t, base, head).Rollouts[0].Steps {
			if !s.Earliest.IsZero() {
				foreseen++
			}
		}
		return foreseen
	}
	assert.Equal(t, 3, steps(onlyOps, bobToo))
	assert.Equal(t, 3, steps("", bobToo))
	assert.Equal(t, 1, steps(onlyAuthor, bobToo), "the author alone cannot approve it, and Bob not yet")
	assert.Equal(t, 1, steps("", onlyAuthor))
}

func TestAPlanThatNobodyCanApproveIsRefused(t *testing.T) {
	story(t, func(w *world) {
		plan := strings.Replace(planYAML(untilTold), "spec:\n", "spec:\n  approvals: {required: 2}\n", 1)
		w.git.Commit(map[string]string{"weir.yaml": delivery(t, bobToo), "overlays/production/weightplan.yaml": plan})
		w.pass(time.Minute)
		require.ErrorContains(t, w.told().problems, "WeightPlan reviews can never end a pause that waits for approval: it requires 2 approvals, and approvers in weir.yaml names 1")
	})
}

const ann = "Ann <ann@example.com>"

// signedBy is weir.yaml's approvals with these people's keys.
func signedBy(people ...string) string {
	text := "  approvals:\n    identity: signature\n    signers:\n"
	for _, p := range people {
		text += "    - " + agenttest.AllowedSigner(p) + "\n"
	}
	return text
}

// signing is a story of a change by Dev that waits for a signed approval.
func signing(t *testing.T, approvals string, tell func(w *world)) {
	changing(t, approvals, func(w *world) { w.weigh(0, 0, 100) }, tell)
}

// changing is a story of a change that waits for approval.
func changing(t *testing.T, approvals string, change, tell func(w *world)) {
	story(t, func(w *world) {
		w.git.Commit(map[string]string{"weir.yaml": delivery(t, approvals), "overlays/production/weightplan.yaml": planYAML(untilTold)})
		w.pass(time.Minute)
		change(w)
		w.pass(time.Minute)
		w.says(at10, rollout.Paused, "step 1 of 3 waits for approval")
		tell(w)
	})
}

// besides changes the weights, and in the same commit who approves.
func besides(t *testing.T, approvals string) func(w *world) {
	return func(w *world) {
		files := weights("0", "0", "100")
		files["weir.yaml"] = delivery(t, approvals)
		w.git.Commit(files)
	}
}

// approves has somebody approve, and says whether that counts.
func (w *world) approves(ask func(), counts bool) {
	w.t.Helper()
	ask()
	w.pass(time.Minute)
	if counts {
		w.says("v1 50 · v2 0 · v3 50", rollout.Paused, "step 2 of 3 waits for approval")
	} else {
		w.says(at10, rollout.Paused, "step 1 of 3 waits for approval")
	}
}

// Carol picks Bob's commit, and Dev commits something else on top that Ann had a part in.
func TestWhoHadAPartInTheChangeDoesNotApproveIt(t *testing.T) {
	changing(t, "", func(w *world) {
		w.git.Helped(w.git.CommitBy(bob, weights("0", "0", "100")), carol)
		w.git.Commit(map[string]string{"NEWS.md": "v3 is here\n"})
	}, func(w *world) {
		w.approves(func() { w.ask(bob, rollout.ToApprove) }, false)
		w.approves(func() { w.ask(carol, rollout.ToApprove) }, false)
		w.restart()
		w.approves(func() { w.ask(carol, rollout.ToPromote) }, false)
		w.git.Helped(w.git.Commit(map[string]string{"NOTES.md": "v3 is good\n"}), ann)
		w.approves(func() { // the name of who committed it asks for nothing
			w.asks(rollout.ToApprove, func(files map[string]string) { w.git.Helped(w.git.CommitBy(carol, files), ann) })
		}, false)
		w.approves(func() { w.ask(ann, rollout.ToApprove) }, true)
	})
}

// Of a change on top of others', whoever had a part in the newest commit alone has none.
func TestWhoHadAPartInAnotherCommitApproves(t *testing.T) {
	changing(t, "", func(w *world) {
		w.git.Helped(w.git.CommitBy(bob, weights("0", "0", "100")), carol)
		side := w.git.CommitBy(bob, nil)
		w.git.Helped(side, ann)
	}, func(w *world) {
		w.approves(func() { w.ask(carol, rollout.ToApprove) }, false)
		w.approves(func() { w.ask(ann, rollout.ToApprove) }, true)
	})
}

func TestAnApprovalIsItsSigners(t *testing.T) {
	signing(t, signedBy(ann, bob), func(w *world) {
		w.ask(bob, rollout.ToApprove)
		w.askSigned(bob, carol, rollout.ToApprove)
		w.askSigned(bob, carol, rollout.ToPromote)
		w.askSigned(ann, carol, rollout.ToOverride)
		w.pass(2 * time.Minute)
		w.says(at10, rollout.Paused, "step 1 of 3 waits for approval: no key of the signers that weir.yaml names signed the commit that asks for it")
		w.askSigned(carol, ann, rollout.ToApprove) // the name on a commit is anybody's to write
		w.pass(time.Minute)
		w.says("v1 50 · v2 0 · v3 50", rollout.Paused, "step 2 of 3 waits for approval")
		entries := w.entries()
		asked := entries[len(entries)-1].Intents
		require.Len(t, asked, 1, "what does not count is not in the audit either")
		assert.Equal(t, "ann@example.com", asked[0].By)
		assert.Equal(t, agenttest.Fingerprint(ann), asked[0].Key)
	})
}

func TestWhoeverHoldsOrGoesBackNeedsNoKey(t *testing.T) {
	signing(t, signedBy(ann), func(w *world) {
		w.ask(bob, rollout.ToPause)
		w.pass(time.Minute)
		w.says(at10, rollout.Paused, "paused by Bob <bob@example.com>")
		w.ask(bob, rollout.ToResume)
		w.pass(time.Minute)
		w.says(at10, rollout.Paused, "paused by Bob <bob@example.com>")
		w.ask(bob, rollout.ToAbort)
		w.pass(time.Minute)
		w.says(atV1, rollout.Degraded, "aborted by Bob")
		w.ask(bob, rollout.ToRetry)
		w.pass(time.Minute)
		w.says(atV1, rollout.Degraded, "aborted by Bob")
	})
}

// Two commits in two names with one key are one person's.
func TestAQuorumIsOfKeysThatArePeoples(t *testing.T) {
	story(t, func(w *world) {
		plan := strings.Replace(planYAML(untilTold), "spec:\n", "spec:\n  approvals: {required: 2}\n", 1)
		w.git.Commit(map[string]string{"weir.yaml": delivery(t, signedBy(ann, bob)), "overlays/production/weightplan.yaml": plan})
		w.pass(time.Minute)
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.askSigned(ann, ann, rollout.ToApprove)
		w.askSigned(bob, ann, rollout.ToPromote)
		w.pass(time.Minute)
		w.says(at10, rollout.Paused, "step 1 of 3 waits for approval (1 of 2 so far)")
		w.askSigned(bob, bob, rollout.ToApprove)
		w.pass(time.Minute)
		w.says("v1 50 · v2 0 · v3 50", rollout.Paused, "step 2 of 3 waits for approval")
	})
}

// Whoever signed the change wrote it, in whatever name.
func TestTheSignerOfAChangeDoesNotApproveIt(t *testing.T) {
	changing(t, signedBy(ann, bob), func(w *world) { w.git.CommitSigned(carol, ann, weights("0", "0", "100")) }, func(w *world) {
		w.approves(func() { w.askSigned(bob, ann, rollout.ToApprove) }, false)
		w.approves(func() { w.askSigned(bob, bob, rollout.ToApprove) }, true)
	})
}

// A commit that moves weights brings no keys that count for it, and does not end
// the need for them.
func TestACommitDoesNotChooseItsOwnSigners(t *testing.T) {
	for _, weaker := range []string{signedBy(ann, bob), ""} {
		changing(t, signedBy(ann), besides(t, weaker), func(w *world) {
			w.approves(func() { w.askSigned(bob, bob, rollout.ToApprove) }, false)
			w.approves(func() { // a commit for just that
				w.git.Commit(map[string]string{"weir.yaml": delivery(t, signedBy(ann, bob, carol))})
			}, true)
		})
	}
}

// A key that is taken away counts no more at once, also beside a change.
func TestAKeyThatIsTakenAwayOpensNothing(t *testing.T) {
	changing(t, signedBy(ann, bob), besides(t, signedBy(ann)), func(w *world) {
		w.approves(func() { w.askSigned(bob, bob, rollout.ToApprove) }, false)
		w.approves(func() { w.askSigned(ann, ann, rollout.ToApprove) }, true)
	})
}

// The approval is itself the next commit: it does not bring in force who approves.
func TestWhoIsAddedBesideAChangeDoesNotApproveItLater(t *testing.T) {
	changing(t, onlyOps, besides(t, bobToo), func(w *world) {
		w.approves(func() { w.ask(bob, rollout.ToApprove) }, false)
		w.approves(func() { w.ask(carol, rollout.ToApprove) }, true)
	})
}

// Bob asks for the weights, and Dev words the same file anew before anybody has looked.
func TestWhoWroteWhatWasWrittenOverDoesNotApproveIt(t *testing.T) {
	changing(t, "", func(w *world) {
		w.git.CommitBy(bob, weights("0", "0", "100"))
		files := weights("0", "0", "100")
		for file := range files {
			files[file] += "# v3 for everybody\n"
		}
		w.git.CommitBy(dev, files)
	}, func(w *world) {
		w.approves(func() { w.ask(dev, rollout.ToApprove) }, false)
		w.approves(func() { w.ask(bob, rollout.ToApprove) }, false)
		w.restart()
		w.approves(func() { w.ask(bob, rollout.ToPromote) }, false)
		w.approves(func() { w.ask(ann, rollout.ToApprove) }, true)
	})
}
