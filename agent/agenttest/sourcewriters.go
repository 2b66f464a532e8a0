package agenttest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
)

// writerStories are what every agent.Source must know of who had a part in a change.
func writerStories() map[string]func(*testing.T, agent.Source, Remote) {
	return map[string]func(*testing.T, agent.Source, Remote){
		"who wrote what was written over wrote it too":            writersAll,
		"what was undone before has no part in it":                writersUndone,
		"who removed what was written again wrote it too":         writersOfRemoved,
		"a merge has no part in what it took over":                writersThroughMerge,
		"after a force-push what both histories have has no part": writersAfterReset,
		"writers of long ago are found":                           writersFarBack,
		"writers of what is not there are an error":               writersOfNothing,
	}
}

func writersAll(t *testing.T, source agent.Source, remote Remote) {
	remote.CommitBy(cleo, map[string]string{"a": "0", "same": "0"})
	since := remote.CommitBy(cleo, map[string]string{"a": "1"})
	first := remote.CommitBy(ada, map[string]string{"a": "2", "new": "1"})
	remote.CommitBy(cleo, map[string]string{"else": "1"})
	second := remote.CommitSigned(bert, bert, map[string]string{"a": "3"})
	tip := remote.CommitBy(cleo, map[string]string{"else": "2"})
	wrote := mustWriters(t, source, since, tip, "a", "new", "gone")
	require.Equal(t, []string{second, first}, ids(wrote))
	assert.Equal(t, []string{bert, ada}, []string{wrote[0].Author, wrote[1].Author})
	assert.Equal(t, Fingerprint(bert), wrote[0].Key)
	assert.Nil(t, wrote[0].Tree)
	assert.Equal(t, []int{1, 3}, []int{wrote[0].Depth, wrote[1].Depth})
	assert.Empty(t, mustWriters(t, source, since, tip))
}

func writersUndone(t *testing.T, source agent.Source, remote Remote) {
	since := remote.Commit(map[string]string{"a": "1"})
	remote.CommitBy(ada, map[string]string{"a": "2"})
	remote.CommitBy(cleo, map[string]string{"a": "1"})
	last := remote.CommitBy(bert, map[string]string{"a": "2"})
	assert.Equal(t, []string{last}, ids(mustWriters(t, source, since, last, "a")))
}

func writersOfRemoved(t *testing.T, source agent.Source, remote Remote) {
	since := remote.Commit(map[string]string{"a": "1", "b": "1"})
	first := remote.CommitBy(ada, map[string]string{"a": "2"})
	second := remote.CommitBy(cleo, nil, "a")
	third := remote.CommitBy(bert, map[string]string{"a": "2"})
	assert.Equal(t, []string{third, second, first}, ids(mustWriters(t, source, since, third, "a")))
}

func writersThroughMerge(t *testing.T, source agent.Source, remote Remote) {
	since := remote.CommitBy(cleo, map[string]string{"a": "1"})
	remote.CommitBy(cleo, map[string]string{"mine": "1"})
	side, merged := remote.Merge(since, ada, cleo, map[string]string{"a": "2"})
	assert.Equal(t, []string{side}, ids(mustWriters(t, source, since, merged, "a")))
	tip := remote.CommitBy(bert, map[string]string{"a": "3"})
	assert.Equal(t, []string{tip, side}, ids(mustWriters(t, source, since, tip, "a")))
}

func writersAfterReset(t *testing.T, source agent.Source, remote Remote) {
	remote.CommitBy(ada, map[string]string{"a": "0"})
	base := remote.CommitBy(ada, map[string]string{"a": "1"})
	since := remote.CommitBy(bert, map[string]string{"a": "2"})
	assert.Equal(t, since, mustFetch(t, source).SHA)
	remote.Reset(base)
	tip := remote.CommitBy(cleo, map[string]string{"a": "3"})
	assert.Equal(t, []string{tip}, ids(mustWriters(t, source, since, tip, "a")))
}

func writersFarBack(t *testing.T, source agent.Source, remote Remote) {
	since := remote.Commit(map[string]string{"a": "1"})
	first := remote.CommitBy(ada, map[string]string{"a": "2"})
	remote.Idle(60) // further than one transfer goes
	tip := remote.CommitBy(bert, map[string]string{"a": "3"})
	mustFetch(t, source)
	assert.Equal(t, []string{tip, first}, ids(mustWriters(t, source, since, tip, "a")))
}

func writersOfNothing(t *testing.T, source agent.Source, remote Remote) {
	sha := remote.Commit(map[string]string{"a": "1"})
	assert.Empty(t, mustWriters(t, source, sha, sha, "b", "", "../x"))
	for _, wrong := range []string{"", "main", strings.Repeat("0", 39) + "1"} {
		_, err := source.Writers(t.Context(), wrong, sha, []string{"a"})
		assert.Error(t, err, "%q", wrong)
		_, err = source.Writers(t.Context(), sha, wrong, []string{"a"})
		assert.Error(t, err, "%q", wrong)
	}
	tip := remote.Commit(map[string]string{"a": "2"})
	remote.Away(true)
	_, err := source.Writers(t.Context(), sha, tip, []string{"a"})
	assert.Error(t, err)
}

func mustWriters(t *testing.T, source agent.Source, since, sha string, files ...string) []agent.Revision {
	t.Helper()
	wrote, err := source.Writers(t.Context(), since, sha, files)
	require.NoError(t, err)
	return wrote
}

// ids are the commits' own.
func ids(commits []agent.Revision) (out []string) {
	for _, c := range commits {
		out = append(out, c.SHA)
	}
	return out
}
