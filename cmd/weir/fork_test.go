package main

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Who wrote the base did not write a change that has merged it, which forges do at the
// push of a button.
func TestWhoWroteTheBaseDidNotWriteTheChange(t *testing.T) {
	c := cloneOf(t)
	git := func(who string, args ...string) {
		t.Helper()
		command := exec.CommandContext(t.Context(), "git", append([]string{"-C", c.dir}, args...)...)
		for _, as := range []string{"AUTHOR", "COMMITTER"} {
			command.Env = append(command.Environ(), "GIT_"+as+"_NAME="+who, "GIT_"+as+"_EMAIL="+who+"@example.com")
		}
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	git("ann", "checkout", "-q", "-b", "main")
	git("ann", "commit", "-q", "--allow-empty", "-m", "first")
	git("bob", "commit", "-q", "--allow-empty", "-m", "second")
	git("eve", "checkout", "-q", "-b", "change")
	git("eve", "commit", "-q", "--allow-empty", "-m", "the change\n\nCo-authored-by: gus <gus@example.com>")
	git("dana", "checkout", "-q", "main")
	git("dana", "commit", "-q", "--allow-empty", "-m", "main goes on")
	git("eve", "checkout", "-q", "change")
	git("fay", "merge", "-q", "--no-ff", "-m", "main as it is now", "main")

	wrote := func(base string) []string {
		t.Helper()
		from, err := c.revision(base)
		require.NoError(t, err)
		to, err := c.revision("change")
		require.NoError(t, err)
		by, err := c.wrote(t.Context(), from, to)
		require.NoError(t, err)
		return by
	}
	change := []string{"eve <eve@example.com>", "fay <fay@example.com>", "gus <gus@example.com>"}
	assert.ElementsMatch(t, change, wrote("main"))
	assert.ElementsMatch(t, append(change, "dana <dana@example.com>"), wrote("main~1"))
	assert.Empty(t, wrote("change"))
}
