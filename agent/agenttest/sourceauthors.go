package agenttest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
)

// The people of the stories about who wrote what.
const (
	ada  = "Ada <ada@example.com>"
	bert = "Bert <bert@example.com>"
	cleo = "Cleo <cleo@example.com>"
)

// authorStories are what every agent.Source must know of who wrote a file.
func authorStories() map[string]func(*testing.T, agent.Source, Remote) {
	return map[string]func(*testing.T, agent.Source, Remote){
		"who added a file wrote it":                                authorOfAdded,
		"who changed a file last wrote it":                         authorOfChanged,
		"a file from commits that came all at once has its author": authorFurtherBack,
		"a merge wrote nothing that it took over":                  authorThroughMerge,
		"what both sides of a merge wrote is the first parent's":   authorOfBoth,
		"a file written back to what it was is by who did that":    authorOfRestored,
		"after a force-push the new history counts":                authorAfterReset,
		"a file that is not there has no author":                   authorOfNothing,
		"history is deepened until the author is found":            authorFarBack,
		"what came earlier lies deeper, whatever the clocks said":  authorByDepth,
		"whose key signed a commit is known":                       authorWhoSigned,
		"while the remote is away what is not known is an error":   authorWhileAway,
	}
}

func authorOfAdded(t *testing.T, source agent.Source, remote Remote) {
	mustFetch(t, source)
	sha := remote.CommitBy(ada, map[string]string{"approvals/a.yaml": "1", "b": "1"})
	remote.CommitBy(bert, map[string]string{"approvals/b.yaml": "1"})
	at := mustFetch(t, source)
	authors := mustAuthors(t, source, at.SHA, "approvals/a.yaml", "approvals/b.yaml")
	assert.Equal(t, ada, authors["approvals/a.yaml"].Author)
	assert.Equal(t, sha, authors["approvals/a.yaml"].SHA)
	assert.Equal(t, "change approvals/a.yaml b", authors["approvals/a.yaml"].Subject)
	assert.False(t, authors["approvals/a.yaml"].Time.IsZero())
	assert.Nil(t, authors["approvals/a.yaml"].Tree)
	assert.Equal(t, at.Author, authors["approvals/b.yaml"].Author)
	assert.Equal(t, at.SHA, authors["approvals/b.yaml"].SHA)
	assert.Len(t, authors, 2)
}

func authorByDepth(t *testing.T, source agent.Source, remote Remote) {
	mustFetch(t, source)
	remote.CommitBy(ada, map[string]string{"a": "1"})
	base := remote.CommitBy(bert, map[string]string{"b": "1"})
	remote.Idle(70) // further than one transfer goes
	_, merged := remote.Merge(base, cleo, ada, map[string]string{"c": "1"})
	tip := remote.CommitBy(bert, map[string]string{"d": "1"})
	authors := mustAuthors(t, source, tip, "a", "b", "c", "d")
	assert.Equal(t, 0, authors["d"].Depth)
	assert.Equal(t, 2, authors["c"].Depth, "behind the merge %s, that brought it", merged)
	assert.Equal(t, 72, authors["b"].Depth)
	assert.Equal(t, 73, authors["a"].Depth)
}

func authorWhoSigned(t *testing.T, source agent.Source, remote Remote) {
	mustFetch(t, source)
	signed := remote.CommitSigned(ada, bert, map[string]string{"a": "1"})
	assert.Equal(t, Fingerprint(bert), mustFetch(t, source).Key)
	unsigned := remote.CommitBy(ada, map[string]string{"b": "1"})
	assert.Empty(t, mustFetch(t, source).Key)
	authors := mustAuthors(t, source, unsigned, "a", "b")
	assert.Equal(t, signed, authors["a"].SHA)
	assert.Equal(t, ada, authors["a"].Author, "the name is the commit's, whoever signed it")
	assert.Equal(t, Fingerprint(bert), authors["a"].Key)
	assert.Empty(t, authors["b"].Key)
}

func authorOfChanged(t *testing.T, source agent.Source, remote Remote) {
	first := remote.CommitBy(ada, map[string]string{"a": "1"})
	second := remote.CommitBy(bert, map[string]string{"a": "2"})
	last := remote.CommitBy(cleo, map[string]string{"else": "1"})
	assert.Equal(t, bert, authorOf(t, source, last, "a"))
	assert.Equal(t, bert, authorOf(t, source, second, "a"))
	assert.Equal(t, ada, authorOf(t, source, first, "a"), "as of that commit")
}

func authorFurtherBack(t *testing.T, source agent.Source, remote Remote) {
	mustFetch(t, source)
	remote.CommitBy(ada, map[string]string{"approvals/deep/down/a": "1"})
	remote.CommitBy(bert, map[string]string{"b": "1"})
	remote.CommitBy(cleo, map[string]string{"c": "1"})
	at := mustFetch(t, source)
	authors := mustAuthors(t, source, at.SHA, "approvals/deep/down/a", "b", "c")
	assert.Equal(t, []string{ada, bert, cleo}, []string{authors["approvals/deep/down/a"].Author, authors["b"].Author, authors["c"].Author})
}

func authorThroughMerge(t *testing.T, source agent.Source, remote Remote) {
	base := remote.Commit(map[string]string{"a": "old", "b": "old"})
	remote.CommitBy(ada, map[string]string{"mine": "1"})
	side, merged := remote.Merge(base, bert, cleo, map[string]string{"a": "new", "approvals/x": "1"})
	assert.Equal(t, merged, mustFetch(t, source).SHA)
	authors := mustAuthors(t, source, merged, "a", "approvals/x", "mine", "b")
	assert.Equal(t, []string{bert, bert, ada}, []string{authors["a"].Author, authors["approvals/x"].Author, authors["mine"].Author})
	assert.Equal(t, side, authors["a"].SHA)
	assert.Equal(t, base, authors["b"].SHA)
}

func authorOfBoth(t *testing.T, source agent.Source, remote Remote) {
	base := remote.Commit(map[string]string{"a": "old"})
	remote.CommitBy(ada, map[string]string{"a": "same"})
	_, merged := remote.Merge(base, bert, cleo, map[string]string{"a": "same"})
	assert.Equal(t, ada, authorOf(t, source, merged, "a"))
}

func authorOfRestored(t *testing.T, source agent.Source, remote Remote) {
	remote.CommitBy(ada, map[string]string{"a": "1", "b": "1"})
	remote.CommitBy(cleo, map[string]string{"a": "2"}, "b")
	last := remote.CommitBy(bert, map[string]string{"a": "1", "b": "1"})
	assert.Equal(t, bert, authorOf(t, source, last, "a"))
	assert.Equal(t, bert, authorOf(t, source, last, "b"))
}

func authorAfterReset(t *testing.T, source agent.Source, remote Remote) {
	base := remote.Commit(map[string]string{"a": "1"})
	old := remote.CommitBy(ada, map[string]string{"approvals/x": "1"})
	assert.Equal(t, ada, authorOf(t, source, mustFetch(t, source).SHA, "approvals/x"))
	remote.Reset(base)
	rebased := remote.CommitBy(bert, map[string]string{"approvals/x": "1", "b": "2"})
	require.NotEqual(t, old, rebased)
	assert.Equal(t, bert, authorOf(t, source, mustFetch(t, source).SHA, "approvals/x"))
}

func authorOfNothing(t *testing.T, source agent.Source, remote Remote) {
	sha := remote.Commit(map[string]string{"folder/a": "1"})
	next := remote.Commit(nil, "folder/a")
	assert.Empty(t, mustAuthors(t, source, next, "folder/a", "folder", "", "/", "../x", "folder/a/b"))
	assert.Empty(t, mustAuthors(t, source, sha, "folder", "folder/", "folder/a/b"))
	assert.Empty(t, mustAuthors(t, source, sha))
	for _, wrong := range []string{"", "main", strings.Repeat("0", 39) + "1"} {
		_, err := source.Authors(t.Context(), wrong, []string{"folder/a"})
		assert.Error(t, err, "%q", wrong)
	}
}

func authorFarBack(t *testing.T, source agent.Source, remote Remote) {
	remote.CommitBy(ada, map[string]string{"approvals/old": "1"})
	remote.Idle(60)
	tip := remote.CommitBy(bert, map[string]string{"approvals/new": "1"})
	mustFetch(t, source)
	authors := mustAuthors(t, source, tip, "approvals/old", "approvals/new")
	assert.Equal(t, []string{ada, bert}, []string{authors["approvals/old"].Author, authors["approvals/new"].Author})
	before := remote.Transfers()
	assert.Equal(t, ada, authorOf(t, source, tip, "approvals/old"))
	assert.Equal(t, before, remote.Transfers(), "what is here already is not transferred again")
	remote.Commit(map[string]string{"approvals/new": "2"})
	at := mustFetch(t, source)
	assert.Equal(t, "1", mustReadFile(t, at, "approvals/old"))
	assert.Equal(t, ada, authorOf(t, source, at.SHA, "approvals/old"))
}

func authorWhileAway(t *testing.T, source agent.Source, remote Remote) {
	sha := remote.CommitBy(ada, map[string]string{"a": "1"})
	remote.Away(true)
	_, err := source.Authors(t.Context(), sha, []string{"a"})
	require.Error(t, err)
	remote.Away(false)
	assert.Equal(t, ada, authorOf(t, source, sha, "a"))
}

func mustAuthors(t *testing.T, source agent.Source, sha string, files ...string) map[string]agent.Revision {
	t.Helper()
	authors, err := source.Authors(t.Context(), sha, files)
	require.NoError(t, err)
	return authors
}

func authorOf(t *testing.T, source agent.Source, sha, file string) string {
	t.Helper()
	return mustAuthors(t, source, sha, file)[file].Author
}
