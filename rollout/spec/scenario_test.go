package spec_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
			told, err := s.Run(t.Context())
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
		"# scenario v1\nplan a: 5\n-> x":   "s.txt:3: an expectation stands after an at line",
	} {
		_, problems := spec.DecodeScenario(text, "s.txt")
		assert.ErrorContains(t, problems.Err(), want)
	}
}
