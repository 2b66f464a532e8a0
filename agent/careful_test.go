package agent

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/weir-delivery/weir/rollout"
)

func TestAFaultOfOursIsAProblemOfTheFileAndNoEndOfTheAgent(t *testing.T) {
	var words []string
	problems := careful("weir.yaml", func() rollout.Problems { _ = words[len(words)]; return nil })
	assert.EqualError(t, problems.Err(), "weir.yaml: weir: internal error while this was read: runtime error: index out of range [0] with length 0 (take the commit back, and report it with the file)")
}
