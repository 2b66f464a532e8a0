package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/weir-delivery/weir/rollout"
)

// gates is a server of gates, as those that people run for Flagger.
type gates struct {
	*httptest.Server
	confirms, alarms atomic.Bool
	asked            atomic.Value // the last question
}

func newGates(t *testing.T) *gates {
	t.Helper()
	g := &gates{}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var question map[string]any
		if json.NewDecoder(r.Body).Decode(&question) != nil || r.Method != http.MethodPost {
			http.Error(w, "no question", http.StatusBadRequest)
			return
		}
		g.asked.Store(question)
		open := map[string]*atomic.Bool{"/confirm": &g.confirms, "/alarm": &g.alarms}[r.URL.Path]
		if open == nil || !open.Load() {
			http.Error(w, "not now", http.StatusForbidden)
		}
	}))
	t.Cleanup(g.Close)
	return g
}

// Gates in other hands: one holds the first step until it says yes, the other takes
// the traffic back when it does.
func TestGatesOverHTTPHoldAndTakeBack(t *testing.T) {
	t.Parallel()
	o, g := newOrdeal(t, 2*time.Minute, "reviews"), newGates(t)
	hooks := "  webhooks:\n  - {name: load, type: confirm-rollout, url: " + g.URL + "/confirm, metadata: {team: shop}}\n  - {name: alarm, type: rollback, url: " + g.URL + "/alarm}\n"
	o.commit("ask the gates", map[string]string{"live/reviews-plan.yaml": planOf("reviews", 2*time.Minute) + hooks})
	p := o.starts("--webhook-hosts", strings.TrimPrefix(g.URL, "http://"))
	o.settles("reviews", 0, "Healthy")

	o.wants(100, "reviews")
	p.says("webhook load (confirm-rollout) says no: 403 Forbidden: not now")
	question := g.asked.Load().(map[string]any)
	assert.Equal(t, []any{"reviews", o.namespace, map[string]any{"team": "shop"}}, []any{question["name"], question["namespace"], question["metadata"]})
	assert.NotEmpty(t, question["checksum"])
	assert.Equal(t, along(0), o.Path("reviews"))
	g.confirms.Store(true)
	o.reaches("reviews", 10)
	g.alarms.Store(true)
	o.settles("reviews", 0, "Degraded")
	assert.Equal(t, rollout.WebhookBack, o.Last("reviews").State.Journey.Reason.Code)
	o.Holds(4 * time.Minute)
}
