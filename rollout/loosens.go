package rollout

import (
	"fmt"
	"slices"
	"time"
)

// Loosens says what of a plan holds less than of the one before it, in sentences:
// larger steps, less time, fewer people, metrics, windows and gates. Whoever changes
// weights and their plan at once is asked whether that was meant. What cannot be
// told to hold more or less, as another schedule, counts as holding less. Nil says
// that nothing does.
func (p Plan) Loosens(before Plan) []string {
	p, before = p.WithDefaults(), before.WithDefaults()
	var out sayings
	out.when(p.largest() > before.largest(), "its largest step adds %d percentage points, and added %d before", p.largest(), before.largest())
	is, was := p.waits(100), before.waits(100)
	out.when(is.soak < was.soak, "its pauses come to %s, and came to %s before", Short(is.soak), Short(was.soak))
	out.when(is.asks < was.asks, "%d of its pauses wait for approval, and %d did before", is.asks, was.asks)
	out = append(out, p.later(before)...)
	out.when(is.asks > 0 && p.Approvals < before.Approvals, "%d approvals end a pause, and %d were needed before", p.Approvals, before.Approvals)
	out.when(before.ProgressDeadline > 0 && (p.ProgressDeadline == 0 || p.ProgressDeadline > before.ProgressDeadline), "its progress deadline is %s, and was %s before", orNone(p.ProgressDeadline), orNone(before.ProgressDeadline))
	out.when(before.Suspend && !p.Suspend, "it is suspended no more")
	out.when(before.Readiness == Required && p.Readiness != Required, "it does not require known endpoints any more")
	out.when(p.ReadyPercentOfStable < before.ReadyPercentOfStable, "its readiness asks for %d %% of stable's endpoints, and asked for %d %% before", p.ReadyPercentOfStable, before.ReadyPercentOfStable)
	out.when(p.Settle < before.Settle, "a new subset settles for %s, and did for %s before", Short(p.Settle), Short(before.Settle))
	out.when(p.WhenWindowCloses == Finish && before.WhenWindowCloses != Finish, "it goes on when its window closes, which it did not before")
	out.when(before.StartAt.After(p.StartAt), "it starts at %s, and would have at %s", instant(p.StartAt), instant(before.StartAt))
	out.when(before.Schedule != nil && p.scheduled() != before.scheduled(), "its schedule is not %q any more", before.scheduled())
	out = append(out, looserWindows(p.Windows, before.Windows)...)
	out = append(out, looserAnalysis(p.Analysis, before.Analysis)...)
	for i, was := range before.Steps {
		var is Step // one that is gone
		if i < len(p.Steps) {
			is = p.Steps[i]
		}
		out.when(len(was.Windows) > 0 && DigestOf(was.Windows) != DigestOf(is.Windows), "step %d has other windows than before", i+1)
		if is.Analysis != nil || was.Analysis != nil { // in place of the plan's
			for _, looser := range looserAnalysis(p.AnalysisAt(i), before.AnalysisAt(i)) {
				out.when(true, "at step %d %s", i+1, looser)
			}
		}
	}
	for _, w := range before.Webhooks {
		out.when(!slices.ContainsFunc(p.Webhooks, func(o Webhook) bool { return o.Name == w.Name && o.Type == w.Type && o.URL == w.URL }), "webhook %s (%s) is not asked any more, or elsewhere", w.Name, w.Type)
	}
	return out
}

// sayings are sentences about what is so.
type sayings []string

func (s *sayings) when(is bool, format string, args ...any) {
	if is {
		*s = append(*s, fmt.Sprintf(format, args...))
	}
}

// largest is what the largest move of the plan adds, in percentage points, the last
// one to Git's weights included.
func (p Plan) largest() int {
	most, at := 0, 0
	for _, s := range p.Steps {
		most, at = max(most, s.SetWeight-at), s.SetWeight
	}
	return max(most, 100-at)
}

// later tells of pauses that come at a larger weight than before: though they are as
// many and as long in all, fewer of them hold before traffic exceeds one of the weights
// of the plan before. What is less in all is not said again.
func (p Plan) later(before Plan) sayings {
	all, wasAll := p.waits(100), before.waits(100)
	soaks, asks := all.soak >= wasAll.soak, all.asks >= wasAll.asks
	var out sayings
	for _, s := range before.Steps {
		is, was := p.waits(s.SetWeight), before.waits(s.SetWeight)
		out.when(soaks && is.soak < was.soak, "it exceeds %d %% after pauses of %s, and did after %s before", s.SetWeight, Short(is.soak), Short(was.soak))
		out.when(asks && is.asks < was.asks, "it exceeds %d %% after %d pauses that wait for approval, and did after %d before", s.SetWeight, is.asks, was.asks)
		soaks, asks = soaks && is.soak >= was.soak, asks && is.asks >= was.asks // the first says it
	}
	return out
}

// waits are pauses of a plan.
type waits struct {
	soak time.Duration
	asks int
}

// waits are the pauses that hold before traffic exceeds the weight, in percent.
func (p Plan) waits(weight int) (w waits) {
	for _, s := range p.Steps {
		switch {
		case s.Pause == nil || s.SetWeight > weight:
		case s.Pause.UntilApproved:
			w.asks++
		default:
			w.soak += s.Pause.Duration
		}
	}
	return w
}

func (p Plan) scheduled() string {
	if p.Schedule == nil {
		return ""
	}
	return p.Schedule.Cron + " " + p.Schedule.TimeZone
}

func orNone(d time.Duration) string {
	if d == 0 {
		return "none"
	}
	return Short(d)
}

func instant(t time.Time) string {
	if t.IsZero() {
		return "any time"
	}
	return t.UTC().Format(time.RFC3339)
}

// looserWindows tells of windows that are gone or other than before. An allow window
// that is added to others opens more, one that is the first opens less.
func looserWindows(is, was []Window) []string {
	var out []string
	allows := func(w Window) bool { return w.Kind == Allow }
	for _, w := range was {
		if !slices.ContainsFunc(is, func(o Window) bool { return DigestOf(o) == DigestOf(w) }) {
			out = append(out, fmt.Sprintf("%s window %s is gone, or other than before", w.Kind, w.Name))
		}
	}
	for _, w := range is {
		if allows(w) && slices.ContainsFunc(was, allows) && !slices.ContainsFunc(was, func(o Window) bool { return o.Name == w.Name }) {
			out = append(out, fmt.Sprintf("allow window %s opens besides", w.Name))
		}
	}
	return out
}

// looserAnalysis tells of metrics that are not measured any more, or may be worse.
func looserAnalysis(is, was *Analysis) []string {
	switch {
	case was == nil:
		return nil
	case is == nil:
		return []string{"no metric is measured any more"}
	}
	var out sayings
	out.when(is.InconclusiveLimit > was.InconclusiveLimit, "%d instants without an answer are borne, and %d were before", is.InconclusiveLimit, was.InconclusiveLimit)
	for _, m := range was.Metrics {
		i := slices.IndexFunc(is.Metrics, func(o Metric) bool { return o.Name == m.Name })
		if i < 0 {
			out.when(true, "metric %s is not measured any more", m.Name)
			continue
		}
		now := is.Metrics[i]
		out.when(now.Query != m.Query || now.Against != m.Against, "metric %s is another question than before", m.Name)
		out.when(wider(m.Range, now.Range), "metric %s may be worse than before", m.Name)
		out.when(borneOf(now, is) > borneOf(m, was), "metric %s bears %d failures, and bore %d before", m.Name, borneOf(now, is), borneOf(m, was))
	}
	return out
}

// wider tells whether a range lets through what the one before did not.
func wider(before, now Range) bool {
	below := before.Min != nil && (now.Min == nil || *now.Min < *before.Min)
	return below || before.Max != nil && (now.Max == nil || *now.Max > *before.Max)
}

func borneOf(m Metric, a *Analysis) int {
	if m.FailureLimit != nil {
		return *m.FailureLimit
	}
	return a.FailureLimit
}
