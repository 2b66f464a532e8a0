// Package cmd_test holds the lines that are drawn through the repository: what
// lies where, what may import what, how large a file may be, and where the
// clock is read.
package cmd_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// root is the repository's folder as seen from this one.
const root = ".."

// Limits in lines.
const (
	maxGoFile = 350
	maxReadme = 150
	maxMain   = 60 // of cmd/weir/main.go: verbs and wiring live beside it
)

func TestTheTopLevelHoldsJustWhatTheDesignNames(t *testing.T) {
	designed := []string{
		"cmd", "agent", "policy", "rollout", "manifests", "examples",
		"go.mod", "go.sum", "Dockerfile", "Makefile", "LICENSE",
	}
	allowed := append(designed, "README.md")
	found := map[string]bool{}
	for _, file := range tracked(t) {
		top, _, _ := strings.Cut(file, "/")
		found[top] = true
		assert.True(t, strings.HasPrefix(top, ".") || slices.Contains(allowed, top),
			"%s: the top level has no place for %s", file, top)
	}
	for _, want := range designed {
		assert.True(t, found[want], "%s is missing", want)
	}
}

func TestNoFileIsTooLongToRead(t *testing.T) {
	for _, file := range tracked(t) {
		limit := 0
		switch {
		case file == "cmd/weir/main.go":
			limit = maxMain
		case filepath.Ext(file) == ".go":
			limit = maxGoFile
		case filepath.Base(file) == "README.md":
			limit = maxReadme
		default:
			continue
		}
		assert.LessOrEqual(t, bytes.Count(read(t, file), []byte("\n")), limit, "lines of %s", file)
	}
}

func TestNoFolderHasANameThatSaysNothing(t *testing.T) {
	for _, file := range tracked(t) {
		for part := range strings.SplitSeq(filepath.Dir(file), "/") {
			assert.NotContains(t, []string{"pkg", "util", "utils", "common", "types", "helpers"}, part, file)
		}
	}
}

// tracked lists the files of the work tree that Git tracks or would track, by
// path from the root with slashes.
func tracked(t *testing.T) []string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
	list.Dir = root
	out, err := list.Output()
	require.NoError(t, err, "listing the files by git")
	files := strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 })
	files = slices.DeleteFunc(files, func(file string) bool {
		_, err := os.Lstat(filepath.Join(root, file))
		return err != nil // deleted in the work tree
	})
	require.NotEmpty(t, files)
	for _, file := range files { // read, so that a new file makes `go test` run this again instead of answering from its cache
		_, err := os.ReadDir(filepath.Join(root, filepath.Dir(file)))
		require.NoError(t, err)
	}
	return files
}

// read returns the content of a file of the repository.
func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, file))
	require.NoError(t, err)
	return content
}
