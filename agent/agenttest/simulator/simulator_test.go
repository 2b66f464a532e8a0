package simulator_test

import (
	"flag"
	"fmt"
	"testing"

	"github.com/weir-delivery/weir/agent/agenttest/simulator"
)

var (
	seeds = flag.Int("simulate.seeds", 300, "how many stories are played")
	first = flag.Uint64("simulate.first", 1, "the seed of the first")
	tell  = flag.Bool("simulate.trace", false, "print the story")
)

func TestNoStoryBreaksAPromise(t *testing.T) {
	s := simulator.New()
	for seed := *first; seed < *first+uint64(*seeds); seed++ {
		r := s.Play(simulator.Draw(seed), *tell)
		if *tell {
			fmt.Println(r.Story)
			fmt.Println(r.Trace)
		}
		if r.Broken != nil {
			t.Errorf("seed %d: %v", seed, r.Broken)
		}
	}
}
