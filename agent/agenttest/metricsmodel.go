package agenttest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// Traffic is a stretch of requests to the pods of one version of a service: so
// many a second, of which so many were answered with 500, in so many milliseconds.
type Traffic struct {
	Namespace, Service, Version string
	From, To                    time.Time
	Requests, Failed            int
	Millis                      float64
	// Code is the status of gRPC that those that failed have in place of a 500; Reporter is
	// which side saw it, by default the server's.
	Code, Reporter string
	// Lost has those that failed be answered never: the clients gave up.
	Lost bool
}

// Metrics is the model of agent.Metrics: it knows all traffic that it was told of.
type Metrics struct {
	mu      sync.Mutex
	traffic []Traffic
	err     error
	hangs   bool
	asked   []rollout.Query
}

// NewMetrics is a model without traffic.
func NewMetrics() *Metrics { return &Metrics{} }

// Serve tells of traffic.
func (m *Metrics) Serve(t Traffic) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.traffic = append(m.traffic, t)
}

// Fail answers every question with the error, until it is nil.
func (m *Metrics) Fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

// Hang has every question from now on wait for its end.
func (m *Metrics) Hang(hangs bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hangs = hangs
}

// Asked is every question so far.
func (m *Metrics) Asked() []rollout.Query {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.asked)
}

// Samples is agent.Metrics'.
func (m *Metrics) Samples(ctx context.Context, q rollout.Query) ([]rollout.Sample, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked = append(m.asked, q)
	if m.hangs {
		m.mu.Unlock()
		<-ctx.Done()
		m.mu.Lock()
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case m.err != nil:
		return nil, m.err
	case q.Measure == nil:
		return nil, errors.New("this query is not for samples")
	}
	var out []rollout.Sample
	for at := q.Measure.From; !at.After(q.Measure.To); at = at.Add(q.Measure.Interval) {
		v, err := m.value(q, at)
		if err != nil {
			return nil, err
		}
		if v = min(max(v, -math.MaxFloat64), math.MaxFloat64); !math.IsNaN(v) {
			out = append(out, rollout.Sample{Metric: q.Measure.Metric, Destination: q.Destination, At: at, Value: v})
		}
	}
	return out, nil
}

// The queries that the suite asks beside the built-in ones, and all that the
// model knows of PromQL.
const (
	QuerySeven   = "vector(7)"
	QueryNothing = "absent_everywhere"
	QueryNaN     = "vector(0) / 0"
	QueryInf     = "vector(1) / 0"
	QuerySeveral = `istio_requests_total{destination_service_namespace="{{ namespace }}"}`
	QueryWrong   = "sum("
)

func (m *Metrics) value(q rollout.Query, at time.Time) (float64, error) {
	switch q.Measure.Query {
	case "":
		return m.builtIn(q, at)
	case QuerySeven:
		return 7, nil
	case QueryNaN, QueryNothing:
		return math.NaN(), nil
	case QueryInf:
		return math.Inf(1), nil
	case QuerySeveral:
		return 0, errors.New("the query has several answers")
	}
	return 0, fmt.Errorf("the model does not know the query %q", q.Measure.Query)
}

// builtIn looks at the traffic since the instant before.
func (m *Metrics) builtIn(q rollout.Query, at time.Time) (float64, error) {
	requests, failed, slowest := 0.0, 0.0, 0.0
	for _, t := range m.traffic {
		if t.Service != q.Destination.Host || t.Namespace != q.Measure.Namespace || t.Version != q.Measure.Version {
			continue
		}
		from, to := t.From, t.To
		if since := at.Add(-q.Measure.Interval); since.After(from) {
			from = since
		}
		if at.Before(to) {
			to = at
		}
		if seconds := to.Sub(from).Seconds(); seconds > 0 {
			if requests += seconds * float64(t.Requests); t.Lost && q.Measure.Metric == rollout.SuccessRate {
				requests -= seconds * float64(t.Failed)
			} else {
				failed += seconds * float64(t.Failed)
			}
			slowest = max(slowest, t.Millis)
		}
	}
	switch {
	case requests == 0:
		return math.NaN(), nil
	case q.Measure.Metric == rollout.SuccessRate:
		return 100 - 100*failed/requests, nil
	case q.Measure.Metric == rollout.LatencyP99:
		return slowest, nil
	}
	return 0, fmt.Errorf("no metric is called %q", q.Measure.Metric)
}
