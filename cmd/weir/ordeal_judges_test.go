package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/agenttest"
)

const (
	judging = "package canary\n\ndeny_all contains \"the auditors are here\" if input.operation in {\"step\", \"promote\"}\n"
	lenient = "package canary\n\ndeny_all contains \"never\" if input.environment == \"nowhere\"\n"
)

// The policies are on another server, behind a password of their own. They hold a
// rollout though the watched repository has others in their place, a commit there lets
// it go, and an agent that cannot read them moves nothing.
func TestPoliciesInARepositoryOfTheirOwnJudge(t *testing.T) {
	t.Parallel()
	o := newOrdeal(t, time.Second, "reviews")
	rules, err := agenttest.NewGitServer(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, rules.Close()) })
	require.NoError(t, rules.Create(t.Context(), "rules"))
	rules.Require("auditor", "hunter2")
	officer, err := agenttest.NewAuthor(t.Context(), rules.AuthorURL("rules"), filepath.Join(t.TempDir(), "clone"), "Olga Officer")
	require.NoError(t, err)
	rule := func(text string) {
		_, err := officer.Publish(t.Context(), "the rules", map[string]string{"policies/rules.rego": text})
		require.NoError(t, err)
	}
	rule(judging)
	login := t.TempDir()
	for name, text := range map[string]string{"username": "auditor", "password": "hunter2"} {
		require.NoError(t, os.WriteFile(filepath.Join(login, name), []byte(text), 0o600))
	}
	start := func() *process {
		return o.starts("--policies-repo", rules.URL("rules"), "--policies-git-credentials", login)
	}

	o.commit("policies, of which none here judges", map[string]string{
		"weir.yaml": delivery("  policies: {path: policies, packages: [canary]}\n"), "policies/rules.rego": lenient,
	})
	first := start()
	o.settles("reviews", 0, "Healthy")
	o.wants(100, "reviews")
	first.says("the auditors are here")
	assert.Equal(t, along(0), o.Path("reviews"))

	rules.Away(true)
	first.kill()
	second := start()
	second.says("reading the policies that were in force")
	assert.Equal(t, along(0), o.Path("reviews"))
	rules.Away(false)
	second.says("the auditors are here")

	rule(lenient)
	o.settles("reviews", 100, "Healthy")
	assert.NotContains(t, first.log.text()+second.log.text(), "hunter2")
	o.Holds(4 * time.Minute)
}
