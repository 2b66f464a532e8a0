package agent

import (
	"context"
	"slices"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// An agent that has not seen the newest commit must not undo what another one
// did for it: both would undo each other's moves without end. So a state that
// another agent stored since this one last looked at Git makes it look again
// before it proposes, and while it cannot, Git's side is not known.

// vouched is where each VirtualService stood when this agent wrote its state, or
// when it last looked at Git after it found it so.
type vouched map[rollout.Ref]stand

// stand is where a journey stands: by which decision, and in which phase, as a
// journey also ends without a decision. It is empty where there is no state.
type stand struct {
	entry rollout.Digest
	phase rollout.Phase
}

func standOf(j rollout.Journey) stand { return stand{j.Entry, j.Phase} }

// certain looks at Git again if a turn's state is another agent's news. again
// reads the turns anew, and is told whether what Git wants has changed.
func (a *Agent) certain(ctx context.Context, turns []Turn, now time.Time, again func(moved bool) []Turn) []Turn {
	a.witness(turns)
	news := a.strange(turns)
	if len(news) == 0 || a.revision.SHA == "" {
		a.lookedAround = a.lookedAround || a.revision.SHA != "" && a.sourceErr == nil
		return turns
	}
	a.fetchAt = time.Time{}
	moved := a.sync(ctx, now)
	for ref, is := range news {
		if a.sourceErr == nil && (a.current(ref) || !a.lookedAround) {
			a.vouched[ref] = is
			delete(a.unsure, ref)
		}
	}
	a.lookedAround = a.lookedAround || a.sourceErr == nil
	turns = again(moved)
	for i := range turns {
		if t := &turns[i]; len(a.strange(turns[i:i+1])) > 0 {
			t.uncertain, t.Rollout = true, doubted(t.Rollout)
		}
	}
	return turns
}

// current tells whether this agent has taken all of the newest commit that the
// VirtualService may depend on: its overlay, or every one if none has it. Where
// that is wrong, each agent has the last good one that it saw, and that may be
// another's older one: then what another did stays. Only a new life begins with
// what it finds, as there may be nobody else.
func (a *Agent) current(ref rollout.Ref) bool {
	all := len(a.overlays) > 0
	for _, o := range a.overlays {
		newest := o.seen == a.revision.SHA
		if _, ok := o.Services[ref]; ok {
			return newest
		}
		all = all && newest
	}
	return all
}

// strange are the states among the turns' that nobody vouches for, and those
// that are no more.
func (a *Agent) strange(turns []Turn) vouched {
	out := vouched{}
	for _, t := range turns {
		for _, l := range t.Facts.Live {
			if l.State != nil && !a.vouches(l.Ref, standOf(l.State.Journey)) {
				out[l.Ref] = standOf(l.State.Journey)
			}
		}
		for _, target := range t.Rollout.Targets {
			if _, there := t.Facts.LiveOf(target.Ref); !there && !a.vouches(target.Ref, stand{}) {
				out[target.Ref] = stand{} // another agent may have removed it, and is right
			}
		}
	}
	return out
}

// witness forgets how it was before writes of which the cache shows that they took
// effect: that comes back by others only.
func (a *Agent) witness(turns []Turn) {
	for _, t := range turns {
		for _, l := range t.Facts.Live {
			if l.State != nil && a.vouched[l.Ref] == standOf(l.State.Journey) {
				delete(a.unsure, l.Ref)
			}
		}
	}
}

// vouches tells whether the state is as this agent left it, or as it was before
// one of its last writes, none of which it saw take effect.
func (a *Agent) vouches(ref rollout.Ref, is stand) bool {
	return a.vouched[ref] == is || slices.Contains(a.unsure[ref], is)
}

// doubted is the rollout as one whose wish is not known.
func doubted(r *rollout.Rollout) *rollout.Rollout {
	out := *r
	out.Want = rollout.Unknown
	return &out
}

// stamp is a supporting object as this agent wrote it last, or found it right:
// what it wanted, and the version that it became.
type stamp struct {
	wish    rollout.Digest
	version string
}

// doubtful tells whether somebody changed a supporting object since this agent
// made it what it wants still: a person, or an agent that knows a newer commit.
// Git is looked at again before it is changed back; again says that it was meant
// to be since.
func (a *Agent) doubtful(at string, is stamp, again bool) bool {
	was, known := a.stamps[at]
	if !known || was.wish != is.wish || was.version == is.version || again && a.sourceErr == nil && a.current(rollout.Ref{}) {
		return false
	}
	a.doubts[at], a.fetchAt = true, time.Time{}
	return true
}

// versionOf is the resourceVersion of a supporting object in the cluster.
func (a *Agent) versionOf(object map[string]any, ref rollout.Ref) string {
	have, _ := a.cluster.Other(kindOf(object), ref)
	metadata, _ := have["metadata"].(map[string]any)
	version, _ := metadata["resourceVersion"].(string)
	return version
}
