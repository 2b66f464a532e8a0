package cmd_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// commands are the lines of README.md's shell blocks.
func commands(t *testing.T) []string {
	t.Helper()
	file, err := os.Open(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	defer func() { assert.NoError(t, file.Close()) }()
	var out []string
	inside := false
	for lines := bufio.NewScanner(file); lines.Scan(); {
		switch line := lines.Text(); {
		case strings.HasPrefix(line, "```"):
			inside = line == "```sh"
		case inside:
			out = append(out, line)
		}
	}
	return out
}

// TestTheReadmesCommandsWork runs each command of the README where a reader
// would: `make` targets are those that .ci/run calls, weir's run in a clone of
// the example with a change in its work tree.
func TestTheReadmesCommandsWork(t *testing.T) {
	top, err := filepath.Abs(root)
	require.NoError(t, err)
	ci, err := os.ReadFile(filepath.Join(top, ".ci", "run"))
	require.NoError(t, err)
	clone := example(t, top)
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(bin, "weir"), "./cmd/weir")
	build.Dir = top
	said, err := build.CombinedOutput()
	require.NoError(t, err, string(said))
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))

	seen := 0
	for _, line := range commands(t) {
		seen++
		words := strings.Fields(line)
		t.Run(line, func(t *testing.T) {
			switch {
			case words[0] == "make":
				assert.Contains(t, string(ci), words[1], ".ci/run does not call it")
			case words[0] == "go":
				run(t, top, words)
			case strings.HasPrefix(line, "kubectl kustomize"):
				assert.FileExists(t, filepath.Join(top, words[2], "kustomization.yaml")) // rendered and applied by agent/kube's tests
			case slices.Contains([]string{"status", "diff", "approve", "pause", "abort"}, words[1]): // they need a cluster or a status branch; cmd/weir's tests run them
				said := run(t, clone, append(words, "--help"))
				assert.Contains(t, said, "weir "+words[1], "the help is of another verb")
			case words[1] == "explain":
				assert.Contains(t, run(t, clone, words), words[2])
			case words[0] == "weir":
				said := run(t, clone, words)
				assert.Contains(t, said, "reviews")
			default:
				t.Errorf("nobody runs %q", line)
			}
		})
	}
	assert.Positive(t, seen, "the README has no commands, or this test does not find them")
}

func run(t *testing.T, dir string, words []string) string {
	t.Helper()
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = dir
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, string(said))
	return string(said)
}

// example is a clone of the bookinfo repository with a change of reviews'
// weights in its work tree.
func example(t *testing.T, top string) string {
	t.Helper()
	clone := t.TempDir()
	require.NoError(t, os.CopyFS(clone, os.DirFS(filepath.Join(top, "examples", "bookinfo"))))
	for _, args := range [][]string{
		{"init", "-q", "-b", "main"}, {"add", "."},
		{"-c", "user.name=Dana", "-c", "user.email=dana@example.com", "commit", "-q", "-m", "bookinfo"},
	} {
		run(t, clone, append([]string{"git"}, args...))
	}
	file := filepath.Join(clone, "base", "reviews.yaml")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	changed := strings.Replace(strings.Replace(string(text), "weight: 100", "weight: 50", 1), "weight: 0", "weight: 50", 1)
	require.NotEqual(t, string(text), changed)
	require.NoError(t, os.WriteFile(file, []byte(changed), 0o644))
	return clone
}
