package simulator

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// passed is told of each pass that an agent finished.
func (o *oracle) passed(p *process, turns []agent.Turn) {
	for _, t := range turns {
		if code := t.Move.Reason.Code; slices.Contains(waits, code) {
			o.w.struck[held(code)]++
		}
		if at := t.Move.Again.Add(-p.skew); !t.Move.Again.IsZero() && p.leapt.Before(p.began) && p.wake.After(at) && p.wake.After(p.began.Add(time.Millisecond)) {
			o.breaks("5", "agent %d looks at %s again at %s, and it wants to be looked at at %s: %s, %s", p.n, t.Rollout.Name, p.wake.Format(time.TimeOnly), at.Format(time.TimeOnly), t.Move.Kind, t.Move.Reason)
		}
	}
	if p.hurt {
		return
	}
	if asked, ok := o.w.history[p.fetched]; ok && !p.cut && !asked.valid() && len(p.agent.Problems()) == 0 {
		o.breaks("9", "commit %q is wrong (%s) and agent %d says nothing of it", p.fetched, asked, p.n)
	}
	if asked, ok := o.w.history[p.fetched]; ok && asked.valid() {
		for _, wrong := range p.agent.Problems() {
			if wrong.File == delivery {
				o.breaks("9", "commit %q is right and agent %d refuses it: %v", p.fetched, p.n, wrong)
			}
		}
	}
	if o.w.apiAway || p.cache.Behind() || o.w.kube.Stopped() != p.cache.Stopped() {
		return
	}
	for _, t := range turns {
		// What was absent is created at its recorded split, says section 4; the
		// next pass goes back.
		if t.Err == nil && t.Move.Kind != rollout.Create {
			o.returned(p, t)
			o.recoiled(p, t)
			o.lingers(p, t)
		}
	}
	if !p.cut {
		p.heard = p.fetched
	}
}

// returned holds promise 5: once a pass is over in which Git equalled stable,
// or an abort was known, the weights are stable, whatever else there is. Git
// that does not answer is no excuse for an agent that knows where it stands.
func (o *oracle) returned(p *process, t agent.Turn) {
	asked, ok := o.w.history[p.fetched]
	if !ok || !asked.valid() || p.agent == nil {
		return
	}
	home, flying := true, false
	// Who does not know Git goes back by what the state says alone.
	knows := t.Rollout.Want == rollout.Known
	for _, target := range t.Rollout.Targets {
		i, there := asked.target(target.Ref.Name)
		last := o.last[target.Ref]
		live := o.w.kube.Get("VirtualService", target.Ref)
		if last.by != p && p.decided[target.Ref] != resourceVersion(live) {
			return // somebody wrote it since the agent read it: that is for its next pass
		}
		if (p.cut || last.gave.After(p.asked)) && (last.mind != p || last.life != p.life) {
			return // what another agent did may be for a commit that this one does not know, or did not when it asked
		}
		s := o.side(live)
		if !there || s.state == nil {
			return
		}
		want := o.wanted(p.fetched, i)
		aborted := o.aborted(p, live, t.Rollout.Name, s.state.Journey.ID) && !o.completed(t.Rollout)[s.state.Journey.ID]
		for _, r := range want {
			stable, had := s.state.Member.Stable.Find(r.Key)
			is, lives := s.routes.Find(r.Key)
			switch {
			case !had || !lives:
				return // a route that is new
			case !aborted && !r.Split.Equal(stable.Split):
				home = false
			case !is.Split.Equal(stable.Split) && s.state.Member.Applied != nil && (knows || aborted || s.state.Journey.Phase == rollout.Healthy):
				// At rest a hand edit that lowered weights stays, section 4: drift.
				flying = flying || !o.starving(p, stable.Split, is.Split) && !o.rests(p, asked, target.Ref.Name, s)
			}
		}
	}
	if home && flying {
		o.breaks("5", "agent %d left %s where it was, and Git or somebody wants it back at stable: it says %s, %s", p.n, t.Rollout.Name, t.Move.Kind, t.Move.Reason)
	}
}

// completed are the journeys that some member says are complete: an abort of one
// comes too late, though another has not heard of it.
func (o *oracle) completed(r *rollout.Rollout) map[rollout.ID]bool {
	out := map[rollout.ID]bool{}
	for _, target := range r.Targets {
		if s := o.side(o.w.kube.Get("VirtualService", target.Ref)); s.state != nil && s.state.Journey.Phase == rollout.Healthy {
			out[s.state.Journey.ID] = true
		}
	}
	return out
}

// starving tells whether stable is the one that cannot take traffic: the one
// thing that going back waits for.
func (o *oracle) starving(p *process, stable, live rollout.Split) bool {
	v := &version{by: p}
	return o.dead(v, stable) && !o.dead(v, live)
}

// aborted tells whether the journey is aborted by the VirtualService itself, or by
// a commit about this rollout that the agent has read with its history.
func (o *oracle) aborted(p *process, live object, name rollout.Name, id rollout.ID) bool {
	var asked []rollout.Intent
	if said, ok := below(live, "metadata", "annotations")[intents].(string); ok && json.Unmarshal([]byte(said), &asked) == nil {
		for _, i := range asked {
			if i.Verb == rollout.ToAbort && i.ID == id {
				return true
			}
		}
	}
	if p.deaf || p.cut && p.heard != p.fetched {
		return false
	}
	read := maps.Clone(o.w.trees[p.fetched])
	maps.Copy(read, o.asides(p))
	for path, content := range read {
		about := strings.HasPrefix(path, strings.Join([]string{approvals, name.Environment, name.Namespace, name.Plan, ""}, "/"))
		if about && strings.Contains(content, `"verb": "abort"`) && strings.Contains(content, `"`+string(id)+`"`) {
			return true
		}
	}
	return false
}
