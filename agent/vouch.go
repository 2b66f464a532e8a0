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

// vouched is where each VirtualService may stand without being another agent's
// news: where this agent left it by a write, or found it before it looked at Git.
// Before that, the last one, come those from before writes of which nobody knows
// yet whether they took effect. One that is not in it stands nowhere, and one
// whose list is empty stood where this agent was not sure of Git: it vouches for
// none then, not even for what it left there before.
type vouched map[rollout.Ref][]stand

// vouches tells whether a VirtualService that stands there is no news.
func (v vouched) vouches(ref rollout.Ref, is stand) bool {
	stands, known := v[ref]
	if !known {
		return is == stand{}
	}
	return slices.Contains(stands, is)
}

// wrote says where a write left a VirtualService, if it took effect: without an
// error it did, with one it may have, and so may those before it.
func (v vouched) wrote(ref rollout.Ref, to stand, err error) {
	stands, known := v[ref]
	if !known {
		stands = []stand{{}}
	}
	switch {
	case err == nil:
		v[ref] = []stand{to}
	case slices.Contains(stands, to):
		v[ref] = append(slices.DeleteFunc(slices.Clone(stands), func(s stand) bool { return s == to }), to)
	default:
		v[ref] = append(stands, to)
	}
}

// saw forgets where a VirtualService stood before the last write if the cache
// shows that this took effect: what was comes back by others only.
func (v vouched) saw(ref rollout.Ref, is stand) {
	if stands := v[ref]; len(stands) > 1 && stands[len(stands)-1] == is {
		v[ref] = []stand{is}
	}
}

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
	news := a.strange(turns)
	if len(news) == 0 || a.revision.SHA == "" {
		a.lookedAround = a.lookedAround || a.revision.SHA != "" && a.sourceErr == nil
		return turns
	}
	a.fetchAt = time.Time{}
	moved := a.sync(ctx, now)
	for ref, is := range news {
		a.vouched[ref] = nil
		if a.sourceErr == nil && (a.current(ref) || !a.lookedAround) {
			a.vouched[ref] = []stand{is}
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

// strange are the VirtualServices among the turns' that stand where this agent
// does not vouch for, and those that are no more.
func (a *Agent) strange(turns []Turn) map[rollout.Ref]stand {
	out := map[rollout.Ref]stand{}
	for _, t := range turns {
		for _, l := range t.Facts.Live {
			if l.State == nil {
				continue
			}
			is := standOf(l.State.Journey)
			if a.vouched.saw(l.Ref, is); !a.vouched.vouches(l.Ref, is) {
				out[l.Ref] = is
			}
		}
		for _, target := range t.Rollout.Targets {
			if _, there := t.Facts.LiveOf(target.Ref); !there && !a.vouched.vouches(target.Ref, stand{}) {
				out[target.Ref] = stand{} // another agent may have removed it, and is right
			}
		}
	}
	return out
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
	a.doubts[at] = true
	if a.sourceErr == nil { // else it is asked again before long as it is
		a.fetchAt = time.Time{}
	}
	return true
}

// versionOf is the resourceVersion of a supporting object in the cluster.
func (a *Agent) versionOf(object map[string]any, ref rollout.Ref) string {
	have, _ := a.cluster.Other(kindOf(object), ref)
	metadata, _ := have["metadata"].(map[string]any)
	version, _ := metadata["resourceVersion"].(string)
	return version
}
