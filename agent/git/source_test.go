package git_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/git"
)

func TestAFetchWithoutNewsIsOneListingAndNoMore(t *testing.T) {
	r := newRemote(t)
	source := r.open()
	first, err := source.Fetch(t.Context())
	require.NoError(t, err)
	before := len(r.server.Requests())
	again, err := source.Fetch(t.Context())
	require.NoError(t, err)
	assert.Same(t, first.Tree, again.Tree)
	assert.Equal(t, []agenttest.GitRequest{{Repo: repo, Service: "git-upload-pack", Listing: true}}, r.server.Requests()[before:])
}

func TestARestartTransfersNothingThatTheFolderHas(t *testing.T) {
	r := newRemote(t)
	dir := filepath.Join(t.TempDir(), "objects")
	inDir := func(c *git.Config) { c.Dir = dir }
	first, err := r.open(inDir).Fetch(t.Context())
	require.NoError(t, err)
	before := r.Transfers()
	again, err := r.open(inDir).Fetch(t.Context())
	require.NoError(t, err)
	assert.Equal(t, first.SHA, again.SHA)
	assert.Equal(t, before, r.Transfers())
	info, err := os.Stat(dir)
	require.NoError(t, err)
	assert.Equal(t, fs.ModeDir|0o700, info.Mode())
}

func TestTheRevisionSaysWhatTheCommitSays(t *testing.T) {
	r := newRemote(t)
	r.author.Name, r.author.At = "Zoë \x1b[31m Dev", time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	r.git("commit", "--quiet", "--allow-empty", "--message", "reviews: half to v3\n\nSince v3 is good.")
	require.NoError(t, r.author.Push(t.Context()))
	revision, err := r.open().Fetch(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "reviews: half to v3", revision.Subject)
	assert.Equal(t, "Zoë [31m Dev <ada.dev@example.com>", revision.Author, "a terminal would obey control characters")
	assert.True(t, r.author.At.Equal(revision.Time))
}

// Whoever picks somebody's commit, or amends it, has a part in it; so have those whose
// commits a forge squashes.
func TestWhoCommittedAndWhoHelpedWroteItToo(t *testing.T) {
	r := newRemote(t)
	source := r.open()
	for _, message := range []string{"reviews: half to v3", "reviews: half to v3\n\nco-authored-by: Zoë <zoe@example.com>\nCo-Authored-By: Ada Dev <ada.dev@example.com>"} {
		r.git("commit", "--quiet", "--allow-empty", "--message", message, "--author", "Bert <bert@example.com>")
		require.NoError(t, r.author.Push(t.Context()))
		for _, revision := range r.bothWays(source) {
			assert.Equal(t, "Bert <bert@example.com>", revision.Author)
			want := []string{"Ada Dev <ada.dev@example.com>"}
			if strings.Contains(message, "Zoë") {
				want = append(want, "Zoë <zoe@example.com>")
			}
			assert.Equal(t, want, revision.Authors)
		}
	}
	r.Commit(map[string]string{"a": "1"})
	alone, err := source.Fetch(t.Context())
	require.NoError(t, err)
	assert.Empty(t, alone.Authors)
}

func TestAServerThatServesCommitsByIdIsAskedForJustThat(t *testing.T) {
	r := newRemote(t)
	require.NoError(t, r.server.Configure(t.Context(), repo, "uploadpack.allowReachableSHA1InWant", "true"))
	old := r.Commit(map[string]string{"a": "old"})
	r.Commit(map[string]string{"a": "new"})
	source := r.open()
	revision, err := source.Open(t.Context(), old)
	require.NoError(t, err)
	content, err := fs.ReadFile(revision.Tree, "a")
	require.NoError(t, err)
	assert.Equal(t, "old", string(content))
	assert.Equal(t, 1, source.Transfers())
}

func TestContentFromBeforeTheFirstFetchComesInOneTransfer(t *testing.T) {
	r := newRemote(t)
	r.Commit(map[string]string{"a": "from before"})
	r.Commit(map[string]string{"a": "first seen"})
	source := r.open()
	_, err := source.Fetch(t.Context())
	require.NoError(t, err)
	r.Commit(map[string]string{"a": "from before"})
	revision, err := source.Fetch(t.Context())
	require.NoError(t, err)
	content, err := fs.ReadFile(revision.Tree, "a")
	require.NoError(t, err)
	assert.Equal(t, "from before", string(content))
	assert.Equal(t, 2, source.Transfers(), "the server took the shallow store for a whole one")
}

func TestABranchForcedBackToWhereNobodyWasComesInOneTransfer(t *testing.T) {
	r := newRemote(t)
	older := r.Commit(map[string]string{"a": "older", "only/there": "x"})
	r.Commit(map[string]string{"a": "newer"}, "only/there")
	source := r.open()
	_, err := source.Fetch(t.Context())
	require.NoError(t, err)
	r.Reset(older)
	revision, err := source.Fetch(t.Context())
	require.NoError(t, err)
	assert.Equal(t, older, revision.SHA)
	content, err := fs.ReadFile(revision.Tree, "only/there")
	require.NoError(t, err)
	assert.Equal(t, "x", string(content))
	assert.Equal(t, 2, source.Transfers(), "the server took the shallow store for a whole one")
}

func TestASmallChangeInALargeTreeBringsJustThat(t *testing.T) {
	r := newRemote(t)
	files := map[string]string{}
	for i := range 300 {
		files[fmt.Sprintf("apps/reviews/%d.yaml", i)] = fmt.Sprintf("weight: %d\n", i*7919)
	}
	r.Commit(files)
	dir := filepath.Join(t.TempDir(), "objects")
	source := r.open(func(c *git.Config) { c.Dir = dir })
	stored := func() int {
		objects, err := filepath.Glob(filepath.Join(dir, "*", "objects", "*", "*"))
		require.NoError(t, err)
		return len(objects)
	}
	_, err := source.Fetch(t.Context())
	require.NoError(t, err)
	for i := range 5 {
		before := stored()
		r.Commit(map[string]string{"apps/reviews/7.yaml": fmt.Sprintf("weight: %d of many\n", i)})
		revision, err := source.Fetch(t.Context())
		require.NoError(t, err)
		content, err := fs.ReadFile(revision.Tree, "apps/reviews/7.yaml")
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf("weight: %d of many\n", i), string(content))
		assert.Equal(t, before+5, stored(), "a commit, three folders and a file")
	}
	assert.Equal(t, 6, source.Transfers())
}

func TestACommitThatIsNowhereSaysWhatToSet(t *testing.T) {
	r := newRemote(t)
	_, err := r.open().Open(t.Context(), strings.Repeat("1", 40))
	assert.ErrorContains(t, err, "allowReachableSHA1InWant")
	_, err = r.open().Open(t.Context(), "v1.0")
	assert.ErrorContains(t, err, "full commit id")
}

func TestAMissingBranchAndAnEmptyRepositorySaySo(t *testing.T) {
	r := newRemote(t)
	require.NoError(t, r.server.Create(t.Context(), "empty"))
	_, err := r.open(func(c *git.Config) { c.Branch = "release" }).Fetch(t.Context())
	assert.ErrorContains(t, err, "the branch release does not exist")
	_, err = r.open(func(c *git.Config) { c.URL = r.server.URL("empty") }).Fetch(t.Context())
	assert.ErrorContains(t, err, "the branch main does not exist")
	journal := r.open(func(c *git.Config) { c.URL = r.server.URL("empty") })
	_, _, err = journal.Record(t.Context(), entry("1", "x"))
	assert.NoError(t, err, "a status branch needs no other")
}

func TestAVanishedRepositoryIsAClearErrorAndTheLastRevisionStays(t *testing.T) {
	r := newRemote(t)
	source := r.open()
	last, err := source.Fetch(t.Context())
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(r.server.Path(repo)))
	_, err = source.Fetch(t.Context())
	assert.ErrorContains(t, err, "there is no such repository")
	_, err = fs.ReadFile(last.Tree, "README.md")
	assert.NoError(t, err)
}

func TestManyGoroutinesMayReadFetchAndRecord(t *testing.T) {
	r := newRemote(t)
	repository := r.open()
	revision, err := repository.Fetch(t.Context())
	require.NoError(t, err)
	done := make(chan error)
	const each = 4
	for i := range each {
		go func() { _, err := fs.ReadFile(revision.Tree, "README.md"); done <- err }()
		go func() { done <- fs.WalkDir(revision.Tree, ".", func(string, fs.DirEntry, error) error { return nil }) }()
		go func() { _, err := repository.Fetch(t.Context()); done <- err }()
		go func() { _, err := repository.Read(t.Context()); done <- err }()
		go func() {
			_, _, err := repository.Record(t.Context(), entry(string(rune('a'+i)), "x"))
			done <- err
		}()
	}
	for range 5 * each {
		require.NoError(t, <-done)
	}
	assert.Len(t, r.StatusLog(), each)
}
