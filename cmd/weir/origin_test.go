package main

import (
	"os/exec"
	"testing"

	"github.com/go-git/go-git/v5/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnOriginsAddressIsWhatTheAdapterWants(t *testing.T) {
	for remote, want := range map[string]string{
		"git@git.example.com:shop/it.git":      "ssh://git@git.example.com/shop/it.git",
		"git.example.com:/shop.git":            "ssh://git@git.example.com/shop.git",
		"ssh://me@git.example.com:2222/a":      "ssh://me@git.example.com:2222/a",
		"https://git.example.com/shop.git":     "https://git.example.com/shop.git",
		"https://tok:en@git.example.com/a.git": "https://git.example.com/a.git",
		"/srv/shop.git":                        "file:///srv/shop.git",
		"file:///srv/shop.git":                 "file:///srv/shop.git",
	} {
		got, login := address(remote)
		assert.Equal(t, want, got)
		if password, has := login.Password(); has {
			assert.Equal(t, "en", password)
		}
	}
}

// cloneOf makes a repository and sets its options by name and value.
func cloneOf(t *testing.T, options ...string) *clone {
	t.Helper()
	t.Setenv("GIT_CONFIG_GLOBAL", "/dev/null")
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	t.Setenv("HOME", t.TempDir())
	dir := t.TempDir()
	require.NoError(t, exec.Command("git", "init", "-q", dir).Run())
	for i := 0; i < len(options); i += 2 {
		require.NoError(t, exec.Command("git", "-C", dir, "config", options[i], options[i+1]).Run())
	}
	c, err := openClone(dir)
	require.NoError(t, err)
	return c
}

func TestTheCredentialsAreThoseThatGitWouldUse(t *testing.T) {
	helped := cloneOf(t, "credential.helper", `!f() { test "$1" = get && printf 'username=eve\npassword=hunter2\n'; }; f`)
	login := fill(t.Context(), helped, "https://git.example.com/shop.git")
	require.NotNil(t, login)
	password, _ := login.Password()
	assert.Equal(t, "eve hunter2", login.Username()+" "+password)
	assert.Nil(t, fill(t.Context(), helped, "http://git.example.com/shop.git"), "not in clear text")
	assert.Nil(t, fill(t.Context(), helped, "ssh://git@git.example.com/shop.git"))
	assert.Nil(t, fill(t.Context(), cloneOf(t), "https://git.example.com/shop.git"), "without a helper nobody is asked")
}

// configured is git's configuration in a clone with these options.
func configured(t *testing.T, options ...string) *config.Config {
	t.Helper()
	c, err := configOf(cloneOf(t, options...))
	require.NoError(t, err)
	return c
}

func TestWhoAsksIsWhoCommits(t *testing.T) {
	t.Setenv("GIT_AUTHOR_NAME", "")
	t.Setenv("GIT_AUTHOR_EMAIL", "")
	who, err := identityOf(configured(t, "user.name", "Eve", "user.email", "eve@example.com"))
	require.NoError(t, err)
	assert.Equal(t, "Eve <eve@example.com>", person(who))
	who, err = identityOf(configured(t, "user.name", "Eve", "user.email", "eve@example.com", "author.email", "eve@work.example.com"))
	require.NoError(t, err)
	assert.Equal(t, "Eve <eve@work.example.com>", person(who))
	for _, options := range [][]string{{}, {"user.name", "Eve"}, {"user.name", "Eve <dana@example.com>", "user.email", "eve@example.com"}} {
		_, err = identityOf(configured(t, options...))
		assert.ErrorContains(t, err, "nobody can tell who asks")
	}
}
