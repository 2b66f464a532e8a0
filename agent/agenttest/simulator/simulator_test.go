package simulator_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/agenttest/simulator"
)

var (
	seeds  = flag.Int("simulate.seeds", 300, "how many stories are played")
	first  = flag.Uint64("simulate.first", 1, "the seed of the first")
	tell   = flag.Bool("simulate.tell", false, "tell the story of the first seed and play no other")
	table  = flag.Bool("simulate.table", false, "print how often each kind of fault and event struck")
	gates  = flag.Bool("simulate.gates", false, "give the stories gates: windows, freezes, metrics, webhooks, approvers")
	enough = flag.Int("simulate.enough", 5, "how many stories that break a promise end it")
	shrink = flag.Bool("simulate.shrink", true, "cut what broke a promise to the shortest that does")
)

// TestMain plays without a memory profile: what it keeps of each allocation's stack
// took a fifth of a long run.
func TestMain(m *testing.M) {
	runtime.MemProfileRate = 0
	m.Run()
}

func TestNoStoryBreaksAPromise(t *testing.T) {
	s, draw := simulator.New(), simulator.Draw
	if *gates {
		draw = simulator.DrawGated
	}
	if *tell {
		r := s.Play(draw(*first), true)
		fmt.Printf("%s\n%s\n", r.Story, r.Trace)
		require.Nil(t, r.Broken)
		return
	}
	require.Positive(t, *seeds, "without a story nothing is proved")
	began, workers := time.Now(), runtime.GOMAXPROCS(0)
	all := s.PlayMany(draw, *first, *seeds, workers, *enough, func(played int, r simulator.Result) {
		if r.Broken != nil {
			fmt.Printf("seed %d: %v\n", r.Story.Seed, *r.Broken)
		}
		if *table && played%10_000 == 0 {
			fmt.Printf("%d stories so far, in %s\n", played, time.Since(began).Round(time.Second))
		}
	})
	took := time.Since(began)
	if *table {
		fmt.Printf("%s\n%d stories in %s, %.1f a second and core\n", all.Struck, all.Played, took.Round(time.Millisecond), float64(all.Played)/took.Seconds()/float64(workers))
	}
	if n := len(all.Broken); n > 0 {
		t.Errorf("%d of %d stories broke a promise", n, all.Played)
		if *shrink {
			t.Error(s.Report(all.Broken[0]))
		}
	}
	if *seeds >= 2000 {
		assert.Empty(t, all.Struck.Never(*gates), "of what never struck nothing is proved")
	}
}

func TestNoStoryWithGatesBreaksAPromise(t *testing.T) {
	simulator.New().PlayMany(simulator.DrawGated, 1, 100, runtime.GOMAXPROCS(0), 1, func(_ int, r simulator.Result) {
		if r.Broken != nil {
			t.Errorf("seed %d: %v", r.Story.Seed, *r.Broken)
		}
	})
}

// Each story that once broke a promise is told for ever.
func TestWhatBrokeAPromiseOnceDoesNotAgain(t *testing.T) {
	files, err := filepath.Glob("testdata/*.story")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	s := simulator.New()
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			story, err := simulator.Parse(string(data))
			require.NoError(t, err)
			r := s.Play(story, true)
			if r.Broken != nil {
				t.Errorf("%v\n%s", *r.Broken, r.Trace)
			}
		})
	}
}

func TestOneSeedIsOneStory(t *testing.T) {
	for seed := uint64(1); seed <= 30; seed++ {
		a := simulator.New().Play(simulator.DrawGated(seed), true)
		b := simulator.New().Play(simulator.DrawGated(seed), true)
		require.Equal(t, a.Trace, b.Trace, "seed %d", seed)
		require.Equal(t, a.Head, b.Head, "seed %d", seed)
	}
}

func TestAStoryIsReadBackAsItWasWritten(t *testing.T) {
	for seed := uint64(1); seed <= 50; seed++ {
		story := simulator.DrawGated(seed)
		read, err := simulator.Parse(story.String())
		require.NoError(t, err)
		require.Equal(t, story.String(), read.String())
	}
	for _, wrong := range []string{"{", "{}\nnow", "{}\n1m0s nothing", "{}\n1m0s slow a=x", "{}\n1m0s slow d=1", "{}\nsoon slow a=1"} {
		_, err := simulator.Parse(wrong)
		require.Error(t, err, wrong)
	}
}

// The renderer of the stories gives what kustomize gives.
func TestTheRendererIsKustomizeAsFarAsStoriesGo(t *testing.T) {
	for seed := uint64(1); seed <= 40; seed++ {
		simulator.CompareRenderers(context.Background(), t, simulator.DrawGated(seed))
	}
}
