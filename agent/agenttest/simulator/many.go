package simulator

import (
	"fmt"
	"strings"
	"sync"
)

// Many is what came of many stories.
type Many struct {
	Played int
	Struck Table
	Broken []Result
}

// PlayMany plays the stories that are drawn of so many seeds, on as many workers.
// It tells each as it ends and how many that makes, and stops early after so many
// that break a promise.
func (s *Simulator) PlayMany(draw func(uint64) Story, first uint64, seeds, workers, enough int, tell func(played int, r Result)) Many {
	var mu sync.Mutex
	all := Many{Struck: Table{}}
	next, end := first, first+uint64(seeds)
	take := func() (uint64, bool) {
		mu.Lock()
		defer mu.Unlock()
		if next == end || len(all.Broken) >= enough {
			return 0, false
		}
		next++
		return next - 1, true
	}
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for seed, more := take(); more; seed, more = take() {
				r := s.Play(draw(seed), false)
				mu.Lock()
				all.Played++
				all.Struck.Add(r.Struck)
				if r.Broken != nil {
					all.Broken = append(all.Broken, r)
				}
				tell(all.Played, r)
				mu.Unlock()
			}
		})
	}
	running.Wait()
	return all
}

// Report tells a broken story: the promise, the shortest story that breaks it,
// and what happened in it.
func (s *Simulator) Report(r Result) string {
	short := s.Shrink(r.Story)
	told := s.Play(short, true)
	return fmt.Sprintf("seed %d: %v\n\nto keep it, write this to testdata/seed-%d.story:\n\n%s\nwhat happens:\n\n%s", r.Story.Seed, *told.Broken, r.Story.Seed, short, strings.TrimRight(told.Trace, "\n"))
}
