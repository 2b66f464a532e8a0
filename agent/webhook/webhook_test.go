package webhook_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/webhook"
	"github.com/weir-delivery/weir/rollout"
)

// gate is a real HTTP server, and what it was asked.
func gate(t *testing.T, answer http.HandlerFunc) (server *httptest.Server, asked *[]string) {
	t.Helper()
	asked = &[]string{}
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		*asked = append(*asked, r.Method+" "+r.URL.String()+" "+string(body))
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return server, asked
}

func call(url string) rollout.Call {
	return rollout.Call{
		Webhook: rollout.Webhook{Name: "gate", Type: rollout.ConfirmRollout, URL: url, Metadata: map[string]string{"team": "shop"}},
		Rollout: rollout.Name{Environment: "production", Namespace: "bookinfo", Plan: "reviews"}, Phase: rollout.Progressing, Journey: "0123456789ab",
	}
}

func says(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

func TestAGateIsAskedAsFlaggerAsksIt(t *testing.T) {
	server, asked := gate(t, says(http.StatusOK, ""))
	w, err := webhook.New([]string{"127.0.0.1"})
	require.NoError(t, err)
	yes, why, err := w.Ask(t.Context(), call(server.URL+"/gate/check?team=shop"))
	require.NoError(t, err)
	assert.True(t, yes)
	assert.Equal(t, "200 OK", why)
	require.Len(t, *asked, 1)
	assert.True(t, strings.HasPrefix((*asked)[0], "POST /gate/check?team=shop {"))
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(strings.SplitN((*asked)[0], " ", 3)[2]), &got))
	assert.Equal(t, map[string]any{
		"name": "reviews", "namespace": "bookinfo", "phase": "Progressing", "checksum": "0123456789ab", "metadata": map[string]any{"team": "shop"},
	}, got)
}

func TestAGateThatDoesNotSayYesSaysNo(t *testing.T) {
	w, err := webhook.New([]string{"127.0.0.1"})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		status    int
		text, why string
	}{
		"closed":       {http.StatusForbidden, "Forbidden", "403 Forbidden: Forbidden"},
		"broken":       {http.StatusInternalServerError, "a\nb\x1b[31m", "500 Internal Server Error: a b"},
		"elsewhere":    {http.StatusFound, "", "302 Found"},
		"long answers": {http.StatusTeapot, strings.Repeat("x", 1<<20), "418 I'm a teapot: xxx"},
	} {
		server, asked := gate(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1/open")
			says(c.status, c.text)(w, r)
		})
		yes, why, err := w.Ask(t.Context(), call(server.URL))
		require.NoError(t, err, name)
		assert.False(t, yes, name)
		assert.True(t, strings.HasPrefix(why, c.why), "%s: %q", name, why)
		assert.Less(t, len(why), 300, name)
		assert.Len(t, *asked, 1, "%s: nobody is sent elsewhere", name)
	}
}

func TestSilenceIsAnError(t *testing.T) {
	w, err := webhook.New([]string{"127.0.0.1"})
	require.NoError(t, err)
	until := make(chan struct{})
	server, _ := gate(t, func(http.ResponseWriter, *http.Request) { <-until })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, _, err = w.Ask(ctx, call(server.URL+"?token=secret"))
	close(until)
	require.ErrorContains(t, err, "no answer in time")
	assert.NotContains(t, err.Error(), "secret")

	server.Close()
	_, _, err = w.Ask(t.Context(), call(server.URL+"?token=secret"))
	require.ErrorContains(t, err, "connection refused")
	assert.NotContains(t, err.Error(), "secret")
}

// A plan is written by whoever may merge, and the agent stands inside the cluster.
func TestOnlyNamedHostsAreAsked(t *testing.T) {
	server, asked := gate(t, says(http.StatusOK, ""))
	host := strings.TrimPrefix(server.URL, "http://")
	for _, allowed := range []string{"gates.example.com", "127.0.0.1:1", "localhost"} {
		w, err := webhook.New([]string{allowed})
		require.NoError(t, err)
		_, _, err = w.Ask(t.Context(), call(server.URL))
		assert.EqualError(t, err, "host "+host+" is none of those that the agent may ask (--webhook-hosts)")
	}
	assert.Empty(t, *asked)
	w, err := webhook.New([]string{"gates.example.com", host})
	require.NoError(t, err)
	yes, _, err := w.Ask(t.Context(), call(server.URL))
	require.NoError(t, err)
	assert.True(t, yes)
	for _, wrong := range []string{"", "http://gates.example.com", "gates.example.com/path", "ann@gates.example.com", "gates example", ":80"} {
		_, err := webhook.New([]string{wrong})
		assert.Error(t, err, wrong)
	}
}
