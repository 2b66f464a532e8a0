package agent

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// Turn is one rollout's way through one pass; each stage fills its own field.
// Once Err is set, the later stages leave the turn alone.
type Turn struct {
	Rollout  *rollout.Rollout
	Facts    rollout.Facts
	Move     rollout.Move
	Question policy.Question
	Decision policy.Decision
	Entry    audit.Entry
	Sealed   audit.Sealed
	// Done says that the move's writes reached the cluster.
	Done bool
	Err  error

	// uncertain says that another agent knows what this one does not yet.
	uncertain bool
}

// Pass does one round over the rollouts that are due, and over all of them when
// Git has moved. One rollout's failure stops that rollout; Git's failure stops
// what goes forward.
func (a *Agent) Pass(ctx context.Context, now time.Time, due []rollout.Name) []Turn {
	turns, now := a.read(ctx, now, due)
	a.propose(turns, now)
	a.review(ctx, turns, now)
	a.back(ctx, turns, now)
	a.record(ctx, turns, now)
	a.apply(ctx, turns, now)
	a.report(turns, now)
	return turns
}

// read asks Git for news if it is time, the caches for the facts of every rollout
// that is due, and the metrics and webhooks for what those need. What follows goes by
// the time that it returns: Git may have kept it waiting, and no step's pause runs
// before the step is decided.
func (a *Agent) read(ctx context.Context, now time.Time, due []rollout.Name) ([]Turn, time.Time) {
	moved := a.sync(ctx, now) || !a.matched // what is ours is looked at with Git away too
	turns := a.look(moved, due)
	turns = a.certain(ctx, turns, now, func(again bool) []Turn {
		moved = moved || again
		return a.look(moved, due)
	})
	a.news = a.news || moved || a.stray(due)
	now = a.clock()
	a.measure(ctx, turns, now)
	a.consult(ctx, turns, now)
	return turns, now
}

// look takes the rollouts that are due, or all of them, with their facts.
func (a *Agent) look(moved bool, due []rollout.Name) []Turn {
	if moved || a.stray(due) {
		a.match()
		a.matched = true
	}
	looked := a.rollouts
	if !moved && a.lookedAround && !a.stray(due) {
		looked = a.named(due)
	}
	var turns []Turn
	for _, r := range looked {
		turns = append(turns, Turn{Rollout: r, Facts: a.facts(r)})
	}
	return turns
}

// named are the rollouts of the names, each once, in the order of all.
func (a *Agent) named(names []rollout.Name) []*rollout.Rollout {
	var out []*rollout.Rollout
	names = slices.SortedFunc(slices.Values(names), rollout.Name.Compare)
	for _, name := range slices.Compact(names) {
		if i, ok := slices.BinarySearchFunc(a.rollouts, name, func(r *rollout.Rollout, n rollout.Name) int { return r.Name.Compare(n) }); ok {
			out = append(out, a.rollouts[i])
		}
	}
	return out
}

// stray tells whether something is due that no rollout is known for: a
// VirtualService of ours appeared or lost its wish.
func (a *Agent) stray(due []rollout.Name) bool {
	return slices.Contains(due, rollout.Name{})
}

// match pairs Git's wishes with what the cluster has of ours.
func (a *Agent) match() {
	var accepted []rollout.Accepted
	mentioned := map[string]bool{}
	for _, o := range a.overlays {
		accepted = append(accepted, o.Accepted)
		mentioned[o.Environment] = true
	}
	for _, env := range a.options.Environments {
		if !mentioned[env] {
			accepted = append(accepted, rollout.Accepted{Environment: env, Source: rollout.Source{Cluster: a.options.Cluster}})
		}
	}
	slices.SortFunc(accepted, func(x, y rollout.Accepted) int {
		return slices.Compare([]string{x.Environment, x.Source.Overlay}, []string{y.Environment, y.Source.Overlay})
	})
	var live []rollout.Live
	for _, o := range a.cluster.Owned() {
		o.Routes, _ = istio.Read(o.Object, istio.All)
		live = append(live, o.Live)
	}
	before := map[rollout.Name]*rollout.Rollout{}
	for _, r := range a.rollouts {
		before[r.Name] = r
	}
	a.rollouts = rollout.Match(accepted, live)
	var overlays []Overlay
	for _, key := range slices.Sorted(maps.Keys(a.overlays)) {
		overlays = append(overlays, a.overlays[key])
	}
	label(a.rollouts, overlays)
	a.leaning = lean(a.overlays, a.rollouts)
	known, owner := map[rollout.Name]bool{}, map[rollout.Ref]rollout.Name{}
	for _, r := range a.rollouts {
		known[r.Name] = true
		for _, t := range r.Targets {
			owner[t.Ref] = r.Name
		}
		switch was, ok := before[r.Name]; {
		case ok && wishOf(was) == wishOf(r):
			r.Source = was.Source // whoever asked for these weights stays their author
		case ok && !a.finished(r.Name):
			r.Source = r.Source.Beside(was.Source) // and of what came on top, before they were reached
		}
		a.credit(r)
	}
	for name, s := range a.status {
		for _, l := range s.Live {
			if owner[l.Ref] != name {
				a.recorded[l.Ref] = l // what is known of it last, should it come back
			}
		}
		if !known[name] {
			delete(a.status, name)
		}
	}
	a.bury(accepted)
}

// bury keeps of what neither Git nor the cluster has any more just the journey:
// if it comes again, it is new, and its decisions follow those of before.
func (a *Agent) bury(accepted []rollout.Accepted) {
	if a.revision.SHA == "" || slices.ContainsFunc(accepted, func(o rollout.Accepted) bool { return !o.Known }) {
		return
	}
	claimed := map[rollout.Ref]bool{}
	for _, r := range a.rollouts {
		for _, t := range r.Targets {
			claimed[t.Ref] = true
		}
	}
	for ref, l := range a.recorded {
		if !claimed[ref] {
			l.Routes = nil
			a.recorded[ref] = l
		}
	}
}

// wishOf is the digest of what a rollout is asked to be.
func wishOf(r *rollout.Rollout) rollout.Digest {
	var labels []rollout.Digest
	for _, t := range r.Targets {
		labels = append(labels, t.Selects())
	}
	return rollout.DigestOf([]any{r.Want, r.Plan, r.Targets, labels})
}

// facts reads what Next may want to know about one rollout, from the caches.
func (a *Agent) facts(r *rollout.Rollout) rollout.Facts {
	f := rollout.Facts{Seen: a.synced, Taken: a.taken, Stopped: a.cluster.Stopped(), Relabelled: map[rollout.Destination]rollout.Readiness{}}
	for _, t := range r.Targets {
		o, ok := a.cluster.Live(t.Ref)
		if o.State == nil { // it is not there, or somebody took our annotation away
			f.Recorded = append(f.Recorded, a.remembered(r.Name, t.Ref)...)
		}
		if !ok {
			continue
		}
		moves := istio.All
		if p, ok := r.Plan.Target(t.Ref.Name); ok {
			moves = p.Moves
		}
		o.Routes, _ = istio.Read(o.Object, moves)
		o.Live.Damaged = o.Damaged
		f.Live = append(f.Live, o.Live)
		for _, i := range o.Asked {
			i.Now = true
			f.Intents = append(f.Intents, i)
		}
	}
	f.Intents = append(f.Intents, a.intents.of(r)...)
	var wanted []rollout.Destination
	stood := f
	stood.Live = slices.Concat(f.Live, f.Recorded)
	for _, q := range rollout.Needs(r, stood, time.Time{}) { // no instant of an analysis
		if q.Call != nil {
			continue
		}
		if q.Labels != nil {
			f.Relabelled[q.Destination] = a.cluster.Selected(r.Name.Namespace, q.Destination, q.Labels)
			continue
		}
		wanted = append(wanted, q.Destination)
	}
	f.Ready = a.cluster.Ready(r.Name.Namespace, wanted)
	return f
}

// remembered is what the status branch, or what is about to be written there,
// says of a VirtualService whose state the cluster does not have. Where its
// rollout never had it, it was another's.
func (a *Agent) remembered(name rollout.Name, ref rollout.Ref) []rollout.Live {
	recorded := a.recorded[ref]
	if s, ok := a.status[name]; ok {
		for _, l := range s.Live {
			if l.Ref == ref && (recorded.State == nil || !follows(recorded, l)) {
				recorded = l
			}
		}
	}
	if recorded.State == nil {
		return nil
	}
	return []rollout.Live{recorded}
}

// propose asks the domain what to do now.
func (a *Agent) propose(turns []Turn, now time.Time) {
	for i := range turns {
		turns[i].Move = rollout.Next(turns[i].Rollout, turns[i].Facts, now)
	}
}

// review asks the policies about every move that changes weights; a refusal
// turns it into its Hold. Going back is recorded, and they are not asked about it.
func (a *Agent) review(ctx context.Context, turns []Turn, now time.Time) {
	for i := range turns {
		t := &turns[i]
		decided := t.Move.Kind.Traits().Decided
		if !decided && !t.Move.Kind.Traits().Posted {
			continue
		}
		t.Entry = audit.New(t.Rollout, t.Facts, t.Move, now)
		if decided {
			others := a.inFlight(turns, i)
			t.Question = policy.Ask(policy.Runtime, t.Rollout, t.Facts, t.Move, now).Amid(t.Rollout, policy.Around{InFlight: &others})
			t.Decision = a.policies.review(ctx, t.Question)
			a.admission(ctx, t, now)
			t.Decision.Findings = pointed(slices.Collect(maps.Values(a.overlays)), t.Question, t.Decision.Findings)
			if t.Entry, t.Err = t.Entry.Judged(t.Decision, t.Question); t.Err != nil {
				continue
			}
			t.Move = t.Move.Under(t.Decision.Answer())
		}
		t.Sealed, t.Err = t.Entry.Seal()
	}
}

// review judges by the policies in force; without any, nothing is allowed.
func (p Trusted) review(ctx context.Context, q policy.Question) policy.Decision {
	if p.Set == nil {
		return policy.Decision{Verdict: policy.Error, Problem: "no revision of the policies could be loaded yet"}
	}
	return p.Set.Review(ctx, q)
}
