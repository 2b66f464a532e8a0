package cmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// TestWhatOthersSayIsSaidInOurs decodes each WeightPlan of the page beside the
// canaries of other tools, and plays the story that follows it.
func TestWhatOthersSayIsSaidInOurs(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "examples", "from-flagger-and-rollouts.md"))
	require.NoError(t, err)
	var plan rollout.Plan
	theirs, ours, stories := map[string]int{}, 0, 0
	blocks := strings.Split(string(page), "\n```")
	require.Equal(t, 1, len(blocks)%2, "a block is not closed")
	for i := 1; i < len(blocks); i += 2 {
		kind, text, _ := strings.Cut(blocks[i], "\n")
		head, _, _ := strings.Cut(text, "\n")
		switch {
		case kind == "yaml" && head == "# weir":
			ours++
			plan = planOf(t, text)
		case kind == "yaml":
			theirs[head]++
			documents(t, text)
		case kind == "text":
			stories++
			play(t, plan, text)
		default:
			t.Errorf("nobody tries a block of %q", kind)
		}
	}
	assert.Equal(t, map[string]int{"# Flagger": 3, "# Argo Rollouts": 3}, theirs)
	assert.Equal(t, []int{6, 6}, []int{ours, stories})
}

// documents wants the text to be YAML.
func documents(t *testing.T, text string) {
	t.Helper()
	for _, document := range strings.Split(text, "\n---\n") {
		var v map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(document), &v), document)
		require.Contains(t, v, "kind")
	}
}

// planOf decodes a WeightPlan.
func planOf(t *testing.T, text string) rollout.Plan {
	t.Helper()
	var node yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(text), &node))
	plan, problems := spec.DecodePlan(node.Content[0], func(string) rollout.Position { return rollout.Position{} })
	require.NoError(t, problems.Err(), text)
	return plan
}

// play tells a story of a rollout under the plan, from v1 alone.
func play(t *testing.T, plan rollout.Plan, text string) {
	t.Helper()
	s, problems := spec.DecodeScenario(text, "scenario")
	require.NoError(t, problems.Err(), text)
	stable, err := spec.ParseSplit("v1 100 · v2 0")
	require.NoError(t, err)
	s, err = s.On(&rollout.Rollout{Plan: plan, Targets: []rollout.Target{{Routes: rollout.Routes{{Key: "http:primary", Split: stable}}}}})
	require.NoError(t, err)
	told, err := s.Run(func() bool { return false })
	require.NoError(t, err)
	expected := 0
	for _, beat := range told {
		assert.Empty(t, beat.Differs(), "%s\nat %s: %s", text, beat.Beat.At, beat)
		if beat.Beat.Expect != nil {
			expected++
		}
	}
	assert.Positive(t, expected, text)
}
