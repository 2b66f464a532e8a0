package agenttest

import (
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// TestJournal is what every agent.Journal must do. Each story begins with a
// remote of its own that has no status branch; open opens one more journal on it.
func TestJournal(t *testing.T, start func(*testing.T) (open func() agent.Journal, remote Remote)) {
	for name, story := range map[string]func(*testing.T, func() agent.Journal, Remote){
		"the first record makes the branch":                               firstRecord,
		"a file that exists is left alone and found":                      createIfAbsent,
		"what is replaced is replaced and the rest stays":                 replaced,
		"what another replaced meanwhile is left alone and found":         replacedMeanwhile,
		"nothing is committed when nothing would change":                  nothingToCommit,
		"reading an unchanged branch transfers nothing":                   unchangedBranch,
		"two journals that read the same tip both get their commit":       lostRace,
		"two journals that saw no branch both get their commit":           creationRace,
		"twenty writers at once all get their commits":                    twentyWriters,
		"a lost answer makes no second commit":                            lostAnswer,
		"a push that never arrived is an error, and done by the next try": neverArrived,
		"a push whose answer was lost for long is found by the next try":  foundLater,
		"paths that are no clean paths are refused":                       uncleanPaths,
		"a tree that was read does not change":                            treeStays,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open, remote := start(t)
			story(t, open, remote)
		})
	}
}

func firstRecord(t *testing.T, open func() agent.Journal, remote Remote) {
	journal := open()
	assert.Empty(t, statusPaths(t, journal))
	sha, found := mustRecord(t, journal, creating("first", "c/decisions/1.json", "{}"))
	assert.Len(t, sha, 40)
	assert.Empty(t, found)
	assert.Equal(t, []string{"first"}, remote.StatusLog())
	assert.Equal(t, []string{"c", "c/decisions", "c/decisions/1.json"}, statusPaths(t, journal))
	content, _ := remote.StatusFile("c/decisions/1.json")
	assert.Equal(t, "{}", content)
	assert.Equal(t, statusPaths(t, journal), statusPaths(t, open()), "another agent reads the same")
}

func createIfAbsent(t *testing.T, open func() agent.Journal, remote Remote) {
	journal := open()
	mustRecord(t, journal, creating("first", "1.json", "mine"))
	second := creating("second", "1.json", "another's")
	second.Create["2.json"] = []byte("new")
	_, found := mustRecord(t, journal, second)
	assert.Equal(t, map[string][]byte{"1.json": []byte("mine")}, found)
	content, _ := remote.StatusFile("1.json")
	assert.Equal(t, "mine", content)
	content, _ = remote.StatusFile("2.json")
	assert.Equal(t, "new", content)
	assert.Equal(t, []string{"second", "first"}, remote.StatusLog())
}

func replacedMeanwhile(t *testing.T, open func() agent.Journal, remote Remote) {
	replacing := func(of, with string, known rollout.Digest) agent.Commit {
		return agent.Commit{
			Message: with, Time: commitTime(),
			Replace: map[string][]byte{of: []byte(with)}, Known: map[string]rollout.Digest{of: known},
		}
	}
	ours, theirs := open(), open()
	one := rollout.DigestBytes([]byte("one"))
	_, found := mustRecord(t, ours, replacing("s/status.json", "one", ""))
	assert.Empty(t, found, "nobody had written it")
	_, found = mustRecord(t, theirs, replacing("s/status.json", "two", ""))
	assert.Equal(t, map[string][]byte{"s/status.json": []byte("one")}, found)
	_, found = mustRecord(t, theirs, replacing("s/status.json", "two", one))
	assert.Empty(t, found, "it is what was read")

	also := replacing("s/status.json", "three", one)
	also.Replace["other.json"] = []byte("new")
	_, found = mustRecord(t, ours, also)
	assert.Equal(t, map[string][]byte{"s/status.json": []byte("two")}, found)
	content, _ := remote.StatusFile("s/status.json")
	assert.Equal(t, "two", content)
	content, _ = remote.StatusFile("other.json")
	assert.Equal(t, "new", content, "the rest is written")
	_, found = mustRecord(t, ours, replacing("s/status.json", "two", one))
	assert.Empty(t, found, "it is there already")
}

func replaced(t *testing.T, open func() agent.Journal, remote Remote) {
	journal := open()
	mustRecord(t, journal, creating("first", "a/1.json", "entry"))
	for _, status := range []string{"one", "two", "two", "three"} {
		commit := creating("status "+status, "a/1.json", "entry")
		commit.Replace = map[string][]byte{"status.json": []byte(status), "b/README.md": []byte("read me")}
		mustRecord(t, journal, commit)
	}
	content, _ := remote.StatusFile("status.json")
	assert.Equal(t, "three", content)
	content, _ = remote.StatusFile("a/1.json")
	assert.Equal(t, "entry", content)
	assert.Equal(t, []string{"status three", "status two", "status one", "first"}, remote.StatusLog())
}

func nothingToCommit(t *testing.T, open func() agent.Journal, remote Remote) {
	journal := open()
	sha, _ := mustRecord(t, journal, agent.Commit{Message: "nothing at all", Time: commitTime()})
	assert.Empty(t, sha)
	assert.Empty(t, remote.StatusLog())
	first, _ := mustRecord(t, journal, creating("first", "1", "x"))
	commit := creating("again", "1", "x")
	commit.Replace = map[string][]byte{}
	again, found := mustRecord(t, journal, commit)
	assert.Equal(t, first, again)
	assert.Equal(t, map[string][]byte{"1": []byte("x")}, found)
	again, _ = mustRecord(t, open(), creating("another agent", "1", "y"))
	assert.Equal(t, first, again)
	assert.Equal(t, []string{"first"}, remote.StatusLog())
}

func unchangedBranch(t *testing.T, open func() agent.Journal, remote Remote) {
	journal, reader := open(), open()
	mustRecord(t, journal, creating("first", "1", "x"))
	statusPaths(t, reader)
	before := remote.Transfers()
	statusPaths(t, reader)
	statusPaths(t, reader)
	assert.Equal(t, before, remote.Transfers())
	mustRecord(t, journal, creating("second", "2", "x"))
	assert.Equal(t, []string{"1", "2"}, statusPaths(t, reader))
}

func lostRace(t *testing.T, open func() agent.Journal, remote Remote) {
	a, b := open(), open()
	mustRecord(t, a, creating("first", "1", "a"))
	statusPaths(t, a)
	statusPaths(t, b)
	mustRecord(t, a, creating("a's", "2", "a"))
	_, found := mustRecord(t, b, creating("b's", "2", "b"))
	assert.Equal(t, map[string][]byte{"2": []byte("a")}, found, "b learns that a was first")
	_, found = mustRecord(t, b, creating("b's", "3", "b"))
	assert.Empty(t, found)
	assert.Equal(t, []string{"b's", "a's", "first"}, remote.StatusLog())
}

func creationRace(t *testing.T, open func() agent.Journal, remote Remote) {
	a, b := open(), open()
	assert.Empty(t, statusPaths(t, a))
	assert.Empty(t, statusPaths(t, b))
	mustRecord(t, a, creating("a's", "a", ""))
	mustRecord(t, b, creating("b's", "b", ""))
	assert.Equal(t, []string{"b's", "a's"}, remote.StatusLog())
	assert.Equal(t, []string{"a", "b"}, statusPaths(t, a))
}

func twentyWriters(t *testing.T, open func() agent.Journal, remote Remote) {
	const writers, each = 20, 1
	var all sync.WaitGroup
	want := make([]string, 0, writers*each)
	for w := range writers {
		journal := open()
		for i := range each {
			want = append(want, fmt.Sprintf("writer %d entry %d", w, i))
		}
		all.Go(func() {
			for i := range each {
				name := fmt.Sprintf("writer %d entry %d", w, i)
				_, found, err := journal.Record(t.Context(), creating(name, "entries/"+name, name))
				assert.NoError(t, err)
				assert.Empty(t, found)
			}
		})
	}
	all.Wait()
	assert.ElementsMatch(t, want, remote.StatusLog())
	for _, name := range want {
		content, _ := remote.StatusFile("entries/" + name)
		assert.Equal(t, name, content)
	}
}

func lostAnswer(t *testing.T, open func() agent.Journal, remote Remote) {
	journal := open()
	mustRecord(t, journal, creating("first", "1", "x"))
	remote.LoseAnswer()
	sha, found := mustRecord(t, journal, creating("second", "2", "x"))
	assert.Len(t, sha, 40)
	assert.Empty(t, found, "it was not there before")
	assert.Equal(t, []string{"second", "first"}, remote.StatusLog())
	mustRecord(t, journal, creating("third", "3", "x"))
	assert.Equal(t, []string{"third", "second", "first"}, remote.StatusLog())
}

func neverArrived(t *testing.T, open func() agent.Journal, remote Remote) {
	journal := open()
	mustRecord(t, journal, creating("first", "1", "x"))
	remote.BreakBefore()
	_, _, err := journal.Record(t.Context(), creating("second", "2", "x"))
	require.Error(t, err)
	remote.Away(false)
	assert.Equal(t, []string{"first"}, remote.StatusLog())
	_, found := mustRecord(t, journal, creating("second", "2", "x"))
	assert.Empty(t, found)
	assert.Equal(t, []string{"second", "first"}, remote.StatusLog())
}

func foundLater(t *testing.T, open func() agent.Journal, remote Remote) {
	journal := open()
	mustRecord(t, journal, creating("first", "1", "x"))
	remote.BreakAfter()
	_, _, err := journal.Record(t.Context(), creating("second", "2", "x"))
	require.Error(t, err)
	remote.Away(false)
	_, found := mustRecord(t, journal, creating("second", "2", "x"))
	assert.Equal(t, map[string][]byte{"2": []byte("x")}, found)
	assert.Equal(t, []string{"second", "first"}, remote.StatusLog())
}

func uncleanPaths(t *testing.T, open func() agent.Journal, remote Remote) {
	journal := open()
	mustRecord(t, journal, creating("first", "folder/file", "x"))
	for _, path := range []string{
		"", ".", "..", "/etc/passwd", "a/../b", "a//b", "a/", ".git/config", "a/.GIT/config",
		"folder", "folder/file/below",
	} {
		_, _, err := journal.Record(t.Context(), creating("unclean", path, "x"))
		assert.Error(t, err, "path %q", path)
	}
	for _, path := range []string{"folder", "folder/file/below", "../x"} {
		replacing := agent.Commit{Message: "unclean", Time: commitTime(), Replace: map[string][]byte{path: nil}}
		_, _, err := journal.Record(t.Context(), replacing)
		assert.Error(t, err, "replacing %q", path)
	}
	assert.Equal(t, []string{"first"}, remote.StatusLog())
	mustRecord(t, journal, creating("second", "2", "x"))
}

func treeStays(t *testing.T, open func() agent.Journal, _ Remote) {
	journal := open()
	commit := creating("first", "1", "x")
	commit.Replace = map[string][]byte{"status": []byte("one")}
	mustRecord(t, journal, commit)
	tree, err := journal.Read(t.Context())
	require.NoError(t, err)
	commit.Replace["status"] = []byte("two")
	mustRecord(t, journal, commit)
	content, err := fs.ReadFile(tree, "status")
	require.NoError(t, err)
	assert.Equal(t, "one", string(content))
}

func commitTime() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

func creating(message, path, content string) agent.Commit {
	return agent.Commit{Message: message, Time: commitTime(), Create: map[string][]byte{path: []byte(content)}}
}

func mustRecord(t *testing.T, journal agent.Journal, c agent.Commit) (string, map[string][]byte) {
	t.Helper()
	sha, found, err := journal.Record(t.Context(), c)
	require.NoError(t, err)
	return sha, found
}

// list is every file and folder of the status branch but its root.
func statusPaths(t *testing.T, journal agent.Journal) []string {
	t.Helper()
	tree, err := journal.Read(t.Context())
	require.NoError(t, err)
	var paths []string
	require.NoError(t, fs.WalkDir(tree, ".", func(path string, _ fs.DirEntry, err error) error {
		paths = append(paths, path)
		return err
	}))
	return slices.Delete(paths, 0, 1)
}
