package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
)

// TestConftestSaysOfTheReviewsWhatTheCheckSays runs the two commands of policy/conftest.md
// on a change of the example that it minds.
func TestConftestSaysOfTheReviewsWhatTheCheckSays(t *testing.T) {
	program := os.Getenv("WEIR_CONFTEST")
	if program == "" { // `go test ./...` needs none; `make test` has one, and fails if a test was skipped
		t.Skip("WEIR_CONFTEST names no conftest; run `make test`")
	}
	library, err := filepath.Abs("../../policy/library")
	require.NoError(t, err)
	commands := commandsOf(t, "../../policy/conftest.md")
	require.Len(t, commands, 2)

	repo := t.TempDir()
	require.NoError(t, os.CopyFS(repo, os.DirFS("../../examples/bookinfo")))
	git := func(args ...string) {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", repo, "-c", "user.name=Dana", "-c", "user.email=dana@example.com"}, args...)...).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	git("init", "-q", "-b", "main")
	git("add", ".")
	git("commit", "-q", "-m", "bookinfo")
	edit := func(file, from, to string) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(repo, file))
		require.NoError(t, err)
		require.Contains(t, string(text), from)
		require.NoError(t, os.WriteFile(filepath.Join(repo, file), []byte(strings.ReplaceAll(string(text), from, to)), 0o600))
	}
	edit("base/reviews.yaml", "weight: 100", "weight: 1")
	edit("base/reviews.yaml", "weight: 0", "weight: 99")
	edit("base/reviews.yaml", "weight: 1\n", "weight: 0\n")
	edit("overlays/production/weightplan.yaml", "    pause: {duration: 10m}\n", "")
	edit("overlays/production/weightplan.yaml", "setWeight: 10\n", "setWeight: 40\n")
	edit("overlays/production/weightplan.yaml", "setWeight: 25\n", "setWeight: 45\n")
	t.Chdir(repo)

	var out, talk bytes.Buffer
	code := run(t.Context(), append(commands[0][1:], "--base", "main", "-o", "json"), nil, &out, &talk)
	var report agent.CheckReport
	require.NoError(t, json.Unmarshal(out.Bytes(), &report), "exit code %d: %s%s", code, &out, &talk)
	var ours []string
	for _, f := range report.Findings {
		ours = append(ours, f.Rule+": "+f.Message)
	}
	require.NotEmpty(t, ours, "%s", &out)

	asked := append(commands[1][1:], "--policy", library, "--namespace", "weir", "--namespace", "baseline", "--output", "json")
	text, err := exec.CommandContext(t.Context(), program, asked...).Output()
	exit := (*exec.ExitError)(nil)
	require.True(t, errors.As(err, &exit), "conftest refuses what weir does: %s", text)
	assert.Equal(t, 3, code)
	assert.Equal(t, 1, exit.ExitCode(), "%s", text)
	var found []struct{ Failures, Warnings []conftestResult }
	require.NoError(t, json.Unmarshal(text, &found), "%s", text)
	var theirs []string
	for _, f := range found {
		for _, r := range slices.Concat(f.Failures, f.Warnings) {
			theirs = append(theirs, strings.TrimPrefix(r.Metadata.Query, "data.")+": "+r.Msg)
		}
	}
	assert.ElementsMatch(t, ours, theirs)
}

type conftestResult struct {
	Msg      string
	Metadata struct{ Query string }
}

// commandsOf are the words of the commands that stand indented in a page.
func commandsOf(t *testing.T, page string) [][]string {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	var out [][]string
	for line := range strings.Lines(string(text)) {
		if command, ok := strings.CutPrefix(line, "    "); ok {
			out = append(out, strings.Fields(strings.ReplaceAll(command, `"`, "")))
		}
	}
	return out
}
