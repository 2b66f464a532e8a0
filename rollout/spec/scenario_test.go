package spec_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// TestScenario tells every story under testdata/scenarios.
func TestScenario(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			s, problems := spec.DecodeScenario(string(text), file)
			require.NoError(t, problems.Err())
			told, err := s.Run(func() bool { return false })
			require.NoError(t, err)
			for _, beat := range told {
				for _, move := range beat.Moves {
					t.Log("   ", move)
				}
				t.Logf("at %s  %s", beat.Beat.At.Format("2006-01-02T15:04:05Z07:00"), beat.Beat.Event)
				t.Log(beat)
				assert.Empty(t, beat.Differs(), "%s:%d: got %s", file, beat.Beat.Line, beat)
			}
		})
	}
}

func TestAScenarioThatCannotBeReadSaysWhere(t *testing.T) {
	for text, want := range map[string]string{
		"hello":                            "s.txt:1: not a scenario of version 1",
		"# scenario v1\nplan a: fast":      "s.txt:2: cannot read the step",
		"# scenario v1\nplan a: 5\nat 9":   "s.txt:3: the first time is complete",
		"# scenario v1\nplan a: 5\nwhen x": "s.txt:3: cannot read \"when x\"",
		"# scenario v1\nplan a: 5\nat 2026-11-23T09:00:00Z\n-> Paused\n-> Healthy":               "s.txt:5: what is expected then stands in line 4 already: leave this line out, or write at +0s above it",
		"# scenario v1\nplan a: 5\n-> Paused":                                                    "s.txt:3: an expectation stands after an at line",
		"# scenario v1\nplan a: 5\nat 2026-11-23T09:00:00Z\n-> Pausd":                            `s.txt:4: no phase is called "Pausd"; there are Healthy, Pending, Progressing, Paused, Degraded`,
		"# scenario v1\nplan a: 5; success-rate >= 99, failures 1000":                            "s.txt:2: a limit is from 0 to 999, not 1000",
		"# scenario v1\nplan a: 50 for -10m, 5":                                                  "s.txt:2: steps[0].pause.duration must be more than 0",
		"# scenario v1\nplan a: 50 for 1m, 5":                                                    "s.txt:2: steps[1].setWeight goes down to 5",
		"# scenario v1\nplan a: 5; closes rolback":                                               `s.txt:2: whenWindowCloses must be hold or finish or rollback, not "rolback"`,
		"# scenario v1\nplan a: 5; readiness requird":                                            "s.txt:2: readiness must be",
		"# scenario v1\nplan a: 5; total -5":                                                     "s.txt:2: totalWeight must be from 100 to",
		"# scenario v1\nplan a: 5; settle -5s":                                                   "s.txt:2: settleSeconds must be from 0 to 3600",
		"# scenario v1\nplan a: 5; settle soon":                                                  `s.txt:2: "soon" is no duration in seconds`,
		"# scenario v1\nplan a: 5; approvals -1":                                                 "s.txt:2: approvals.required must be from 1 to 100",
		"# scenario v1\nplan a: 5\nplan b: 10":                                                   "s.txt:3: the scenario has a plan or a rollout already: leave this line out, or write it as an event: at +1h plan STEPS",
		"# scenario v1\nrollout a/b/c\nplan b: 10":                                               "s.txt:3: the scenario has a plan or a rollout already",
		"# scenario v1\nwindow w: allow \"0 9 * * *\" 8h UTC\nplan a: 5":                         "s.txt:2: a window stands below the plan",
		"# scenario v1\nrollout a/b/c\nfreeze f: 2026-12-19T00:00:00Z to 2027-01-04T00:00:00Z x": "s.txt:3: the freezes of a/b/c are those of the repository",
	} {
		_, problems := spec.DecodeScenario(text, "s.txt")
		assert.ErrorContains(t, problems.Err(), want)
	}
}

// What a story tells of something that is not in it would be told to nobody.
func TestAScenarioTellsOnlyOfWhatIsInIt(t *testing.T) {
	for event, want := range map[string]string{
		"samples success-rat 99":  "s.txt:4: the plan has no metric success-rat",
		"webhook gat yes":         "s.txt:4: the plan has no webhook gat",
		"ready v4 0 of 2":         "s.txt:4: ready names v4, which is in no split of the story",
		"undefined v4":            "s.txt:4: undefined names v4, which is in no split of the story",
		"samples success-rate 99": "", "webhook gate yes": "", "ready v3 0 of 2": "", "undefined v3": "",
	} {
		s, problems := spec.DecodeScenario("# scenario v1\nplan a: 5 for 2m, 100; success-rate >= 99; webhook gate confirm-rollout\nstable v1 100 · v3 0\nat 2026-11-23T09:00:00Z  "+event+"\nat 09:01  git v1 0 · v3 100\n", "s.txt")
		require.NoError(t, problems.Err(), event)
		_, err := s.Run(func() bool { return false })
		if want == "" {
			assert.NoError(t, err, event)
			continue
		}
		assert.ErrorContains(t, err, want, event)
	}
}

// Whoever waits for people wants to know since when.
func TestAStoryTellsWhenPeopleAreAsked(t *testing.T) {
	s, problems := spec.DecodeScenario("# scenario v1\nplan a: 5 for 2m, 100; success-rate >= 99, inconclusive 3\nstable v1 100 · v3 0\nat 2026-11-23T09:00:00Z  git v1 0 · v3 100\nat +1h\n", "s.txt")
	require.NoError(t, problems.Err())
	told, err := s.Run(func() bool { return false })
	require.NoError(t, err)
	moves := told[len(told)-1].Moves
	require.Len(t, moves, 1, "and not at every look")
	assert.Equal(t, "2026-11-23T09:04:02Z hold: v1 95 · v3 5", moves[0].String())
	assert.Contains(t, moves[0].Reason, "cannot be judged: no success-rate at the last 4 instants")
}

// A window or freeze of a repository's own environment is told of at its level, where
// allow windows are alternatives.
func TestAWindowOfTheEnvironmentIsOneOfItsOwn(t *testing.T) {
	s, problems := spec.DecodeScenario(`# scenario v1
plan a: 5 for 1m, 100
stable v1 100 · v3 0
at 2026-11-23T09:00:00Z  git v1 0 · v3 100
-> Pending
at +1m  window noon: allow "0 12 * * *" 1h UTC of environment
at +1m  thaw audit
at 12:00:30
-> Progressing v1 95 · v3 5
`, "s.txt")
	require.NoError(t, problems.Err())
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	night, problems := spec.DecodeScenario("# scenario v1\nplan a: 5\nwindow night: allow \"0 22 * * *\" 1h UTC of environment\n", "s.txt")
	require.NoError(t, problems.Err())
	s.Rules.Levels = []rollout.Level{{Name: "environment production", Windows: night.Rules.Levels[0].Windows, Freezes: []rollout.Freeze{{Name: "audit", From: from, To: from.AddDate(0, 2, 0)}}}}
	told, err := s.Run(func() bool { return false })
	require.NoError(t, err)
	for _, beat := range told {
		assert.Empty(t, beat.Differs(), beat)
	}
}

// A story means the same on a machine in its own zone, over a change of clocks too.
func TestATimeOfTheDayIsAtTheOffsetAboveOnEveryMachine(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	here := time.Local
	defer func() { time.Local = here }()
	for _, zone := range []*time.Location{time.UTC, berlin} {
		time.Local = zone
		s, problems := spec.DecodeScenario("# scenario v1\nplan a: 5\nat 2026-10-24T12:00:00+02:00\nat 09:00\n", "s.txt")
		require.NoError(t, problems.Err())
		assert.Equal(t, "2026-10-25T09:00:00+02:00", s.Beats[1].At.Format(time.RFC3339), zone)
	}
}

func TestAScenarioEndsEarly(t *testing.T) {
	s, problems := spec.DecodeScenario("# scenario v1\nplan a: 5 for 2m, 100\nstable v1 100 · v3 0\nat 2026-11-23T09:00:00Z  git v1 0 · v3 100\nat +1h\n", "s.txt")
	require.NoError(t, problems.Err())
	asked := 0
	told, err := s.Run(func() bool { asked++; return asked > 3 })
	require.NoError(t, err)
	assert.Less(t, len(told), 2)
}
