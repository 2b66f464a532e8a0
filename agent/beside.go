package agent

import (
	"fmt"
	"maps"
	"slices"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// An overlay that is wrong at the newest revision stays as it was, beside those that
// were taken at it. These keep two of them from having the same, and what one has lost
// to another that was not taken from being taken for gone.

// overlaps are what another overlay of the same agent has too: nobody could tell which
// of them is meant. An object that both say alike is no such thing.
func (o Overlay) overlaps(other Overlay) rollout.Problems {
	var out rollout.Problems
	for ref, object := range o.Services {
		if twin, twice := other.Services[ref]; twice {
			out = append(out, rollout.Problem{Position: object.Origin, Message: fmt.Sprintf("VirtualService %s is also rendered by overlay %s (%s)", ref, other.Source.Overlay, twin.Origin), Hint: "keep it in one overlay"})
		}
	}
	if out = append(out, o.sameSupport(other)...); o.Environment == other.Environment {
		out = append(out, o.sameNames(other)...)
	}
	return out
}

// sameNames are the rollouts that another overlay of the environment has too.
func (o Overlay) sameNames(other Overlay) rollout.Problems {
	var out rollout.Problems
	theirs := other.names()
	for name, at := range o.names() {
		if there, twice := theirs[name]; twice {
			out = append(out, rollout.Problem{Position: at, Message: fmt.Sprintf("rollout %s is also that of overlay %s (%s)", name, other.Source.Overlay, there), Hint: "give one of the two WeightPlans another name"})
		}
	}
	return out
}

// sameSupport are the other objects that another overlay has too, and not alike: they
// would be written in turn.
func (o Overlay) sameSupport(other Overlay) rollout.Problems {
	var out rollout.Problems
	for _, object := range o.Support {
		for _, twin := range other.Support {
			same := refOf(twin.Value) == refOf(object.Value) && kindOf(twin.Value) == kindOf(object.Value)
			if same && rollout.DigestOf(twin.Value) != rollout.DigestOf(object.Value) {
				out = append(out, apart(object, other.Source.Overlay, twin.Origin))
			}
		}
	}
	return out
}

// apart is the problem of an object that another overlay says otherwise.
func apart(object Object, overlay string, at rollout.Position) rollout.Problem {
	return rollout.Problem{
		Position: object.Origin, Message: fmt.Sprintf("%s %s is also rendered by overlay %s (%s), and not the same", kindOf(object.Value), refOf(object.Value), overlay, at),
		Hint: "keep it in one overlay, or have both render the same",
	}
}

// called is what an object is called in its environment.
type called struct {
	environment, kind string
	ref               rollout.Ref
}

func (o Overlay) called(object Object) called {
	return called{o.Environment, kindOf(object.Value), refOf(object.Value)}
}

// forget drops overlays that weir.yaml names no more, if their environment still has
// some: an environment never empties in silence. While one of these is wrong, only an
// overlay goes of which the others have everything.
func (a *Agent) forget(places []place, rev Revision) {
	listed, good, bad := map[string]bool{}, map[string]bool{}, map[string]bool{}
	had := map[rollout.Ref]bool{}
	for _, at := range places {
		o := a.overlays[at.key()]
		listed[at.key()] = true
		good[at.env.Name] = good[at.env.Name] || o.Known
		bad[at.env.Name] = bad[at.env.Name] || !o.Known || o.seen != rev.SHA
		if o.seen == rev.SHA {
			for ref := range o.Services {
				had[ref] = true
			}
		}
	}
	for key, o := range a.overlays {
		has := func(ref rollout.Ref) bool { return !had[ref] }
		moved := !slices.ContainsFunc(slices.Collect(maps.Keys(o.Services)), has)
		if !listed[key] && good[o.Environment] && (moved || !bad[o.Environment]) {
			delete(a.overlays, key)
		}
	}
}

// untangle takes an overlay back that has something which another has too that stays as
// it was: which of them is meant is not known before that one is mended.
func (a *Agent) untangle(places []place, earlier map[string]Overlay, rev Revision) {
	for i := 0; i < len(places); i++ {
		at := places[i]
		o := a.overlays[at.key()]
		if o.seen != rev.SHA {
			continue
		}
		var problems rollout.Problems
		for _, key := range slices.Sorted(maps.Keys(a.overlays)) {
			if other := a.overlays[key]; key != at.key() && other.Known && other.seen != rev.SHA {
				problems = append(problems, o.overlaps(other)...)
			}
		}
		if len(problems) == 0 {
			continue
		}
		delete(a.overlays, at.key())
		if was, ok := earlier[at.key()]; ok {
			a.overlays[at.key()] = was
		}
		a.refuse(at, problems)
		i = -1 // it stays as it was too now, beside all others
	}
}

// regulate gives each overlay the rules that hold for it now. What tightens holds for
// one that stays as it was too, listed or not; what allows more comes with its change.
func (a *Agent) regulate(d spec.Delivery, earlier map[string]Overlay, rev Revision) {
	for key, o := range a.overlays {
		was := earlier[key]
		if o.loosened = was.loosened; was.seen != "" && o.seen == rev.SHA && o.moves() != was.moves() {
			o.loosened = loosened{}
			if rollout.DigestOf(was.given) != rollout.DigestOf(o.given) {
				o.loosened = loosened{was.given, o.given, was.seen, rev.SHA}
			}
		}
		now := rulesOf(d, o.Environment)
		if !slices.ContainsFunc(d.Environments, func(e spec.Environment) bool { return e.Name == o.Environment }) {
			now = d.Rules(spec.Environment{Name: o.Environment})
			now.Levels = append(slices.Clone(now.Levels), o.given.Levels...)
		}
		rules := o.loosened.over(now)
		if o.Behind = o.seen != rev.SHA; o.Behind {
			rules.Adopt, rules.Prune, rules.Suspend = o.given.Adopt, o.given.Prune, rules.Suspend || o.given.Suspend
			rules.Approvers = trustedApprovers(o.given, rules)
			rules.Signed, rules.Signers = trustedSigners(o.given, rules)
		}
		o.Rules = rules
		a.overlays[key] = o
	}
}

// moves is the digest of what of an overlay moves traffic: labels of subsets do as well.
func (o Overlay) moves() rollout.Digest {
	return rollout.DigestOf([]any{o.Plans, o.Targets, o.Default, labelsOf([]Overlay{o}, o.Environment)})
}
