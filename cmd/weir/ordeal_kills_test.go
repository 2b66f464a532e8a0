package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// killsSeed decides when the kills of a run come: another one is another story.
var killsSeed = flag.Uint64("kills-seed", 1, "seed of the random kills")

// The kills of one run.
const (
	leastKill = 300 * time.Millisecond
	mostKill  = 3 * time.Second
	kills     = 32
	batches   = 8 // commits, each of which begins a share of the rollouts
)

// TestAHundredRolloutsEndRightThoughTheAgentIsKilledAtRandomMoments also has some
// of them reverted in mid-flight. The witness holds every version and every push.
func TestAHundredRolloutsEndRightThoughTheAgentIsKilledAtRandomMoments(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(*killsSeed, 0))
	var names []string
	for i := range 100 {
		names = append(names, fmt.Sprintf("s%02d", i))
	}
	o := newOrdeal(t, 2*time.Second, names...)
	state := t.TempDir()
	p := o.starts("--state-dir", state)
	for _, name := range names {
		o.settles(name, 0, "Healthy")
	}
	reverted := map[string]bool{}
	began, open, between, seen := time.Now(), 0, 0, 0
	for kill := range kills {
		if share := kills / batches; kill%share == 0 {
			begin, end := kill/share*len(names)/batches, (kill/share+1)*len(names)/batches
			seen = o.Versions()
			o.wants(100, names[begin:end]...)
		}
		wait := leastKill + time.Duration(random.Int64N(int64(mostKill-leastKill)))
		select {
		case <-time.After(wait):
		case <-p.ended:
			require.Fail(t, "the agent ended by itself")
		}
		if kill%4 == 3 { // be the machine as slow as it likes, some lives get something done of each commit
			o.Until(time.Minute, "something moves", func() bool { return o.Versions() > seen })
		}
		if kill%2 == 1 {
			o.turnBack(random, names, reverted)
		}
		p.kill()
		was := open
		if open = o.Open(); open > was { // one that is superseded stays so
			between++
		}
		p = o.starts("--state-dir", state) // what it fetched may be in any state
	}
	t.Logf("%d kills in %s, %d of them between a push and what it allowed; %d rollouts were turned back",
		kills, time.Since(began).Round(time.Second), between, len(reverted))
	require.NotEmpty(t, reverted)
	ends := func(name string) int {
		if reverted[name] {
			return 0
		}
		return 100
	}
	o.Until(2*time.Minute, "all are where Git wants them", func() bool {
		for _, name := range names {
			v := o.Last(name)
			if v.Split() != at(ends(name)) || v.State == nil || v.State.Journey.Phase != "Healthy" {
				return false
			}
		}
		return true
	})
	r := o.Holds(4 * time.Minute)
	for _, name := range names {
		want, got := along(0, 10, 50, 100), o.Path(name)
		if reverted[name] {
			n := min(len(got)-1, len(want))
			want = append(want[:n:n], at(0))
		}
		assert.Equal(t, want, got, name)
		assert.Equal(t, len(got), r.Applied(name), "%s: its creation and each move once", name)
	}
	assert.Zero(t, o.Edits())
	t.Logf("%d decisions, %s", len(r.Entries), time.Since(began).Round(time.Second))
}

// turnBack reverts a few rollouts that are between two steps.
func (o *ordeal) turnBack(random *rand.Rand, names []string, reverted map[string]bool) {
	o.Helper()
	var some []string
	for _, i := range random.Perm(len(names)) {
		split := o.Last(names[i]).Split()
		if len(some) < 3 && !reverted[names[i]] && (split == at(10) || split == at(50)) {
			some = append(some, names[i])
			reverted[names[i]] = true
		}
	}
	if slices.Sort(some); len(some) > 0 {
		o.wants(0, some...)
	}
}
