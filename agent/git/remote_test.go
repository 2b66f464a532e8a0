package git_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hiddeco/sshsig"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/git"
)

// remote is a real bare repository with a developer; what differs between the
// ways to reach it is how faults are made.
type remote struct {
	t      *testing.T
	server *agenttest.GitServer
	author *agenttest.Author
	faults
	mu     sync.Mutex
	opened []*git.Repository
}

type faults interface {
	Away(away bool)
	LoseAnswer()
	BreakBefore()
	BreakAfter()
}

const repo = "bookinfo"

// newRemote starts a server with a repository whose main branch has one commit.
func newRemote(t *testing.T) *remote {
	t.Helper()
	server, err := agenttest.NewGitServer(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	require.NoError(t, server.Create(t.Context(), repo))
	author, err := agenttest.NewAuthor(t.Context(), "file://"+server.Path(repo), t.TempDir(), "Ada Dev")
	require.NoError(t, err)
	r := &remote{t: t, server: server, author: author}
	r.faults = &httpFaults{server}
	r.Commit(map[string]string{"README.md": "bookinfo\n"})
	return r
}

// open opens the repository over HTTP with a folder of its own.
func (r *remote) open(change ...func(*git.Config)) *git.Repository {
	r.t.Helper()
	config := git.Config{URL: r.server.URL(repo), Branch: "main", Dir: filepath.Join(r.t.TempDir(), "objects")}
	for _, f := range change {
		f(&config)
	}
	opened, err := git.Open(r.t.Context(), config)
	require.NoError(r.t, err)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.opened = append(r.opened, opened)
	return opened
}

func overFile(r *remote) func(*git.Config) {
	return func(c *git.Config) { c.URL, c.AllowFile = "file://"+r.server.Path(repo), true }
}

func (r *remote) Commit(files map[string]string, remove ...string) string {
	r.t.Helper()
	sha := r.commit(files, remove...)
	require.NoError(r.t, r.author.Push(r.t.Context()))
	return sha
}

func (r *remote) CommitBy(author string, files map[string]string, remove ...string) string {
	r.t.Helper()
	defer r.as(author)()
	return r.Commit(files, remove...)
}

func (r *remote) CommitOn(branch, author string, files map[string]string, remove ...string) string {
	r.t.Helper()
	defer r.as(author)()
	from := "main"
	if r.git("ls-remote", "origin", "refs/heads/"+branch) != "" {
		from = branch
	}
	r.git("checkout", "--quiet", "-B", branch, from)
	sha := r.commit(files, remove...)
	r.git("push", "--quiet", "origin", "HEAD:refs/heads/"+branch)
	r.git("checkout", "--quiet", "main")
	return sha
}

func (r *remote) CommitSigned(author, signer string, files map[string]string, remove ...string) string {
	r.t.Helper()
	if signer == "" {
		return r.CommitBy(author, files, remove...)
	}
	defer r.as(author)()
	raw := r.raw(r.commit(files, remove...))
	return r.put(signedBy(r.t, signer, raw))
}

// raw is a commit's own bytes.
func (r *remote) raw(sha string) []byte {
	r.t.Helper()
	out, err := r.author.Git(r.t.Context(), "cat-file", "commit", sha)
	require.NoError(r.t, err)
	return []byte(out)
}

// put makes these bytes the watched branch's newest commit, and gives its id.
func (r *remote) put(raw []byte) string {
	r.t.Helper()
	command := exec.CommandContext(r.t.Context(), "git", "hash-object", "-t", "commit", "-w", "--literally", "--stdin")
	command.Dir, command.Stdin = r.author.Dir(), bytes.NewReader(raw)
	out, err := command.Output()
	require.NoError(r.t, err)
	r.Reset(strings.TrimSpace(string(out)))
	return strings.TrimSpace(string(out))
}

// signedBy is a commit with somebody's signature, as git writes it.
func signedBy(t *testing.T, person string, raw []byte) []byte {
	t.Helper()
	signature, err := sshsig.Sign(bytes.NewReader(raw), agenttest.SigningKey(person), sshsig.HashSHA512, "git")
	require.NoError(t, err)
	return withSignature(raw, string(sshsig.Armor(signature)))
}

// withSignature puts an armoured signature into a commit.
func withSignature(raw []byte, armoured string) []byte {
	header, message, _ := bytes.Cut(raw, []byte("\n\n"))
	lines := strings.ReplaceAll(strings.TrimSpace(armoured), "\n", "\n ")
	return fmt.Appendf(nil, "%s\ngpgsig %s\n\n%s", header, lines, message)
}

func (r *remote) Merge(base, author, merger string, files map[string]string) (side, merged string) {
	r.t.Helper()
	r.git("checkout", "--quiet", "-B", "side", base)
	back := r.as(author)
	side = r.commit(files)
	back()
	r.git("checkout", "--quiet", "main")
	defer r.as(merger)()
	r.git("merge", "--quiet", "--no-ff", "--message", "merge", "side")
	require.NoError(r.t, r.author.Push(r.t.Context()))
	return side, r.git("rev-parse", "HEAD")
}

func (r *remote) Idle(commits int) string {
	r.t.Helper()
	var stream strings.Builder
	from := r.git("rev-parse", "HEAD")
	for i := range commits {
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter Dev <dev@example.com> %d +0000\ndata 4\nidle\n", 1795420800+i)
		if i == 0 {
			fmt.Fprintf(&stream, "from %s\n", from)
		}
	}
	command := exec.CommandContext(r.t.Context(), "git", "fast-import", "--quiet", "--force")
	command.Dir, command.Stdin = r.author.Dir(), strings.NewReader(stream.String())
	out, err := command.CombinedOutput()
	require.NoError(r.t, err, string(out))
	require.NoError(r.t, r.author.Push(r.t.Context()))
	return r.git("rev-parse", "HEAD")
}

// as makes somebody else the developer until the answer is called.
func (r *remote) as(author string) (back func()) {
	name, email := r.author.Name, r.author.Email
	r.author.Name, r.author.Email, _ = strings.Cut(strings.TrimSuffix(author, ">"), " <")
	return func() { r.author.Name, r.author.Email = name, email }
}

func (r *remote) commit(files map[string]string, remove ...string) string {
	r.t.Helper()
	for _, path := range remove {
		require.NoError(r.t, r.author.Remove(path))
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		require.NoError(r.t, r.author.Write(path, files[path]))
	}
	sha, err := r.author.Commit(r.t.Context(), "change "+strings.Join(slices.Sorted(maps.Keys(files)), " "))
	require.NoError(r.t, err)
	return sha
}

func (r *remote) Reset(sha string) {
	r.t.Helper()
	r.git("reset", "--quiet", "--hard", sha)
	r.git("push", "--quiet", "--force", "origin", "HEAD:main")
}

func (r *remote) git(args ...string) string {
	r.t.Helper()
	out, err := r.author.Git(r.t.Context(), args...)
	require.NoError(r.t, err)
	return strings.TrimSpace(out)
}

func (r *remote) Transfers() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, opened := range r.opened {
		n += opened.Transfers()
	}
	return n
}

func (r *remote) StatusLog() []string {
	r.t.Helper()
	subjects, err := r.author.Log(r.t.Context(), "weir-status")
	require.NoError(r.t, err)
	return subjects
}

func (r *remote) StatusFile(path string) (string, bool) {
	content, err := r.author.Show(r.t.Context(), "weir-status", path)
	return content, err == nil
}

type httpFaults struct{ server *agenttest.GitServer }

func (f *httpFaults) Away(away bool) { f.server.Away(away) }

func (f *httpFaults) LoseAnswer() {
	f.server.After(func(r *http.Request) agenttest.Fault {
		if !agenttest.IsPush(r) {
			return agenttest.Serve
		}
		f.server.After(nil)
		return agenttest.BreakOff
	})
}

func (f *httpFaults) BreakBefore() {
	f.server.Before(func(r *http.Request) agenttest.Fault {
		if !agenttest.IsPush(r) {
			return agenttest.Serve
		}
		f.server.Before(nil)
		f.server.Away(true)
		return agenttest.BreakOff
	})
}

func (f *httpFaults) BreakAfter() {
	f.server.After(func(r *http.Request) agenttest.Fault {
		if !agenttest.IsPush(r) {
			return agenttest.Serve
		}
		f.server.After(nil)
		f.server.Away(true)
		return agenttest.BreakOff
	})
}

// fileFaults makes the same happen where the git program serves a folder: by
// hooks that kill it, once.
type fileFaults struct {
	t    *testing.T
	path string
}

func (f *fileFaults) Away(away bool) {
	from, to := f.path, f.path+".away"
	if !away {
		from, to = to, from
	}
	require.NoError(f.t, os.Rename(from, to))
}

// The answer goes out before post-receive runs, so that hook is too late to lose it.
const landed = "reference-transaction"

func (f *fileFaults) LoseAnswer()  { f.hook(landed, "") }
func (f *fileFaults) BreakBefore() { f.hook("pre-receive", `mv "$d" "$d.away"`) }
func (f *fileFaults) BreakAfter()  { f.hook(landed, `mv "$d" "$d.away"`) }

func (f *fileFaults) hook(name, then string) {
	wait := ""
	if name == landed {
		wait = `[ "$1" = committed ] || exit 0`
	}
	script := fmt.Sprintf("#!/bin/sh\n%s\nd=%q\nrm \"$d/hooks/%s\"\n%s\nkill -9 $PPID\n", wait, f.path, name, then)
	require.NoError(f.t, os.MkdirAll(filepath.Join(f.path, "hooks"), 0o700))
	require.NoError(f.t, os.WriteFile(filepath.Join(f.path, "hooks", name), []byte(script), 0o700)) //nolint:gosec // a hook is run
}

func TestTheRepositoryIsASourceOverHTTP(t *testing.T) {
	agenttest.TestSource(t, func(t *testing.T) (agent.Source, agenttest.Remote) {
		r := newRemote(t)
		return r.open(), r
	})
}

func TestTheRepositoryIsASourceOverFile(t *testing.T) {
	agenttest.TestSource(t, func(t *testing.T) (agent.Source, agenttest.Remote) {
		r := newRemote(t)
		r.faults = &fileFaults{t, r.server.Path(repo)}
		return r.open(overFile(r)), r
	})
}

func TestTheRepositoryIsAJournalOverHTTP(t *testing.T) {
	agenttest.TestJournal(t, func(t *testing.T) (func() agent.Journal, agenttest.Remote) {
		r := newRemote(t)
		return func() agent.Journal { return r.open() }, r
	})
}

func TestTheRepositoryIsAJournalOverFile(t *testing.T) {
	agenttest.TestJournal(t, func(t *testing.T) (func() agent.Journal, agenttest.Remote) {
		r := newRemote(t)
		r.faults = &fileFaults{t, r.server.Path(repo)}
		return func() agent.Journal { return r.open(overFile(r)) }, r
	})
}
