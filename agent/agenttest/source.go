package agenttest

import (
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
)

// TestSource is what every agent.Source must do. Each story begins with a source
// of its own, whose remote's watched branch has at least one commit.
func TestSource(t *testing.T, start func(*testing.T) (agent.Source, Remote)) {
	stories := map[string]func(*testing.T, agent.Source, Remote){
		"a fetch returns the newest commit with its files":            newestCommit,
		"an unchanged tip transfers nothing":                          unchangedTip,
		"the tree is a proper file system":                            properTree,
		"thirty commits one after the other, then one forced back":    thirtyCommits,
		"a revision opens by its full id":                             openById,
		"while the remote is away the last revision stays readable":   awayAndBack,
		"a revision does not change when the branch goes on":          revisionStays,
		"a removed file is gone and a removed folder is gone with it": removals,
		"another branch is read beside the watched one":               otherBranch,
	}
	maps.Copy(stories, authorStories())
	maps.Copy(stories, writerStories())
	for name, story := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, remote := start(t)
			story(t, source, remote)
		})
	}
}

func newestCommit(t *testing.T, source agent.Source, remote Remote) {
	sha := remote.Commit(map[string]string{"weir.yaml": "kind: Delivery\n", "overlays/staging/kustomization.yaml": "resources: []\n"})
	revision := mustFetch(t, source)
	assert.Equal(t, sha, revision.SHA)
	assert.Regexp(t, `^.+ <.+@.+>$`, revision.Author)
	assert.NotEmpty(t, revision.Subject)
	assert.False(t, revision.Time.IsZero())
	assert.Equal(t, "kind: Delivery\n", mustReadFile(t, revision, "weir.yaml"))
	assert.Equal(t, "resources: []\n", mustReadFile(t, revision, "overlays/staging/kustomization.yaml"))
	_, err := fs.ReadFile(revision.Tree, "overlays/production/kustomization.yaml")
	assert.ErrorIs(t, err, fs.ErrNotExist)
}

func unchangedTip(t *testing.T, source agent.Source, remote Remote) {
	remote.Commit(map[string]string{"a": "1"})
	first, before := mustFetch(t, source), remote.Transfers()
	for range 3 {
		assert.Equal(t, first, mustFetch(t, source))
	}
	assert.Equal(t, before, remote.Transfers(), "a fetch without news transferred objects")
	remote.Commit(map[string]string{"a": "2"})
	assert.Equal(t, "2", mustReadFile(t, mustFetch(t, source), "a"))
	assert.Equal(t, before+1, remote.Transfers())
}

func properTree(t *testing.T, source agent.Source, remote Remote) {
	remote.Commit(map[string]string{"a.txt": "a", "a/b": "ab", "a-b/c/d": "nested", "empty": "", "z/Größe.yaml": "ä"})
	require.NoError(t, fstest.TestFS(mustFetch(t, source).Tree, "a.txt", "a/b", "a-b/c/d", "empty", "z/Größe.yaml"))
}

func thirtyCommits(t *testing.T, source agent.Source, remote Remote) {
	var tenth string
	for i := range 30 {
		content := fmt.Sprintf("%d %s", i, strings.Repeat("same ", 100))
		sha := remote.Commit(map[string]string{"changes": content, fmt.Sprintf("d%d/new", i%7): content})
		revision := mustFetch(t, source)
		require.Equal(t, sha, revision.SHA)
		require.Equal(t, content, mustReadFile(t, revision, "changes"))
		if i == 10 {
			tenth = sha
		}
	}
	remote.Reset(tenth)
	revision := mustFetch(t, source)
	assert.Equal(t, tenth, revision.SHA)
	assert.True(t, strings.HasPrefix(mustReadFile(t, revision, "changes"), "10 "))
	next := remote.Commit(map[string]string{"changes": "another way on"})
	revision = mustFetch(t, source)
	assert.Equal(t, next, revision.SHA)
	assert.Equal(t, "another way on", mustReadFile(t, revision, "changes"))
	_, err := fs.Stat(revision.Tree, "d6/new")
	assert.NoError(t, err)
}

func openById(t *testing.T, source agent.Source, remote Remote) {
	old := remote.Commit(map[string]string{"a": "old"})
	remote.Commit(map[string]string{"a": "between"})
	remote.Commit(map[string]string{"a": "new"})
	assert.Equal(t, "new", mustReadFile(t, mustFetch(t, source), "a"))
	revision, err := source.Open(t.Context(), old)
	require.NoError(t, err)
	assert.Equal(t, old, revision.SHA)
	assert.Equal(t, "old", mustReadFile(t, revision, "a"))
	for _, wrong := range []string{"", "main", old[:10], strings.Repeat("0", 39) + "1", old + "\n"} {
		_, err := source.Open(t.Context(), wrong)
		assert.Error(t, err, "opening %q", wrong)
	}
}

func awayAndBack(t *testing.T, source agent.Source, remote Remote) {
	remote.Commit(map[string]string{"a": "1", "never/read/before": "2"})
	last := mustFetch(t, source)
	remote.Away(true)
	_, err := source.Fetch(t.Context())
	require.Error(t, err)
	assert.Equal(t, "2", mustReadFile(t, last, "never/read/before"))
	remote.Away(false)
	assert.Equal(t, last.SHA, mustFetch(t, source).SHA)
	remote.Commit(map[string]string{"a": "3"})
	assert.Equal(t, "3", mustReadFile(t, mustFetch(t, source), "a"))
}

func revisionStays(t *testing.T, source agent.Source, remote Remote) {
	remote.Commit(map[string]string{"a": "before", "b/c": "before"})
	old := mustFetch(t, source)
	remote.Commit(map[string]string{"a": "after"}, "b/c")
	mustFetch(t, source)
	assert.Equal(t, "before", mustReadFile(t, old, "a"))
	assert.Equal(t, "before", mustReadFile(t, old, "b/c"))
}

func removals(t *testing.T, source agent.Source, remote Remote) {
	remote.Commit(map[string]string{"keep": "1", "gone/file": "1"})
	mustFetch(t, source)
	remote.Commit(nil, "gone/file")
	revision := mustFetch(t, source)
	_, err := fs.Stat(revision.Tree, "gone")
	assert.ErrorIs(t, err, fs.ErrNotExist)
	assert.Equal(t, "1", mustReadFile(t, revision, "keep"))
}

func otherBranch(t *testing.T, source agent.Source, remote Remote) {
	at := remote.Commit(map[string]string{"a": "1"})
	mustFetch(t, source)
	none, err := source.Branch(t.Context(), "ops/approvals")
	require.NoError(t, err)
	assert.Equal(t, agent.Revision{}, none, "nobody has made it yet")
	first := remote.CommitOn("ops/approvals", bert, map[string]string{"approvals/x": "1"})
	sha := remote.CommitOn("ops/approvals", ada, map[string]string{"approvals/y": "1"})
	require.NotEqual(t, first, sha)
	before := remote.Transfers()
	for range 2 {
		there, err := source.Branch(t.Context(), "ops/approvals")
		require.NoError(t, err)
		assert.Equal(t, []string{sha, ada, "1", "1"}, []string{there.SHA, there.Author, mustReadFile(t, there, "approvals/x"), mustReadFile(t, there, "a")})
	}
	assert.Equal(t, before+1, remote.Transfers(), "it is transferred once")
	assert.Equal(t, at, mustFetch(t, source).SHA, "the watched branch is where it was")
	assert.Equal(t, bert, authorOf(t, source, sha, "approvals/x"))
	assert.Equal(t, ada, authorOf(t, source, sha, "approvals/y"))
	remote.Away(true)
	_, err = source.Branch(t.Context(), "ops/approvals")
	assert.Error(t, err)
}

func mustFetch(t *testing.T, source agent.Source) agent.Revision {
	t.Helper()
	revision, err := source.Fetch(t.Context())
	require.NoError(t, err)
	return revision
}

func mustReadFile(t *testing.T, revision agent.Revision, path string) string {
	t.Helper()
	content, err := fs.ReadFile(revision.Tree, path)
	require.NoError(t, err)
	return string(content)
}
