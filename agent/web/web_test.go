package web_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/agent/web"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// clock is a time that a test moves.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func newServer() (*web.Server, *clock) {
	c := &clock{now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	return web.New(web.Options{Now: c.Now, Stale: time.Minute}), c
}

func get(t *testing.T, s *web.Server, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestItIsAliveBeforeTheFirstPassAndReadyOnlyAfterIt(t *testing.T) {
	s, c := newServer()
	c.now = c.now.Add(time.Hour) // the caches take their time
	status, _ := get(t, s, "/healthz")
	assert.Equal(t, http.StatusOK, status)
	status, said := get(t, s, "/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, said, "no pass yet")

	s.Passed(c.now, time.Second, nil, nil, nil, nil)
	status, _ = get(t, s, "/readyz")
	assert.Equal(t, http.StatusOK, status)
}

// Whoever takes over has its caches filled: a first pass that hangs is no health.
func TestALeaderWhoseFirstPassHangsIsNotAlive(t *testing.T) {
	s, c := newServer()
	s.StandBy("other")
	c.now = c.now.Add(time.Hour)
	status, _ := get(t, s, "/healthz")
	assert.Equal(t, http.StatusOK, status)
	s.Lead()
	status, _ = get(t, s, "/healthz")
	assert.Equal(t, http.StatusOK, status)
	c.now = c.now.Add(2 * time.Minute)
	status, said := get(t, s, "/healthz")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, said, "no pass has ended for 2m")
}

func TestItIsReadyOnceGitWasReachedAndStaysSoWhileGitIsAway(t *testing.T) {
	s, c := newServer()
	away := errors.New("dial tcp: token hunter2 refused")
	s.Passed(c.now, 0, nil, nil, nil, away)
	status, said := get(t, s, "/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.NotContains(t, said, "hunter2", "whoever can ask is not whoever may read the log")

	s.Passed(c.now, 0, nil, nil, nil, nil)
	s.Passed(c.now, 0, nil, nil, nil, away)
	status, _ = get(t, s, "/readyz")
	assert.Equal(t, http.StatusOK, status)
}

func TestALoopThatStandsStillIsUnhealthyUntilItPassesAgain(t *testing.T) {
	s, c := newServer()
	s.Passed(c.now, 0, nil, nil, nil, nil)
	c.now = c.now.Add(time.Minute)
	status, _ := get(t, s, "/healthz")
	assert.Equal(t, http.StatusOK, status)
	c.now = c.now.Add(time.Second)
	status, said := get(t, s, "/healthz")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, said, "no pass has ended for 1m1s")
	s.Passed(c.now, 0, nil, nil, nil, nil)
	status, _ = get(t, s, "/healthz")
	assert.Equal(t, http.StatusOK, status)
}

func TestOneThatStandsByIsReadyAndSaysWhoLeads(t *testing.T) {
	s, c := newServer()
	s.StandBy("")
	status, said := get(t, s, "/readyz")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, said, "nobody leads yet")
	expect(t, s, "# HELP weir_leading 1 while this process makes the passes, 0 while it stands by and another does.\n# TYPE weir_leading gauge\nweir_leading 0\n", "weir_leading")

	s.Lead()
	status, said = get(t, s, "/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, said, "no pass yet")
	s.Passed(c.now, 0, nil, []agent.View{reviews(rollout.Healthy, 100, 0)}, nil, nil)
	status, _ = get(t, s, "/readyz")
	assert.Equal(t, http.StatusOK, status)
	expect(t, s, "# HELP weir_leading 1 while this process makes the passes, 0 while it stands by and another does.\n# TYPE weir_leading gauge\nweir_leading 1\n", "weir_leading")

	s.StandBy("weir-1")
	c.now = c.now.Add(time.Hour)
	status, _ = get(t, s, "/healthz")
	assert.Equal(t, http.StatusOK, status, "whoever stands by makes no passes")
	_, said = get(t, s, "/readyz")
	assert.Contains(t, said, "weir-1 leads")
	expect(t, s, "", "weir_weight", "weir_phase", "weir_git_up", "weir_problems", "weir_last_pass_timestamp_seconds")
	s.Lead()
	s.Passed(c.now, 0, nil, nil, nil, errors.New("away"))
	status, _ = get(t, s, "/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, status, "what an earlier life reached does not count")
	status, _ = get(t, s, "/healthz")
	assert.Equal(t, http.StatusOK, status, "what it passed before does not count")
}

// reviews is a rollout with a split between two subsets and a route of one.
func reviews(phase rollout.Phase, v1, v3 int) agent.View {
	at := func(subset string, weight int) rollout.Weight {
		return rollout.Weight{Destination: rollout.Destination{Host: "reviews", Subset: subset, Port: 9080}, Weight: weight}
	}
	return agent.View{
		Name: "reviews", Namespace: "bookinfo", Environment: "production", Phase: phase,
		Routes: []agent.RouteView{
			{Target: "reviews", Route: "primary", Destinations: rollout.Split{at("v1", v1), at("v3", v3)}},
			{Target: "reviews", Route: "http[1]", Destinations: rollout.Split{at("v2", 0)}},
		},
	}
}

func TestTheMetricsShowWeightsAndPhases(t *testing.T) {
	s, c := newServer()
	s.Passed(c.now, 0, nil, []agent.View{reviews(rollout.Progressing, 90, 10)}, nil, nil)
	expect(t, s, `
# HELP weir_phase 1 for the phase that the rollout is in, 0 for the others.
# TYPE weir_phase gauge
weir_phase{environment="production",namespace="bookinfo",phase="Degraded",rollout="reviews"} 0
weir_phase{environment="production",namespace="bookinfo",phase="Healthy",rollout="reviews"} 0
weir_phase{environment="production",namespace="bookinfo",phase="Paused",rollout="reviews"} 0
weir_phase{environment="production",namespace="bookinfo",phase="Pending",rollout="reviews"} 0
weir_phase{environment="production",namespace="bookinfo",phase="Progressing",rollout="reviews"} 1
# HELP weir_weight The live weight of a destination, as the VirtualService has it; 100 for one that stands alone.
# TYPE weir_weight gauge
weir_weight{destination="v1",environment="production",namespace="bookinfo",rollout="reviews",route="primary",target="reviews"} 90
weir_weight{destination="v2",environment="production",namespace="bookinfo",rollout="reviews",route="http[1]",target="reviews"} 100
weir_weight{destination="v3",environment="production",namespace="bookinfo",rollout="reviews",route="primary",target="reviews"} 10
`, "weir_weight", "weir_phase")
}

func TestARolloutThatIsGoneIsGoneFromTheMetrics(t *testing.T) {
	s, c := newServer()
	s.Passed(c.now, 0, nil, []agent.View{reviews(rollout.Healthy, 100, 0)}, nil, nil)
	s.Passed(c.now, 0, nil, nil, nil, nil)
	_, said := get(t, s, "/metrics")
	assert.NotContains(t, said, "weir_weight{")
	assert.NotContains(t, said, "weir_phase{")
}

func TestDestinationsThatReadTheSameAreTwoSeries(t *testing.T) {
	s, c := newServer()
	v := reviews(rollout.Healthy, 50, 50)
	v.Routes[0].Destinations[1].Subset, v.Routes[0].Destinations[1].Port = "v1", 9081
	s.Passed(c.now, 0, nil, []agent.View{v}, nil, nil)
	status, said := get(t, s, "/metrics")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, said, `destination="reviews/v1:9080"`)
	assert.Contains(t, said, `destination="reviews/v1:9081"`)
}

func TestTheMetricsCountPassesMovesAndTrouble(t *testing.T) {
	s, c := newServer()
	proposed := audit.Entry{Operation: rollout.Forward}
	turns := []agent.Turn{
		{Move: rollout.Move{Kind: rollout.Forward}, Entry: proposed, Done: true},
		{Move: rollout.Move{Kind: rollout.Hold}, Entry: proposed, Decision: policy.Decision{Verdict: policy.Deny}},
		{Move: rollout.Move{Kind: rollout.Hold}, Entry: proposed, Decision: policy.Decision{Verdict: policy.Error}},
		{Move: rollout.Move{Kind: rollout.Forward}, Entry: proposed, Err: errors.Join(agent.ErrConflict)},
		{Move: rollout.Move{Kind: rollout.Forward}, Entry: proposed, Err: errors.New("away")},
		{Move: rollout.Move{Kind: rollout.Forward}, Entry: proposed},
		{Move: rollout.Move{Kind: rollout.Hold}},
	}
	s.Passed(c.now, 3*time.Second, turns, nil, rollout.Problems{{Message: "wrong"}}, errors.New("Git is away"))
	expect(t, s, `
# HELP weir_git_up 1 while Git can be read and the status branch written.
# TYPE weir_git_up gauge
weir_git_up 0
# HELP weir_moves_total Moves by kind and result: applied, denied, unchecked, superseded, failed, or observed in a dry run.
# TYPE weir_moves_total counter
weir_moves_total{kind="forward",result="applied"} 1
weir_moves_total{kind="forward",result="denied"} 1
weir_moves_total{kind="forward",result="failed"} 1
weir_moves_total{kind="forward",result="observed"} 1
weir_moves_total{kind="forward",result="superseded"} 1
weir_moves_total{kind="forward",result="unchecked"} 1
# HELP weir_passes_total Passes since the start.
# TYPE weir_passes_total counter
weir_passes_total 1
# HELP weir_problems How much is wrong in the input now, and kept out.
# TYPE weir_problems gauge
weir_problems 1
`, "weir_git_up", "weir_moves_total", "weir_passes_total", "weir_problems")
	_, said := get(t, s, "/metrics")
	assert.Contains(t, said, `weir_pass_duration_seconds_bucket{le="5"} 1`)
	assert.Contains(t, said, `weir_pass_duration_seconds_bucket{le="2.5"} 0`)
	assert.Contains(t, said, "go_goroutines")
	assert.Contains(t, said, "process_resident_memory_bytes")
}

// expect compares the named metrics with those of the server.
func expect(t *testing.T, s *web.Server, want string, names ...string) {
	t.Helper()
	_, said := get(t, s, "/metrics")
	var kept strings.Builder
	for line := range strings.Lines(said) {
		name := strings.FieldsFunc(strings.TrimPrefix(strings.TrimPrefix(line, "# HELP "), "# TYPE "), func(r rune) bool { return r == ' ' || r == '{' })[0]
		if slices.Contains(names, name) {
			kept.WriteString(line)
		}
	}
	assert.Equal(t, strings.TrimPrefix(want, "\n"), kept.String())
}

func TestNothingElseIsServedAndNothingIsTaken(t *testing.T) {
	s, _ := newServer()
	status, _ := get(t, s, "/debug/pprof/")
	assert.Equal(t, http.StatusNotFound, status)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/healthz", nil))
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
}

func TestItServesUntilItsContextEnds(t *testing.T) {
	s, _ := newServer()
	on, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, on) }()

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+on.Addr().String()+"/healthz", nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	said, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, "ok\n", string(said))

	stop()
	require.NoError(t, <-ended)
	_, err = http.DefaultClient.Do(request)
	require.Error(t, err)
}

func TestAListenerThatFailsIsAnError(t *testing.T) {
	s, _ := newServer()
	on, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, on.Close())
	require.ErrorContains(t, s.Serve(t.Context(), on), "serving on 127.0.0.1:")
}
