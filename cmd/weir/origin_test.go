package main

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnOriginsAddressIsWhatTheAdapterWants(t *testing.T) {
	for remote, want := range map[string]string{
		"git@git.example.com:shop/it.git":      "ssh://git@git.example.com/~/shop/it.git",
		"../shop.git":                          "file:///srv/clones/shop.git",
		"shop.git":                             "file:///srv/clones/web/shop.git",
		"git.example.com:/shop.git":            "ssh://git@git.example.com/shop.git",
		"ssh://me@git.example.com:2222/a":      "ssh://me@git.example.com:2222/a",
		"https://git.example.com/shop.git":     "https://git.example.com/shop.git",
		"https://tok:en@git.example.com/a.git": "https://git.example.com/a.git",
		"/srv/shop.git":                        "file:///srv/shop.git",
		"file:///srv/shop.git":                 "file:///srv/shop.git",
	} {
		got, login := address(remote, "/srv/clones/web")
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
	helped := cloneOf(t, "credential.helper", `!f() { test "$1" = get && sed -n 's/^username=//p' | { read who; printf "username=%s\npassword=hunter2\n" "${who:-eve}"; }; }; f`)
	said := func(login *url.Userinfo) string {
		password, _ := login.Password()
		return login.Username() + " " + password
	}
	const address = "https://git.example.com/shop.git"
	assert.Equal(t, "eve hunter2", said(fill(t.Context(), helped.dir, address, nil)))
	assert.Equal(t, "dana hunter2", said(fill(t.Context(), helped.dir, address, url.User("dana"))), "a name alone is no login yet")
	assert.Equal(t, "dana own", said(fill(t.Context(), helped.dir, address, url.UserPassword("dana", "own"))))
	assert.Nil(t, fill(t.Context(), helped.dir, "http://git.example.com/shop.git", nil), "not in clear text")
	assert.Nil(t, fill(t.Context(), helped.dir, "ssh://git@git.example.com/shop.git", nil))
	assert.Nil(t, fill(t.Context(), cloneOf(t).dir, address, nil), "without a helper nobody is asked")
}

func TestTheAddressIsTheOneThatGitGoesTo(t *testing.T) {
	c := cloneOf(t, "remote.origin.url", "forge:shop.git", "url.https://git.example.com/.insteadOf", "forge:")
	assert.Equal(t, "https://git.example.com/shop.git", c.remote(t.Context(), "forge:shop.git"))
}

// configured is git's configuration in a clone with these options.
func configured(t *testing.T, options ...string) settings {
	t.Helper()
	c, err := settingsOf(t.Context(), cloneOf(t, options...).dir)
	require.NoError(t, err)
	return c
}

func TestWhoAsksIsWhoCommits(t *testing.T) {
	t.Setenv("GIT_AUTHOR_NAME", "")
	t.Setenv("GIT_AUTHOR_EMAIL", "")
	who, err := configured(t, "user.name", "Eve", "user.email", "eve@example.com").identity()
	require.NoError(t, err)
	assert.Equal(t, "Eve <eve@example.com>", person(who))
	who, err = configured(t, "user.name", "Eve", "user.email", "eve@example.com", "author.email", "eve@work.example.com").identity()
	require.NoError(t, err)
	assert.Equal(t, "Eve <eve@work.example.com>", person(who))
	for _, options := range [][]string{{}, {"user.name", "Eve"}, {"user.name", "Eve <dana@example.com>", "user.email", "eve@example.com"}} {
		_, err = configured(t, options...).identity()
		assert.ErrorContains(t, err, "nobody can tell who asks")
	}
}

// Many have their address at work in a file that the first one includes.
func TestWhoAsksIsFoundInWhatTheConfigurationIncludes(t *testing.T) {
	t.Setenv("GIT_AUTHOR_NAME", "")
	t.Setenv("GIT_AUTHOR_EMAIL", "")
	c := cloneOf(t)
	home := t.TempDir()
	for name, text := range map[string]string{
		".gitconfig": "[user]\n\tname = Eve\n\temail = eve@home.example.com\n\tsigningkey = ~/id.pub\n[gpg]\n\tformat = ssh\n[commit]\n\tgpgsign\n[include]\n\tpath = work\n",
		"work":       "[user]\n\temail = eve@example.com\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(home, name), []byte(text), 0o600))
	}
	t.Setenv("HOME", home)
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(home, ".gitconfig"))
	config, err := settingsOf(t.Context(), c.dir)
	require.NoError(t, err)
	who, err := config.identity()
	require.NoError(t, err)
	assert.Equal(t, "Eve <eve@example.com>", person(who))
	assert.Equal(t, signing{key: "~/id.pub", program: "ssh-keygen", always: true}, signingOf(config))
}
