package git_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/git"
)

func proposal(name string) git.Proposal {
	return git.Proposal{
		Author: git.Identity{Name: "Bert", Email: "bert@example.com"},
		Commit: agent.Commit{
			Message: "approve " + name, Time: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
			Create: map[string][]byte{"approvals/" + name + ".yaml": []byte("verb: approve\n")},
		},
	}
}

func TestAProposalIsOneCommitOfThatPersonOnTheWatchedBranch(t *testing.T) {
	r := newRemote(t)
	tip := r.Commit(map[string]string{"a": "1"})
	source := r.open()
	sha, err := source.Propose(t.Context(), proposal("a"))
	require.NoError(t, err)
	r.git("fetch", "--quiet", "origin", "main")
	assert.Equal(t, sha+" "+tip+" Bert <bert@example.com> Bert approve a", r.git("log", "-1", "--format=%H %P %an <%ae> %cn %s", "FETCH_HEAD"))
	assert.Equal(t, "A\tapprovals/a.yaml", r.git("diff", "--name-status", "FETCH_HEAD^", "FETCH_HEAD"))
	assert.Equal(t, "", r.git("fsck", "--strict", "--no-dangling"))
	authors, err := source.Authors(t.Context(), sha, []string{"approvals/a.yaml"})
	require.NoError(t, err)
	assert.Equal(t, bert, authors["approvals/a.yaml"].Author)
}

func TestAProposalThatLosesARaceIsPutOnTopOfTheOther(t *testing.T) {
	r := newRemote(t)
	var once sync.Once
	var theirs string
	r.server.Before(func(request *http.Request) agenttest.Fault {
		if agenttest.IsPush(request) {
			once.Do(func() { theirs = r.Commit(map[string]string{"theirs": "1"}) })
		}
		return agenttest.Serve
	})
	sha, err := r.open().Propose(t.Context(), proposal("a"))
	require.NoError(t, err)
	r.git("fetch", "--quiet", "origin", "main")
	assert.Equal(t, sha+" "+theirs, r.git("log", "-1", "--format=%H %P", "FETCH_HEAD"))
	assert.Equal(t, "1", r.git("show", "FETCH_HEAD:theirs"))
}

func TestManyProposalsAtOnceAllArrive(t *testing.T) {
	r := newRemote(t)
	done := make(chan error)
	for i := range 4 {
		source := r.open()
		go func() { _, err := source.Propose(t.Context(), proposal(fmt.Sprint(i))); done <- err }()
	}
	for range 4 {
		require.NoError(t, <-done)
	}
	r.git("fetch", "--quiet", "origin", "main")
	assert.Equal(t, "5", r.git("rev-list", "--count", "FETCH_HEAD"))
}

func TestAProposalOnABranchOfItsOwnBeginsAtTheWatchedOne(t *testing.T) {
	r := newRemote(t)
	tip := r.git("rev-parse", "HEAD")
	source, one, two := r.open(), proposal("a"), proposal("b")
	one.Branch, two.Branch = "ask/reviews", "ask/reviews"
	first, err := source.Propose(t.Context(), one)
	require.NoError(t, err)
	second, err := source.Propose(t.Context(), two)
	require.NoError(t, err)
	r.git("fetch", "--quiet", "origin", "ask/reviews", "main")
	assert.Equal(t, second+"\n"+first+"\n"+tip, r.git("log", "-3", "--format=%H", second))
	assert.Equal(t, tip, r.git("ls-remote", "origin", "refs/heads/main")[:40], "the watched branch stays")
	one.Branch = "weir-status"
	_, err = source.Propose(t.Context(), one)
	assert.ErrorContains(t, err, "the status branch, which weir alone writes")
	one.Branch = "-x"
	_, err = source.Propose(t.Context(), one)
	assert.Error(t, err)
}

func TestAProposalThatTheServerRefusesSaysSo(t *testing.T) {
	r := newRemote(t)
	hook := filepath.Join(r.server.Path(repo), "hooks", "pre-receive")
	require.NoError(t, os.MkdirAll(filepath.Dir(hook), 0o700))
	require.NoError(t, os.WriteFile(hook, []byte("#!/bin/sh\nexit 1\n"), 0o700)) //nolint:gosec // a hook is run
	_, err := r.open().Propose(t.Context(), proposal("a"))
	assert.True(t, errors.Is(err, git.ErrRefused), "%v", err)
	r.Away(true)
	_, err = r.open().Propose(t.Context(), proposal("a"))
	assert.Error(t, err)
	assert.False(t, errors.Is(err, git.ErrRefused))
}
