package webhook_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/agenttest"
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

// gates are real HTTP servers, one for each name.
type gates struct {
	server *httptest.Server
	mu     sync.Mutex
	says   map[string]http.HandlerFunc
	asked  []rollout.Call
}

func newGates(t *testing.T) *gates {
	t.Helper()
	g := &gates{says: map[string]http.HandlerFunc{}}
	ended := make(chan struct{})
	g.says[""] = func(http.ResponseWriter, *http.Request) { <-ended }
	g.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var p struct {
			Name, Namespace, Phase, Checksum string
			Metadata                         map[string]string
		}
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&p))
		g.mu.Lock()
		g.asked = append(g.asked, rollout.Call{
			Webhook: rollout.Webhook{Metadata: p.Metadata}, Rollout: rollout.Name{Namespace: p.Namespace, Plan: p.Name},
			Phase: rollout.Phase(p.Phase), Journey: rollout.ID(p.Checksum),
		})
		answer := g.says[strings.TrimPrefix(r.URL.Path, "/")]
		g.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(func() {
		close(ended)
		g.server.Close()
	})
	return g
}

func (g *gates) At(name string) string { return g.server.URL + "/" + name }

func (g *gates) Say(name string, status int, text string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.says[name] = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "/elsewhere")
		says(status, text)(w, r)
	}
	if status == 0 {
		g.says[name] = g.says[""]
	}
}

func (g *gates) Asked() []rollout.Call {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked
}

func TestWebhooksKeepTheirPromises(t *testing.T) {
	w, err := webhook.New([]string{"127.0.0.1"})
	require.NoError(t, err)
	agenttest.TestWebhooks(t, w, newGates(t))
}

func TestAGateThatIsNotThereIsAnError(t *testing.T) {
	w, err := webhook.New([]string{"127.0.0.1"})
	require.NoError(t, err)
	server, _ := gate(t, says(http.StatusOK, ""))
	server.Close()
	_, _, err = w.Ask(t.Context(), call(server.URL+"?token=secret"))
	require.ErrorContains(t, err, "connection refused")
	assert.NotContains(t, err.Error(), "secret")
}

// What a gate says stands in a rollout's state, which has little room.
func TestAStatusLineWithoutEndIsCutBetweenLetters(t *testing.T) {
	long := strings.Repeat("€", 10_000)
	yes, why, err := answered(t, "HTTP/1.1 200 "+long+"\r\nContent-Length: 5\r\n\r\nalarm")
	require.NoError(t, err)
	assert.True(t, yes)
	assert.Regexp(t, "^200 €{50,70}…: alarm$", why)
	_, _, err = answered(t, "HTTP/1.1 "+long+"\r\n\r\n")
	require.Error(t, err)
	assert.Regexp(t, "malformed HTTP .*€{30,70}…$", err.Error())
}

// answered is what is made of the bytes that a server answers with.
func answered(t *testing.T, bytes string) (yes bool, why string, err error) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { assert.NoError(t, listener.Close()) }()
	go func() {
		conn, err := listener.Accept()
		if !assert.NoError(t, err) {
			return
		}
		_, _ = http.ReadRequest(bufio.NewReader(conn))
		_, _ = io.WriteString(conn, bytes)
		_ = conn.Close()
	}()
	w, err := webhook.New([]string{"127.0.0.1"})
	require.NoError(t, err)
	return w.Ask(t.Context(), call("http://"+listener.Addr().String()))
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
