package git_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/weir-delivery/weir/agent/git"
)

const (
	ada  = "Ada <ada@example.com>"
	bert = "Bert <bert@example.com>"
)

func TestAnAuthorOfLongAgoIsFoundInThreeStepsAndNoMore(t *testing.T) {
	for _, filter := range []string{"true", "false"} {
		t.Run("filter "+filter, func(t *testing.T) {
			t.Parallel()
			r := newRemote(t)
			require.NoError(t, r.server.Configure(t.Context(), repo, "uploadpack.allowFilter", filter))
			r.CommitBy(ada, map[string]string{"approvals/old": "1"})
			r.Idle(1100)
			tip := r.CommitBy(bert, map[string]string{"approvals/new": "1"})
			source := r.open()
			authors, err := source.Authors(t.Context(), tip, []string{"approvals/new"})
			require.NoError(t, err)
			assert.Equal(t, bert, authors["approvals/new"].Author)
			assert.Equal(t, 1, source.Transfers())
			authors, err = source.Authors(t.Context(), tip, []string{"approvals/new", "approvals/old"})
			require.NoError(t, err)
			assert.Equal(t, ada, authors["approvals/old"].Author)
			assert.Equal(t, 4, source.Transfers(), "fifty commits are not fetched again where they are not enough")
			revision, err := source.Fetch(t.Context())
			require.NoError(t, err)
			content, err := revision.Tree.Open("approvals/old")
			require.NoError(t, err, "a history without contents is no revision")
			require.NoError(t, content.Close())
		})
	}
}

func TestTheHistoryComesWithoutTheContentsOfFiles(t *testing.T) {
	r := newRemote(t)
	require.NoError(t, r.server.Configure(t.Context(), repo, "uploadpack.allowFilter", "true"))
	r.CommitBy(ada, map[string]string{"approvals/old": "1"})
	for i := range 5 {
		r.Commit(map[string]string{"big": strings.Repeat(fmt.Sprintf("%d %x\n", i, i*7919), 100_000)})
	}
	tip := r.git("rev-parse", "HEAD")
	dir := filepath.Join(t.TempDir(), "objects")
	source := r.open(func(c *git.Config) { c.Dir, c.Limits.ObjectBytes = dir, 1<<20/4 })
	authors, err := source.Authors(t.Context(), tip, []string{"approvals/old"})
	require.NoError(t, err, "an object that is too large is not asked for")
	assert.Equal(t, ada, authors["approvals/old"].Author)
	_, err = source.Fetch(t.Context())
	assert.ErrorContains(t, err, "the limit is 0 MiB")
}

func TestAMergeThatWritesWhatNoParentHadIsItsAuthors(t *testing.T) {
	r := newRemote(t)
	base := r.Commit(map[string]string{"a": "1", "run.sh": "1"})
	r.git("checkout", "--quiet", "-b", "side")
	r.commit(map[string]string{"side": "1"})
	r.git("checkout", "--quiet", "main")
	r.git("merge", "--quiet", "--no-ff", "--no-commit", "side")
	back := r.as(bert)
	tip := r.Commit(map[string]string{"a": "smuggled in"})
	back()
	require.Equal(t, base, r.git("rev-parse", tip+"^1"))
	require.NotEmpty(t, r.git("rev-parse", tip+"^2"))
	require.NoError(t, os.Chmod(filepath.Join(r.author.Dir(), "run.sh"), 0o700)) //nolint:gosec // that is the point
	tip = r.CommitBy(ada, nil)
	authors, err := r.open().Authors(t.Context(), tip, []string{"a", "run.sh", "side"})
	require.NoError(t, err)
	assert.Equal(t, bert, authors["a"].Author)
	assert.Equal(t, "Ada Dev <ada.dev@example.com>", authors["run.sh"].Author, "another mode is no other content")
	assert.Equal(t, "Ada Dev <ada.dev@example.com>", authors["side"].Author)
}

func TestAFileBehindTheEndOfTheHistoryHasNoAuthorAndTheOthersHave(t *testing.T) {
	r := newRemote(t)
	r.CommitBy(ada, map[string]string{"approvals/old": "1"})
	r.Idle(3)
	tip := r.CommitBy(bert, map[string]string{"approvals/new": "1"})
	// The server is a shallow clone itself.
	shallow := filepath.Join(t.TempDir(), "shallow.git")
	r.git("clone", "--quiet", "--bare", "--depth", "2", "file://"+r.server.Path(repo), shallow)
	source := r.open(func(c *git.Config) { c.URL, c.AllowFile = "file://"+shallow, true })
	authors, err := source.Authors(t.Context(), tip, []string{"approvals/old", "approvals/new"})
	assert.ErrorContains(t, err, "approvals/old: the history that the server gives ends before the commit that wrote it")
	assert.ErrorContains(t, err, "write them anew")
	assert.NotContains(t, err.Error(), "approvals/new")
	assert.Equal(t, bert, authors["approvals/new"].Author)
	assert.NotContains(t, authors, "approvals/old", "who is not known approves nothing")
	before := source.Transfers()
	_, err = source.Authors(t.Context(), tip, []string{"approvals/old"})
	assert.ErrorContains(t, err, "approvals/old")
	assert.Equal(t, before, source.Transfers(), "what the server does not have is not asked for at each look")
}

func TestACommitThatAForcePushTookAwayHasNoAuthors(t *testing.T) {
	r := newRemote(t)
	base := r.git("rev-parse", "HEAD")
	gone := r.CommitBy(ada, map[string]string{"approvals/a": "1"})
	r.Reset(base)
	r.CommitBy(bert, map[string]string{"b": "1"})
	authors, err := r.open().Authors(t.Context(), gone, []string{"approvals/a"})
	assert.ErrorContains(t, err, "not in the history that the server gives")
	assert.Empty(t, authors)
}

func TestOverSSHTheHistoryIsDeepenedToo(t *testing.T) {
	r := newRemote(t)
	host, _ := newKey(t)
	client, private := newKey(t)
	address := serveSSH(t, host, client.PublicKey())
	source := r.open(func(c *git.Config) {
		c.URL = "ssh://git@" + address + r.server.Path(repo)
		c.Credentials = secretFolder(t, map[string]string{
			"ssh-privatekey": private,
			"known_hosts":    knownhosts.Line([]string{knownhosts.Normalize(address)}, host.PublicKey()) + "\n",
		})
	})
	r.CommitBy(ada, map[string]string{"approvals/old": "1"})
	tip := r.Idle(55)
	authors, err := source.Authors(t.Context(), tip, []string{"approvals/old"})
	require.NoError(t, err)
	assert.Equal(t, ada, authors["approvals/old"].Author)
	assert.Equal(t, 2, source.Transfers())
}
