package git_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	gogit "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/git"
)

// object writes a raw object, as no well-behaved program would, and returns its id.
func (r *remote) object(kind string, content []byte) string {
	r.t.Helper()
	file := filepath.Join(r.t.TempDir(), "object")
	require.NoError(r.t, os.WriteFile(file, content, 0o600))
	return r.git("hash-object", "-t", kind, "-w", "--literally", file)
}

// treeEntry is one raw entry of a tree.
func treeEntry(t *testing.T, mode, name, id string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(id)
	require.NoError(t, err)
	return append([]byte(mode+" "+name+"\x00"), raw...)
}

// push makes a commit of a raw tree the watched branch's tip.
func (r *remote) push(tree string) (commit string) {
	r.t.Helper()
	commit = r.git("commit-tree", "-m", "hostile", tree)
	r.git("push", "--quiet", "--force", "origin", commit+":refs/heads/main")
	return commit
}

// inClone is a commit as the commands see it, in a clone on this machine.
func (r *remote) inClone(commit string) (agent.Revision, error) {
	r.t.Helper()
	clone, err := gogit.PlainOpen(r.server.Path(repo))
	require.NoError(r.t, err)
	return git.ReadClone(clone.Storer).Revision(plumbing.NewHash(commit))
}

// bothWays are a commit from its server and in a clone: they say the same of it.
func (r *remote) bothWays(from *git.Repository) []agent.Revision {
	r.t.Helper()
	fetched, err := from.Fetch(r.t.Context())
	require.NoError(r.t, err)
	cloned, err := r.inClone(fetched.SHA)
	require.NoError(r.t, err)
	one, other := fetched, cloned
	one.Tree, other.Tree, one.Open, other.Open = nil, nil, nil, nil
	require.Equal(r.t, one, other)
	return []agent.Revision{fetched, cloned}
}

func TestWhatIsNoPlainFileIsLeftOutAndSaysWhy(t *testing.T) {
	r := newRemote(t)
	blob, elsewhere := r.object("blob", []byte("x")), strings.Repeat("1", 40)
	etc := r.object("blob", []byte("/etc"))
	names := []string{".git", ".GIT", ".giT. ", "git~1", "GIT~12", ".g\u200cit", ".git::$INDEX_ALLOCATION", "..", ".", "a\\b", "a/b", "a\nb", "\xff"}
	var inner, tree bytes.Buffer
	inner.Write(treeEntry(t, "120000", "loop", r.object("blob", []byte("../folder"))))
	inner.Write(treeEntry(t, "100644", "plain", blob))
	folder := r.object("tree", inner.Bytes())
	tree.Write(treeEntry(t, "40000", "folder", folder))
	tree.Write(treeEntry(t, "120000", "link", etc))
	tree.Write(treeEntry(t, "100755", "run", blob))
	tree.Write(treeEntry(t, "160000", "sub", elsewhere))
	source := r.open()
	push := func(raw []byte) { r.push(r.object("tree", raw)) }

	push(tree.Bytes())
	for _, revision := range r.bothWays(source) {
		require.NoError(t, fstest.TestFS(revision.Tree, "folder/plain", "run"))
		entries, err := fs.ReadDir(revision.Tree, ".")
		require.NoError(t, err)
		assert.Len(t, entries, 2)
		for path, why := range map[string]string{
			"link": "symbolic link", "link/passwd": "symbolic link", "sub": "submodule", "sub/x": "submodule", "folder/loop": "symbolic link",
		} {
			_, err := fs.ReadFile(revision.Tree, path)
			assert.ErrorIs(t, err, fs.ErrNotExist, path)
			assert.ErrorContains(t, err, why, path)
		}
	}
	for _, name := range names {
		push(treeEntry(t, "100644", name, blob))
		for _, revision := range r.bothWays(source) {
			entries, err := fs.ReadDir(revision.Tree, ".")
			require.NoError(t, err, "%q", name)
			assert.Empty(t, entries, "%q", name)
		}
	}
	for _, name := range []string{".gitignore", ".github", "git~x", "git~"} {
		push(treeEntry(t, "100644", name, blob))
		for _, revision := range r.bothWays(source) {
			_, err := fs.Stat(revision.Tree, name)
			assert.NoError(t, err, "%q is an ordinary name", name)
		}
	}
}

func TestWhatReadsTwoWaysIsRefused(t *testing.T) {
	r := newRemote(t)
	a, b := r.object("blob", []byte("a")), r.object("blob", []byte("b"))
	source := r.open()
	good, err := source.Fetch(t.Context())
	require.NoError(t, err)

	refused := func(commit, why string) {
		_, err := source.Fetch(t.Context())
		assert.ErrorContains(t, err, why)
		_, err = r.inClone(commit)
		assert.ErrorContains(t, err, why)
	}
	refused(r.push(r.object("tree", append(treeEntry(t, "100644", "weir.yaml", a), treeEntry(t, "100644", "weir.yaml", b)...))), `"weir.yaml" twice`)
	refused(r.push(r.object("tree", append(treeEntry(t, "100644", "b", a), treeEntry(t, "100644", "a", b)...))), "not sorted")

	one, two := r.git("rev-parse", good.SHA+"^{tree}"), r.object("tree", treeEntry(t, "100644", "a", a))
	commit := r.object("commit", fmt.Appendf(nil, "tree %s\ntree %s\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\ntwo\n", one, two))
	r.git("push", "--quiet", "--force", "origin", commit+":refs/heads/main")
	refused(commit, "exactly one tree")

	_, err = fs.ReadFile(good.Tree, "README.md")
	assert.NoError(t, err, "the last good revision stays")
}

func TestLimitsAreClearErrors(t *testing.T) {
	r := newRemote(t)
	big := strings.Repeat("0123456789abcdef", 9<<16)
	r.Commit(map[string]string{"big.bin": big, "small": "x"})
	for _, revision := range r.bothWays(r.open()) {
		_, err := fs.ReadFile(revision.Tree, "big.bin")
		require.ErrorContains(t, err, "big.bin")
		require.ErrorIs(t, err, agent.ErrUnfit, "trying again does not help")
		require.ErrorContains(t, err, "9437184 bytes, the limit is 8388608")
		info, err := fs.Stat(revision.Tree, "big.bin")
		require.NoError(t, err)
		assert.EqualValues(t, 9<<20, info.Size())
		_, err = fs.ReadFile(revision.Tree, "small")
		assert.NoError(t, err)
	}

	for want, limits := range map[string]git.Limits{
		"more than 2 files and folders": {Entries: 2},
		"an object of 9 MiB":            {ObjectBytes: 1 << 20},
		"the server sent more than":     {PackBytes: 2000},
	} {
		_, err := r.open(func(c *git.Config) { c.Limits = limits }).Fetch(t.Context())
		assert.ErrorContains(t, err, want)
	}
}

// A program on this machine that sends it would wait until somebody has read the rest.
func TestWhatAProgramSendsTooMuchOfIsRefused(t *testing.T) {
	r := newRemote(t)
	noise := make([]byte, 1<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise) // it never fails
	r.Commit(map[string]string{"noise.bin": string(noise)})
	refused := make(chan error, 1)
	source := r.open(overFile(r), func(c *git.Config) { c.Limits = git.Limits{PackBytes: 2000} })
	go func() {
		_, err := source.Fetch(t.Context())
		refused <- err
	}()
	select {
	case err := <-refused:
		assert.ErrorContains(t, err, "the server sent more than")
	case <-time.After(30 * time.Second):
		require.Fail(t, "it waits for ever")
	}
}

func TestATreeThatMultipliesItselfIsRefused(t *testing.T) {
	r := newRemote(t)
	tree := r.object("tree", treeEntry(t, "100644", "0", r.object("blob", []byte("x"))))
	for range 12 {
		var raw bytes.Buffer
		for name := range strings.SplitSeq("0123456789", "") {
			raw.Write(treeEntry(t, "40000", name, tree))
		}
		tree = r.object("tree", raw.Bytes())
	}
	// The git program would walk all of it: the object arrives by hand.
	commit := r.object("commit", fmt.Appendf(nil, "tree %s\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nbomb\n", tree))
	r.git("push", "--quiet", "--force", "origin", commit+":refs/heads/main")
	_, err := r.open().Fetch(t.Context())
	assert.ErrorContains(t, err, "more than 100000 files and folders")
}

func TestAPanicBelowIsAnErrorAndTheNextFetchWorks(t *testing.T) {
	source := newRemote(t).open()
	assert.ErrorContains(t, source.Panic(t.Context()), "index out of range")
	_, err := source.Fetch(t.Context())
	assert.NoError(t, err)
}

// fake answers a listing with one branch, and a fetch with what it is given.
func fake(t *testing.T, answer func(io.Writer)) (source agent.Source, fetches *atomic.Int32) {
	t.Helper()
	fetches = &atomic.Int32{}
	line := func(s string) string { return fmt.Sprintf("%04x%s", len(s)+4, s) }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, line("# service=git-upload-pack\n")+"0000"+
				line(strings.Repeat("1", 40)+" refs/heads/main\x00ofs-delta\n")+
				line(strings.Repeat("1", 40)+" refs/heads/../../config\n")+"0000")
			return
		}
		fetches.Add(1)
		answer(w)
	}))
	t.Cleanup(server.Close)
	source, err := git.Open(t.Context(), git.Config{
		URL: server.URL + "/x.git", Dir: t.TempDir(), Limits: git.Limits{PackBytes: 1 << 20},
	})
	require.NoError(t, err)
	return source, fetches
}

func TestAServerThatLiesDoesNotGetFar(t *testing.T) {
	for want, answer := range map[string]func(io.Writer){
		"promises 1000000000 objects": func(w io.Writer) {
			_, _ = io.WriteString(w, "0008NAK\nPACK\x00\x00\x00\x02\x3b\x9a\xca\x00"+strings.Repeat("x", 100))
		},
		"the pack is cut short": func(w io.Writer) { _, _ = io.WriteString(w, "0008NAK\nPACK") },
		"the server sent more than 1 MiB": func(w io.Writer) {
			_, _ = io.WriteString(w, "0008NAK\nPACK")
			for chunk := bytes.Repeat([]byte("x"), 1<<16); ; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		},
		"the server broke off its answer": func(io.Writer) {},
		"unsupported packfile version":    func(w io.Writer) { _, _ = io.WriteString(w, "0008NAK\nPACK\x00\x00\x00\x09\x00\x00\x00\x00") },
	} {
		t.Run(want, func(t *testing.T) {
			source, fetches := fake(t, answer)
			_, err := source.Fetch(t.Context())
			assert.ErrorContains(t, err, want)
			assert.EqualValues(t, 1, fetches.Load(), "the branch did not move: asking again is no use")
		})
	}
}

func TestAnErrorPageWithoutEndIsNotReadToTheEnd(t *testing.T) {
	sent := make(chan int, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		chunk, total := bytes.Repeat([]byte("sorry "), 1<<14), 0
		for total < 100<<20 {
			n, err := w.Write(chunk)
			if total += n; err != nil {
				break
			}
		}
		sent <- total
	}))
	t.Cleanup(server.Close)
	source, err := git.Open(t.Context(), git.Config{URL: server.URL + "/x.git", Dir: t.TempDir()})
	require.NoError(t, err)
	_, err = source.Fetch(t.Context())
	require.Error(t, err)
	assert.Less(t, <-sent, 50<<20)
}
