package simulator

import (
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// ops are the calls at which events strike, the ones that matter most more often.
var ops = []Op{OpRecord, OpRecord, OpRecord, OpApply, OpApply, OpApply, OpFetch, OpAuthors, OpOpen, OpJournal, OpSupport, OpRemove, OpRemove, OpSynced, OpRead, OpRead, Any, Any}

func drawEvent(r *rand.Rand, agents int) Event {
	e := Event{
		At: time.Duration(r.Int64N(int64(length/time.Second))) * time.Second, Agent: r.IntN(agents),
		A: r.IntN(64), B: r.IntN(64), C: r.IntN(64),
	}
	if r.IntN(3) == 0 { // many things happen at the beginning
		e.At /= 8
	}
	atCall := func() {
		e.On, e.Skip, e.After = ops[r.IntN(len(ops))], r.IntN(3)*r.IntN(3), r.IntN(2) == 0
		if e.On == OpRead {
			e.Skip = r.IntN(40)
		}
	}
	if r.IntN(2) == 0 {
		e.Kind = faults[r.IntN(len(faults))]
		atCall()
		return e
	}
	e.Kind = drawn[r.IntN(len(drawn))]
	if e.Kind == "overlap" || r.IntN(3) == 0 {
		atCall()
	}
	return e
}

// drawMidway is something that waits for a rollout in flight.
func drawMidway(r *rand.Rand) Event {
	return Event{At: time.Duration(r.Int64N(int64(length/time.Second))) * time.Second, Kind: midway, A: r.IntN(64), B: r.IntN(64), C: r.IntN(64)}
}

// drawn lists the deeds, those that stories turn on more often. What happens
// midway, and to gates, is drawn by itself.
var drawn = append(slices.DeleteFunc(slices.Sorted(maps.Keys(deeds())), func(k Kind) bool { return k == midway || gates()[k] != nil }),
	"weights", "weights", "weights", "weights", "revert", "hand", "hand", "pods", "pods", "overlap", "overlap", "kill", "kill", "git-away", "lag", "target", "ask", "ask", "now")
