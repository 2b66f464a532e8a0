package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// told is what a scenario's metric says from a time on. The first that is told
// of a metric holds for the time before as well.
type told struct {
	at             time.Time
	metric         string
	canary, stable string // numbers, or none
}

// planMetric reads the option "success-rate >= 99, failures 2, every 1m,
// inconclusive 3, against stable ratio", of which the first part must be there, and
// "step 2" before it where it is that step's alone.
func planMetric(p *rollout.Plan, option string) error {
	of := &p.Analysis
	if rest, ok := strings.CutPrefix(strings.TrimSpace(option), "step "); ok {
		n, metric, _ := strings.Cut(rest, " ")
		k, err := strconv.Atoi(n)
		if err != nil || k < 1 || k > len(p.Steps) {
			return fmt.Errorf("the plan has no step %q to measure", n)
		}
		of, option = &p.Steps[k-1].Analysis, metric
	}
	parts := strings.Split(option, ",")
	words := strings.Fields(parts[0])
	bad := fmt.Errorf("cannot read the metric %q; write success-rate >= 99, failures 2", option)
	if len(words) != 3 {
		return bad
	}
	bound, err := strconv.ParseFloat(words[2], 64)
	if err != nil {
		return bad
	}
	if *of == nil {
		*of = &rollout.Analysis{Interval: rollout.DefaultAnalysisInterval, InconclusiveLimit: rollout.DefaultInconclusiveLimit}
	}
	m := rollout.Metric{Name: words[0]}
	if m.Range.Min = &bound; words[1] == "<=" {
		m.Range = rollout.Range{Max: &bound}
	}
	for _, part := range parts[1:] {
		if err := metricOption(*of, &m, strings.Fields(part)); err != nil {
			return err
		}
	}
	(*of).Metrics = append((*of).Metrics, m)
	return nil
}

func metricOption(a *rollout.Analysis, m *rollout.Metric, words []string) (err error) {
	bad := fmt.Errorf("a metric has no option %q", strings.Join(words, " "))
	if len(words) < 2 {
		return bad
	}
	switch words[0] {
	case "failures":
		var limit int
		limit, err = few(words[1])
		m.FailureLimit = &limit
	case "inconclusive":
		a.InconclusiveLimit, err = few(words[1])
	case "every":
		m.Interval, err = time.ParseDuration(words[1])
	case "against":
		if len(words) != 3 || words[1] != "stable" {
			return bad
		}
		m.Against = rollout.Comparison(words[2])
	default:
		return bad
	}
	return err
}

// few is a limit as a WeightPlan may have it.
func few(word string) (int, error) {
	n, err := strconv.Atoi(word)
	if err == nil && (n < 0 || n > maxFailures) {
		err = fmt.Errorf("a limit is from 0 to %d, not %d", maxFailures, n)
	}
	return n, err
}

// samples is the event "samples success-rate 99.8", or "none" for no data, with
// "stable 99.9" after it where stable's is another.
func (w *world) samples(rest string, now time.Time) error {
	words := strings.Fields(rest)
	bad := fmt.Errorf("samples are written as: samples success-rate 99.8 stable 99.9")
	if len(words) != 2 && (len(words) != 4 || words[2] != "stable") {
		return bad
	}
	if !slices.ContainsFunc(w.rollout.Plan.Analyses(), func(a *rollout.Analysis) bool {
		return slices.ContainsFunc(a.Metrics, func(m rollout.Metric) bool { return m.Name == words[0] })
	}) {
		return fmt.Errorf("the plan has no metric %s", words[0])
	}
	t := told{now, words[0], words[1], words[len(words)-1]}
	for _, v := range []string{t.canary, t.stable} {
		if _, err := strconv.ParseFloat(v, 64); err != nil && v != "none" {
			return bad
		}
	}
	w.told = append(w.told, t)
	return nil
}

// webhook is the event "webhook gate no: the change board", "webhook gate yes", or
// "webhook gate silent: timed out". One of which the story tells nothing says yes
// where that lets a step through, and no where it would send it back.
func (w *world) webhook(rest string) error {
	name, said, _ := strings.Cut(rest, " ")
	said, why, _ := strings.Cut(said, ":")
	if !slices.Contains([]string{"yes", "no", "silent"}, said) {
		return fmt.Errorf("a webhook's answer is written as: webhook NAME yes, no: WHY, or silent: WHY")
	}
	if !slices.ContainsFunc(w.rollout.Plan.Webhooks, func(h rollout.Webhook) bool { return h.Name == name }) {
		return fmt.Errorf("the plan has no webhook %s", name)
	}
	w.facts.Answers = slices.DeleteFunc(slices.Clone(w.facts.Answers), func(a rollout.Answer) bool { return a.Webhook == name })
	w.facts.Answers = append(w.facts.Answers, rollout.Answer{Webhook: name, Known: said != "silent", Yes: said == "yes", Why: strings.TrimSpace(why)})
	return nil
}

// answer gives the webhooks of which the story tells nothing their answers.
func (w *world) answer() {
	for _, hook := range w.rollout.Plan.Webhooks {
		if !slices.ContainsFunc(w.facts.Answers, func(a rollout.Answer) bool { return a.Webhook == hook.Name }) {
			w.facts.Answers = append(w.facts.Answers, rollout.Answer{Webhook: hook.Name, Known: true, Yes: hook.Type != rollout.AskRollback})
		}
	}
}

// measure answers what the rollout needs of the metrics now.
func (w *world) measure(now time.Time, live []rollout.Live) {
	w.facts.Samples, w.facts.Unmeasured = nil, nil
	w.answer()
	known := w.facts
	known.Live = live
	for _, q := range rollout.Needs(w.rollout, known, now) {
		switch {
		case q.Measure == nil:
		case w.away != "":
			w.facts.Unmeasured = append(w.facts.Unmeasured, rollout.Unmeasured{Metric: q.Measure.Metric, Destination: q.Destination, Why: w.away})
		default:
			said := w.said(q, live)
			for at := q.Measure.From; !at.After(q.Measure.To); at = at.Add(q.Measure.Interval) {
				if v, err := strconv.ParseFloat(said(at), 64); err == nil {
					w.facts.Samples = append(w.facts.Samples, rollout.Sample{Metric: q.Measure.Metric, Destination: q.Destination, At: at, Value: v})
				}
			}
		}
	}
}

// said is what the story tells of a metric, at each instant.
func (w *world) said(q rollout.Query, live []rollout.Live) func(time.Time) string {
	of := slices.DeleteFunc(slices.Clone(w.told), func(t told) bool { return t.metric != q.Measure.Metric })
	stable := slices.ContainsFunc(live, func(l rollout.Live) bool {
		return l.State != nil && !slices.Contains(rollout.Rising(l.State.Member.Stable[0].Split, w.rollout.Targets[0].Routes[0].Split), q.Destination)
	})
	return func(at time.Time) string {
		if len(of) == 0 {
			return "none"
		}
		last := of[0]
		for _, t := range of {
			if !t.at.After(at) {
				last = t
			}
		}
		if stable {
			return last.stable
		}
		return last.canary
	}
}
