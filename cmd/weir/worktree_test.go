package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAFileOfTheWorkTreeHasTheNameThatACommitOfItWouldGiveIt(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a", "b.yaml")
	git := func(args ...string) {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=Ann", "-c", "user.email=ann@example.org"}, args...)...).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	write := func(text string, at time.Time) {
		t.Helper()
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		require.NoError(t, os.Chtimes(file, at, at))
	}
	named := func(tree fs.FS) any {
		t.Helper()
		info, err := fs.Stat(tree, "a/b.yaml")
		require.NoError(t, err)
		require.IsType(t, "", info.Sys())
		return info.Sys()
	}
	yesterday := time.Now().Add(-24 * time.Hour)
	require.NoError(t, os.Mkdir(filepath.Dir(file), 0o750))
	git("init", "-q", "-b", "main")
	write("one", yesterday)
	git("add", ".")
	git("commit", "-q", "-m", "one")
	c, err := openClone(dir)
	require.NoError(t, err)
	committed, err := c.revision("HEAD")
	require.NoError(t, err)
	head := func() (tree *workTree) {
		t.Helper()
		r, done, err := headOf(c, "")
		require.NoError(t, err)
		t.Cleanup(done)
		return r.Tree.(*workTree)
	}
	one := named(committed.Tree)
	assert.Equal(t, one, named(head()))

	write("two", yesterday)
	assert.NotEqual(t, one, named(head()), "as long and as old as it was")
	git("commit", "-q", "-a", "-m", "two", "--allow-empty")
	write("one", yesterday)
	assert.Equal(t, one, named(head()))

	_, err = fs.Stat(head(), "a/../a/b.yaml")
	assert.ErrorIs(t, err, fs.ErrInvalid)
	require.NoError(t, os.Symlink("b.yaml", filepath.Join(dir, "a", "link")))
	_, err = fs.Stat(head(), "a/link")
	assert.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, os.Symlink("a", filepath.Join(dir, "other")))
	_, err = fs.ReadFile(head(), "other/b.yaml")
	assert.ErrorIs(t, err, fs.ErrNotExist, "no link on the way is followed")

	require.NoError(t, os.MkdirAll(filepath.Join(dir, "module", ".git"), 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "module", "c.yaml"), nil, 0o600))
	_, err = fs.ReadFile(head(), "module/c.yaml")
	require.ErrorIs(t, err, fs.ErrNotExist, "a commit has nothing of another repository")
	entries, err := fs.ReadDir(head(), ".")
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}
