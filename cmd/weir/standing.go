package main

import (
	"fmt"
	"slices"

	"github.com/weir-delivery/weir/cmd/weir/report"
	"github.com/weir-delivery/weir/rollout"
)

// declined is a refusal in words: what was asked for makes no sense here.
type declined string

func (d declined) Error() string { return string(d) }

// decline says that the rollout cannot be asked that, why, and the way out.
func decline(r report.Rollout, out, format string, args ...any) error {
	text := fmt.Sprintf("%s %s: it is %s (%s)", r.FullName(), fmt.Sprintf(format, args...), r.Phase, r.Reason.Sentence)
	if out != "" {
		text += "\n" + out
	}
	return declined(text)
}

// sensible says whether it makes sense to ask this of a rollout that stands
// there; the agent judges again, by the state that it finds then. The cluster
// knows a rollout as of its last move only: what holds it since is not seen there.
func sensible(asked rollout.Intent, r report.Rollout, source string) error {
	switch {
	case source != "cluster" || asked.Verb == rollout.ToRetry:
	case atRest(r):
		return decline(r, "The cluster shows it as of its last move; the status branch knows of a change that has not begun.", "has nothing under way as the cluster has it")
	default:
		return nil
	}
	switch asked.Verb {
	case rollout.ToApprove:
		return approvable(r)
	case rollout.ToPromote:
		return promotable(asked, r)
	case rollout.ToOverride:
		return overridable(r)
	case rollout.ToPause:
		return pausable(r)
	case rollout.ToResume:
		return resumable(r)
	case rollout.ToAbort:
		if atRest(r) {
			return decline(r, "To take a finished change back, revert it in Git.", "has nothing under way to abort")
		}
	case rollout.ToRetry:
		return retriable(r)
	}
	return nil
}

// held are the reasons under which a step may wait for people besides.
func held(r report.Rollout) bool {
	return slices.Contains([]rollout.Code{rollout.PausedByHand, rollout.Stopped, rollout.Suspended}, r.Reason.Code)
}

// atRest tells whether nothing is under way.
func atRest(r report.Rollout) bool {
	return r.Phase == rollout.Healthy || r.Phase == rollout.Degraded && r.Reason.Code != rollout.StableNotReady
}

// wayOut is what the table of reasons says to do.
func wayOut(r report.Rollout) string {
	e, _ := rollout.Explain(r.Reason.Code)
	return e.WayOut
}

func approvable(r report.Rollout) error {
	switch code := r.Reason.Code; {
	case code == rollout.Approval, code == rollout.Adoption, held(r):
		return nil
	case code == rollout.Waiting, code == rollout.Stepping, code == rollout.Promoting:
		return decline(r, "weir promote ends the step's pause sooner.", "does not wait for approval")
	default:
		return decline(r, wayOut(r), "does not wait for approval")
	}
}

func promotable(asked rollout.Intent, r report.Rollout) error {
	switch {
	case atRest(r):
		return decline(r, wayOut(r), "has no step to promote")
	case r.Reason.Code == rollout.Adoption:
		return decline(r, "weir approve starts it.", "has no step to promote")
	case r.Step < 1 && !asked.Full:
		return decline(r, "weir promote --full goes to Git's weights in one move.", "has not reached its first step, so there is no pause to end")
	}
	return nil
}

func overridable(r report.Rollout) error {
	switch {
	case r.Reason.Code == rollout.Frozen:
		return decline(r, wayOut(r), "is held by a freeze, which nobody overrides")
	case atRest(r):
		return decline(r, wayOut(r), "has no step that waits for a window")
	}
	return nil // a window may close before the step comes
}

func pausable(r report.Rollout) error {
	switch {
	case r.Phase == rollout.Degraded:
		return decline(r, wayOut(r), "keeps still already")
	case r.Phase == rollout.Healthy:
		return decline(r, "A pause holds one change. To hold what comes, set suspend: true in its plan, or stop everything with weir pause --all.", "has nothing under way to pause")
	case r.Reason.Code == rollout.PausedByHand:
		return decline(r, "weir resume ends that.", "is paused already")
	}
	return nil
}

func resumable(r report.Rollout) error {
	if r.Phase == rollout.Healthy || r.Phase == rollout.Degraded {
		return decline(r, wayOut(r), "is not paused by anybody")
	}
	return nil // a pause may be on its way that nobody has seen yet
}

func retriable(r report.Rollout) error {
	switch {
	case r.Phase != rollout.Degraded:
		return decline(r, "Only what went back for good is tried again.", "is not Degraded")
	case r.Reason.Code == rollout.StableNotReady:
		return decline(r, wayOut(r), "has not gone back yet")
	}
	return nil
}
