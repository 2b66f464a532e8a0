package git_test

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/git"
)

const secret = "tok/en+s3cret"

// secretFolder writes files as a mounted Secret has them.
func secretFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	return dir
}

func withCredentials(dir string) func(*git.Config) {
	return func(c *git.Config) { c.Credentials = dir }
}

func TestCredentialsAreReadFromFilesAnewEachTime(t *testing.T) {
	r := newRemote(t)
	r.server.Require("weir", secret)
	dir := secretFolder(t, map[string]string{"username": "weir\n", "password": secret + "\n"})
	repository := r.open(withCredentials(dir))
	_, err := repository.Fetch(t.Context())
	require.NoError(t, err)
	_, _, err = repository.Record(t.Context(), entry("1", "x"))
	require.NoError(t, err)

	r.server.Require("weir", "rotated")
	_, err = repository.Fetch(t.Context())
	require.ErrorContains(t, err, "the server wants other credentials")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "password"), []byte("rotated"), 0o600))
	_, err = repository.Fetch(t.Context())
	require.NoError(t, err)
}

func TestATokenNeedsNoUserNameAndABearerTokenIsSentAsOne(t *testing.T) {
	var header string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header = r.Header.Get("Authorization")
		http.Error(w, "", http.StatusForbidden)
	}))
	t.Cleanup(server.Close)
	for want, files := range map[string]map[string]string{
		"Basic " + base64.StdEncoding.EncodeToString([]byte("git:"+secret)): {"password": secret},
		"Bearer " + secret: {"bearerToken": secret},
	} {
		source := openURL(t, server.URL+"/x.git", secretFolder(t, files))
		_, err := source.Fetch(t.Context())
		assert.ErrorContains(t, err, "give the token access")
		assert.Equal(t, want, header)
	}
	for want, files := range map[string]map[string]string{
		"keep one":  {"password": secret, "bearerToken": "other"},
		"neither a": {"username": "weir"},
	} {
		_, err := openURL(t, server.URL+"/x.git", secretFolder(t, files)).Fetch(t.Context())
		assert.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), secret)
	}
}

func openURL(t *testing.T, address, credentials string) *git.Repository {
	t.Helper()
	repository, err := git.Open(t.Context(), git.Config{URL: address, Dir: t.TempDir(), Credentials: credentials})
	require.NoError(t, err)
	return repository
}

func TestNoErrorEverHoldsTheSecret(t *testing.T) {
	basic := base64.StdEncoding.EncodeToString([]byte("weir:" + secret))
	forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), basic}
	dir := secretFolder(t, map[string]string{"username": "weir", "password": secret})
	for _, status := range []int{200, 400, 401, 403, 404, 418, 500} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			// A server, or a proxy on the way, that repeats what it was sent.
			page := "you sent " + strings.Join(forms, " ") + " in Authorization: " + r.Header.Get("Authorization") +
				" to https://weir:" + secret + "@host/x\n" + strings.Repeat("page\n", 1000)
			if status == http.StatusOK { // the Git protocol's own way to say it
				page = page[:800]
				_, _ = fmt.Fprintf(w, "%04xERR %s", len(page)+8, page)
				return
			}
			http.Error(w, page, status)
		}))
		repository := openURL(t, server.URL+"/x.git", dir)
		_, fetching := repository.Fetch(t.Context())
		_, _, recording := repository.Record(t.Context(), entry("1", "x"))
		server.Close()
		for _, err := range []error{fetching, recording} {
			require.Error(t, err)
			for at := err; at != nil; at = errors.Unwrap(at) {
				for _, form := range forms {
					assert.NotContains(t, at.Error(), form)
				}
				assert.NotContains(t, at.Error(), "\n")
				assert.Less(t, len(at.Error()), 1000)
			}
		}
	}
}

func TestARedirectNeverCarriesTheCredentialsElsewhere(t *testing.T) {
	var mu sync.Mutex
	var seen []http.Header
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, r.Header.Clone())
		http.Error(w, "", http.StatusUnauthorized)
	}))
	t.Cleanup(other.Close)
	port := other.URL[strings.LastIndex(other.URL, ":"):]
	dir := secretFolder(t, map[string]string{"username": "weir", "password": secret})
	for _, target := range []string{"http://localhost" + port, "http://127.0.0.1" + port} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, target+r.URL.Path+"?"+r.URL.RawQuery, http.StatusFound)
		}))
		repository := openURL(t, server.URL+"/x.git", dir)
		_, fetching := repository.Fetch(t.Context())
		_, _, recording := repository.Record(t.Context(), entry("1", "x"))
		server.Close()
		assert.Error(t, fetching)
		assert.Error(t, recording)
		if strings.Contains(target, "localhost") {
			assert.ErrorContains(t, fetching, "redirects to another host, localhost"+port)
			assert.Empty(t, seen, "another host was asked at all")
		}
	}
	require.NotEmpty(t, seen, "another port of the host is followed")
	for _, header := range seen {
		assert.Empty(t, header["Authorization"])
	}
}

func TestAPrivateCertificateAuthorityIsTrustedWhenItIsGiven(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	_, err := openURL(t, server.URL+"/x.git", "").Fetch(t.Context())
	assert.ErrorContains(t, err, "certificate")
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	_, err = openURL(t, server.URL+"/x.git", secretFolder(t, map[string]string{"ca.crt": string(ca), "password": "x"})).Fetch(t.Context())
	assert.ErrorContains(t, err, "there is no such repository")
	_, err = git.Open(t.Context(), git.Config{
		URL: server.URL + "/x.git", Dir: t.TempDir(), Credentials: secretFolder(t, map[string]string{"ca.crt": "nonsense"}),
	})
	assert.ErrorContains(t, err, "holds no certificate")
}

func TestAServerThatHangsIsGivenUpInTime(t *testing.T) {
	r := newRemote(t)
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	r.server.Before(func(*http.Request) agenttest.Fault { <-release; return agenttest.BreakOff })
	source := r.open(func(c *git.Config) { c.Timeout = 50 * time.Millisecond })
	_, err := source.Fetch(t.Context())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.ErrorContains(t, err, "the server did not answer within 50ms")

	source = r.open() // a minute is for what is sent, not for a word
	source.Hurry(60 * time.Millisecond)
	_, err = source.Fetch(t.Context())
	assert.ErrorContains(t, err, "the server did not answer within 60ms")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = r.open().Record(ctx, entry("1", "x"))
	assert.ErrorIs(t, err, context.Canceled)
}
