package simulator

import (
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// DrawGated makes the story of a seed, with gates: windows, freezes, metrics,
// webhooks and approvers. All else that is drawn of the seed is as Draw draws it,
// but for clocks that jump: agents whose clocks differ never agree about a window,
// and one that leads has nobody to agree with.
func DrawGated(seed uint64) Story {
	s := Draw(seed)
	s.Events = slices.DeleteFunc(s.Events, func(e Event) bool { return e.Kind == clock })
	r := rand.New(rand.NewPCG(seed, 0x6761746573000000))     //nolint:gosec // to be the same each time is the point
	some := func(n int) int { return max(0, r.IntN(2*n)-n) } // mostly none
	w := &s.Begin
	w.Freeze, w.Level, w.Approvers = some(len(freezeLists)), some(len(levelWindows)), some(len(approverLists))
	for i := range w.Plans {
		w.Plans[i].Gate = gateWish{
			Windows: some(len(windowLists)), Closing: r.IntN(len(closings)), Start: some(len(starts)), Schedule: some(len(schedules)),
			Analysis: some(len(analyses)), Hooks: some(len(hookLists)),
		}
		if r.IntN(3) == 0 { // few plans are quick enough to go back with their window
			w.Level, w.Plans[i].Steps = 0, []int{0, 2, 4}[r.IntN(3)]
			w.Plans[i].Gate = gateWish{Windows: 2 + r.IntN(2), Closing: 2}
		}
	}
	for range 4 + r.IntN(12) {
		s.Events = append(s.Events, Event{
			At: time.Duration(r.Int64N(int64(length/time.Second))) * time.Second, Kind: gated[r.IntN(len(gated))],
			Agent: r.IntN(s.Agents), A: r.IntN(64), B: r.IntN(64), C: r.IntN(64),
		})
	}
	for i := range w.Plans {
		w.Plans[i].Gate.Rollback = some(len(rollbacks))
	}
	w.Aside = r.IntN(5) == 0
	s.order()
	return s
}

// gated lists the deeds of gates, those that a rollout meets in flight more often.
var gated = append(slices.Sorted(maps.Keys(gates())), "quality", "quality", "quality", "webhook", "webhook", "ask", "weights", "weights")
