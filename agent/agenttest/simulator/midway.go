package simulator

import (
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// midway is what happens to a rollout in flight: by chance alone, few events
// would find one.
const midway Kind = "midway"

// Midway waits so often for a rollout in flight, so long each time.
const (
	looks = 30
	apart = 20 * time.Second
)

// hindrances keep what goes forward from moving, and must not delay going back.
var hindrances = []Kind{"stop", "git-away", "suspend"}

// halfway waits for a rollout in flight. Then its cluster is made anew, or Git
// wants it back and is not heard of again, or something gets in its way and
// somebody aborts it a little later.
func halfway(w *world, e Event) bool {
	if w.now.After(midnight.Add(length)) {
		return false
	}
	ref, flies := w.flying(e)
	if !flies {
		if e.Skip == 0 { // somebody has to begin one
			w.strike(Event{Kind: "weights", A: e.A, B: e.B / 4})
		}
		if e.Skip++; e.Skip < looks {
			w.at(w.now.Add(apart), func() { w.strike(e) })
		}
		return false
	}
	switch e.B % 5 {
	case 3:
		return w.deeds["anew"](w, Event{})
	case 4:
		return w.homeUnheard()
	}
	w.deeds[hindrances[e.B%5]](w, Event{A: e.A / 3 * 3})
	w.at(w.now.Add(durationOf(e.C*2)), func() {
		if s := w.oracle.side(w.kube.Get("VirtualService", ref)).state; s != nil {
			w.askOn(ref, rollout.ToAbort, s.Journey.ID, s.Journey.Step+1)
		}
	})
	return true
}

// homeUnheard has Git ask for stable, and take no record of it.
func (w *world) homeUnheard() bool {
	next := w.wish.clone()
	for i, t := range next.Targets {
		if s := w.oracle.side(w.kube.Get("VirtualService", rollout.Ref{Namespace: namespace, Name: t.Name})); s.state != nil {
			next.home(i, s.state.Member.Stable)
		}
	}
	w.say("a commit wants stable: %s", next)
	w.commit(next)
	for _, p := range w.processes {
		w.armed = append(w.armed, Event{Kind: Failed, Agent: p.n, On: OpRecord})
	}
	return true
}

// flying is a VirtualService that has left stable and is not at its target yet.
func (w *world) flying(e Event) (rollout.Ref, bool) {
	for n := range w.wish.Targets {
		t := w.wish.Targets[(e.A+n)%len(w.wish.Targets)]
		ref := rollout.Ref{Namespace: namespace, Name: t.Name}
		if s := w.oracle.side(w.kube.Get("VirtualService", ref)).state; s != nil && s.Member.Applied != nil && s.Journey.Phase != rollout.Degraded {
			return ref, true
		}
	}
	return rollout.Ref{}, false
}
