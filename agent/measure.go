package agent

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// How long a pass waits for all that it asks the metrics, how long for one
// answer, and how many questions are on their way at once.
const (
	measuring = 10 * time.Second
	answering = 5 * time.Second
	atOnce    = 8
)

// question is one of Needs' questions for samples, and what became of it.
type question struct {
	turn    *Turn
	query   rollout.Query
	samples []rollout.Sample
	err     error
}

// measure asks the metrics for what the rollouts in flight are judged by, and for
// nothing else. What does not come is absent: the domain waits for it.
func (a *Agent) measure(ctx context.Context, turns []Turn, now time.Time) {
	var questions []question
	for i := range turns {
		t := &turns[i]
		switch {
		case len(t.Rollout.Plan.Analyses()) == 0:
			continue
		case a.options.Metrics == nil:
			t.Facts.NoMetrics = "this agent knows no Prometheus"
			continue
		}
		for _, q := range rollout.Needs(t.Rollout, t.Facts, now) {
			if q.Measure != nil {
				questions = append(questions, question{turn: t, query: q})
			}
		}
	}
	if len(questions) == 0 {
		return
	}
	a.question(ctx, questions)
	wrong := map[rollout.Name]error{}
	for _, q := range questions {
		f, name := &q.turn.Facts, q.turn.Rollout.Name
		f.Samples = append(f.Samples, q.samples...)
		if _, known := wrong[name]; !known {
			wrong[name] = nil // nothing is wrong, or no more
		}
		if q.err != nil {
			f.Unmeasured = append(f.Unmeasured, rollout.Unmeasured{Metric: q.query.Measure.Metric, Destination: q.query.Destination, Why: q.err.Error()})
			wrong[name] = fmt.Errorf("%s of %s: %w", q.query.Measure.Metric, q.query.Destination, q.err)
		}
	}
	for name, err := range wrong {
		a.complain("the metrics of "+name.String()+" do not answer; it waits", err)
	}
}

// question puts the questions, several at once.
func (a *Agent) question(ctx context.Context, questions []question) {
	ctx, cancel := context.WithTimeout(ctx, measuring)
	defer cancel()
	var asked sync.WaitGroup
	turn := make(chan struct{}, atOnce)
	for i := range questions {
		turn <- struct{}{}
		asked.Go(func() {
			defer func() { <-turn }()
			q := &questions[i]
			ctx, cancel := context.WithTimeout(ctx, answering)
			defer cancel()
			if q.samples, q.err = a.options.Metrics.Samples(ctx, q.query); q.err != nil {
				q.samples = nil // half an answer is none
			}
		})
	}
	asked.Wait()
}

// as gives the facts the samples and answers that the turn was proposed by: nothing
// is asked twice in a pass.
func (t *Turn) as(f rollout.Facts) rollout.Facts {
	f.Samples, f.Unmeasured, f.NoMetrics, f.Answers = t.Facts.Samples, t.Facts.Unmeasured, t.Facts.NoMetrics, t.Facts.Answers
	return f
}

// unmeasured is why samples are absent, in a sentence; empty where none is.
func (t *Turn) unmeasured() string {
	if len(t.Facts.Unmeasured) == 0 {
		return ""
	}
	u := t.Facts.Unmeasured[0]
	return fmt.Sprintf("no samples of %s: %s", u.Metric, u.Why)
}
