package git_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/git"
)

func TestAURLThatCouldDoHarmIsRefusedWithAHint(t *testing.T) {
	credentials := secretFolder(t, map[string]string{"password": "x"})
	for address, want := range map[string]string{
		"":                                      "it is empty",
		"--upload-pack=touch /tmp/x":            "begins with a dash",
		"-oProxyCommand=x":                      "begins with a dash",
		"git@github.com:org/repo.git":           "ssh://git@host/path",
		"github.com/org/repo":                   "it has no scheme",
		"git://example.com/x":                   "not supported",
		"ext://sh -c x":                         "not a URL",
		"ftp://example.com/x":                   "not supported",
		"file:///srv/git/x":                     "file:// is not allowed",
		"https://weir:hunter2@example.com/x":    "credentials do not belong into the URL",
		"https://hunter2@example.com/x":         "credentials do not belong into the URL",
		"ssh://git:hunter2@example.com/x":       "a password does not belong into the URL",
		"ssh://-oProxyCommand=hunter2@host/x":   "begins with a dash",
		"ssh://git@host/~/-x":                   "its path begins with a dash",
		"ssh://git@-oProxyCommand=x/x":          "it names no host",
		"http://git.example.com/x":              "clear text",
		"https:///x":                            "it names no host",
		"https://example.com":                   "it names no repository",
		"https://example.com/":                  "it names no repository",
		"https://example.com/x?private=hunter2": "may not have a query",
		"https://example.com/x#hunter2":         "may not have a query",
		"https://example.com:99999/x":           "is not a port",
		"https://example.com/x\n":               "not a URL",
		"https://example.com/%0ahunter2":        "control character",
		"https://exa mple.com/x":                "not a URL",
		"https://[::1/x":                        "not a URL",
		"https://weir:hunter2%zz@example.com/x": "not a URL",
	} {
		_, err := git.Open(t.Context(), git.Config{URL: address, Dir: t.TempDir(), Credentials: credentials})
		if assert.ErrorContains(t, err, want, address) {
			assert.NotContains(t, err.Error(), "hunter2")
		}
	}
}

func TestAURLThatIsRightOpensWithoutAskingTheServer(t *testing.T) {
	credentials := secretFolder(t, map[string]string{"password": "x"})
	for _, address := range []string{
		"https://git.example.invalid/org/repo.git", "https://git.example.invalid:8443/a%20b",
		"http://127.0.0.1:1/x", "http://localhost/x", "http://[::1]:8080/x",
		"ssh://git@git.example.invalid:2222/org/it's.git", "ssh://git.example.invalid/x",
	} {
		_, err := git.Open(t.Context(), git.Config{URL: address, Dir: t.TempDir(), Credentials: credentials})
		assert.NoError(t, err, address)
	}
	_, err := git.Open(t.Context(), git.Config{URL: "http://git.example.com/public", Dir: t.TempDir()})
	assert.NoError(t, err, "without credentials nothing is given away")
	_, err = git.Open(t.Context(), git.Config{URL: "file:///-x", Dir: t.TempDir(), AllowFile: true})
	assert.NoError(t, err)
	_, err = git.Open(t.Context(), git.Config{URL: "file://host/x", Dir: t.TempDir(), AllowFile: true})
	assert.Error(t, err)
}

func TestABranchNameThatGitDoesNotAllowIsRefused(t *testing.T) {
	for _, branch := range []string{"-x", "a..b", "a b", "refs/heads/main", "a.lock", "x/", "a\nb", "@{x"} {
		_, err := git.Open(t.Context(), git.Config{URL: "https://example.com/x", Branch: branch, Dir: t.TempDir()})
		require.Error(t, err, branch)
		_, err = git.Open(t.Context(), git.Config{URL: "https://example.com/x", StatusBranch: branch, Dir: t.TempDir()})
		require.Error(t, err, branch)
	}
}
