package main

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/rollout"
)

// gate is the analysis of the ordeal's plan.
const gate = "  analysis: {interval: 2s, inconclusiveLimit: 100, metrics: [{name: success-rate, thresholdRange: {min: 99}}]}\n"

// A real Prometheus judges: of the same canary, 5 % errors go back in the first
// pass after the sample that shows them, and none reach the target.
func TestACanaryIsJudgedByARealPrometheus(t *testing.T) {
	t.Parallel()
	o := newOrdeal(t, 4*time.Second, "reviews")
	o.commit("judge it", map[string]string{"live/reviews-plan.yaml": planOf("reviews", 4*time.Second) + gate})
	failed := o.traffic("v2.example.com")
	p := o.starts("--prometheus", o.local.Prometheus)
	o.settles("reviews", 0, "Healthy")

	o.wants(100, "reviews")
	o.reaches("reviews", 10)
	failed.Store(5)
	o.settles("reviews", 0, "Degraded")
	back := o.Last("reviews")
	assert.Equal(t, rollout.AnalysisFailed, back.State.Journey.Reason.Code)
	assert.Contains(t, back.State.Journey.Reason.Sentence, "went back: success-rate of v2.example.com was 9")
	_, said, _ := strings.Cut(back.State.Journey.Reason.Sentence, " at ")
	said, _, _ = strings.Cut(said, ",")
	sample, err := time.Parse(time.RFC3339, said)
	require.NoError(t, err)
	assert.Less(t, back.State.Journey.Since.Sub(sample), rollout.Lag+3*time.Second, "it waited for more than the sample")

	failed.Store(0)
	<-time.After(4 * time.Second) // what failed is over
	o.wants(90, "reviews")
	o.settles("reviews", 90, "Healthy")
	assert.NotContains(t, p.log.text(), "do not answer")
	o.Holds(4 * time.Minute)
}

// traffic is a hundred requests a second to the host until the test ends, of which
// so many fail.
func (o *ordeal) traffic(host string) *atomic.Int64 {
	o.Helper()
	failed, mesh := &atomic.Int64{}, o.local.Mesh(o.T)
	ended, done := make(chan struct{}), make(chan struct{})
	last := time.Now().Add(-2 * time.Second)
	go func() {
		defer close(done)
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case now := <-tick.C:
				if to := last.Add(now.Sub(last).Truncate(time.Second)); to.After(last) {
					mesh.Serve(agenttest.Traffic{Service: host, From: last, To: to.Add(-time.Millisecond), Requests: 100, Failed: int(failed.Load()), Millis: 40})
					last = to
				}
			}
		}
	}()
	o.Cleanup(func() {
		close(ended)
		<-done
	})
	return failed
}
