package git_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/git"
)

func entry(name, content string) agent.Commit {
	return agent.Commit{
		Message: "entry " + name, Time: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
		Create: map[string][]byte{"decisions/" + name + ".json": []byte(content)},
	}
}

func TestARecordOnAFetchedTipIsOneListingAndOnePush(t *testing.T) {
	r := newRemote(t)
	journal := r.open()
	_, err := journal.Read(t.Context())
	require.NoError(t, err)
	for i := range 3 {
		before := len(r.server.Requests())
		_, _, err = journal.Record(t.Context(), entry(fmt.Sprint(i), "x"))
		require.NoError(t, err)
		assert.Equal(t, []agenttest.GitRequest{
			{Repo: repo, Service: "git-receive-pack", Listing: true}, {Repo: repo, Service: "git-receive-pack"},
		}, r.server.Requests()[before:])
	}
	assert.Zero(t, journal.Transfers(), "what was pushed is known without a fetch")
}

func TestAStatusCommitSaysWhoAndWhen(t *testing.T) {
	r := newRemote(t)
	_, _, err := r.open().Record(t.Context(), entry("1", "x"))
	require.NoError(t, err)
	other := r.open(func(c *git.Config) { c.Committer = git.Identity{Name: "west", Email: "west@example.com"} })
	_, _, err = other.Record(t.Context(), entry("2", "x"))
	require.NoError(t, err)
	r.git("fetch", "--quiet", "origin", "weir-status")
	assert.Equal(t, "west <west@example.com> west 2026-11-23T09:00:00+00:00 entry 2\n"+
		"weir <weir@weir.dev> weir 2026-11-23T09:00:00+00:00 entry 1",
		r.git("log", "--date=iso-strict", "--format=%an <%ae> %cn %cd %s", "FETCH_HEAD"))
	assert.Equal(t, "", r.git("fsck", "--strict", "--no-dangling"))
}

func TestAHooksRefusalIsReportedAndNotTriedForEver(t *testing.T) {
	r := newRemote(t)
	hook := filepath.Join(r.server.Path(repo), "hooks", "pre-receive")
	require.NoError(t, os.MkdirAll(filepath.Dir(hook), 0o700))
	require.NoError(t, os.WriteFile(hook, []byte("#!/bin/sh\nexit 1\n"), 0o700)) //nolint:gosec // a hook is run
	_, _, err := r.open().Record(t.Context(), entry("1", "x"))
	require.ErrorContains(t, err, "pre-receive hook declined")
	pushes := 0
	for _, request := range r.server.Requests() {
		if request.Service == "git-receive-pack" && !request.Listing {
			pushes++
		}
	}
	assert.Equal(t, 3, pushes)
	assert.Empty(t, r.StatusLog())
}

func TestTheStatusBranchIsNeverTheWatchedOne(t *testing.T) {
	_, err := git.Open(t.Context(), git.Config{URL: "https://example.com/x", Branch: "main", StatusBranch: "main", Dir: t.TempDir()})
	assert.ErrorContains(t, err, "is the watched branch")
}

func TestAStatusBranchThatSomebodyRemovedBeginsAnew(t *testing.T) {
	r := newRemote(t)
	journal := r.open()
	_, _, err := journal.Record(t.Context(), entry("1", "x"))
	require.NoError(t, err)
	r.git("push", "--quiet", "origin", ":weir-status")
	_, _, err = journal.Record(t.Context(), entry("2", "x"))
	require.NoError(t, err)
	assert.Equal(t, []string{"entry 2"}, r.StatusLog())
}

// BenchmarkRecord shows what a record costs against the files on the branch: in
// all, and apart from the time that the git program takes on the server's side.
func BenchmarkRecord(b *testing.B) {
	for _, files := range []int{10, 1_000, 10_000} {
		b.Run(fmt.Sprintf("files=%d", files), func(b *testing.B) {
			server, err := agenttest.NewGitServer(b.TempDir())
			require.NoError(b, err)
			defer func() { _ = server.Close() }()
			require.NoError(b, server.Create(b.Context(), repo))
			journal, err := git.Open(b.Context(), git.Config{URL: server.URL(repo), Dir: b.TempDir()})
			require.NoError(b, err)
			seed := agent.Commit{Message: "seed", Time: entry("", "").Time, Create: map[string][]byte{}}
			for i := range files {
				seed.Create[fmt.Sprintf("decisions/cluster/env/rollout-%d/%d.json", i/10, i)] = fmt.Appendf(nil, `{"seq":%d}`, i)
			}
			_, _, err = journal.Record(b.Context(), seed)
			require.NoError(b, err)
			var began time.Time
			var serving time.Duration
			server.Before(func(*http.Request) agenttest.Fault { began = time.Now(); return agenttest.Serve })
			server.After(func(*http.Request) agenttest.Fault { serving += time.Since(began); return agenttest.Serve })
			i := 0
			for b.Loop() {
				commit := entry(fmt.Sprint(i), "{}")
				commit.Create = map[string][]byte{fmt.Sprintf("decisions/cluster/env/rollout-new/%d.json", i): []byte("{}")}
				commit.Replace = map[string][]byte{"cluster/status.json": fmt.Append(nil, i)}
				if _, _, err := journal.Record(b.Context(), commit); err != nil {
					b.Fatal(err)
				}
				i++
			}
			b.ReportMetric(float64(b.Elapsed()-serving)/float64(b.N), "ours-ns/op")
		})
	}
}

// The status branch grows by some files with each move: the push that came to the limit
// was taken, and then nobody could read the branch any more.
func TestTheStatusBranchGrowsPastTheLimitOfTheWatchedOne(t *testing.T) {
	r := newRemote(t)
	few := func(c *git.Config) { c.Limits = git.Limits{Entries: 4} }
	journal := r.open(few)
	var last string
	for i := range 5 {
		sha, _, err := journal.Record(t.Context(), entry(fmt.Sprint(i), "x"))
		require.NoError(t, err)
		last = sha
	}
	for _, at := range []*git.Repository{journal, r.open(few)} {
		tree, err := at.Read(t.Context())
		require.NoError(t, err)
		there, err := fs.ReadDir(tree, "decisions")
		require.NoError(t, err)
		assert.Len(t, there, 5)
		_, err = at.Open(t.Context(), last)
		require.ErrorContains(t, err, "more than 4 files and folders", "it is no place for what people write")
	}
}
