package rollout

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Analysis gates a plan's steps by metrics. It keeps no counters: the instants
// of a step are the time at which it began and every interval after that, and
// the samples at these instants are read and judged anew each time. A restart,
// or another agent, judges the same history.
//
// A step goes on when its pause is over, the instants of the pause are known, and
// the newest of every metric passed; one without a pause waits for the first
// instant. Instants that failed are counted from the step's beginning, and one
// more than FailureLimit goes back at once. An instant without data neither
// passes nor fails: the step waits for the next, and beyond InconclusiveLimit of
// them in a row people are asked. No data never raises a weight, and never goes
// back.
type Analysis struct {
	Interval          time.Duration `json:"interval"`
	FailureLimit      int           `json:"failureLimit,omitempty"`
	InconclusiveLimit int           `json:"inconclusiveLimit"`
	Metrics           []Metric      `json:"metrics"`
}

// What holds where an analysis is silent.
const (
	DefaultAnalysisInterval  = time.Minute
	DefaultInconclusiveLimit = 4
)

// The metrics that need no query. success-rate is the percentage of the requests that
// were answered whose answer was not 5xx, nor a status of gRPC that is the server's
// fault; latency-p99 the 99th percentile of all durations in milliseconds. Both are of
// HTTP and gRPC alone, and count for the reporting side that has it worst.
const (
	SuccessRate = "success-rate"
	LatencyP99  = "latency-p99"
)

// BuiltIn tells whether the metric's name is a question by itself.
func BuiltIn(name string) bool { return name == SuccessRate || name == LatencyP99 }

// Metric is one number that is measured of every destination that the rollout
// gives more traffic to, and the range that it has to keep.
type Metric struct {
	Name string `json:"name"`
	// Query is PromQL with placeholders; empty for one that is built in.
	Query string `json:"query,omitempty"`
	// Range is what the value has to keep, or where Against is set, what it comes
	// to beside stable's.
	Range   Range      `json:"thresholdRange"`
	Against Comparison `json:"against,omitempty"`
	// Interval is the analysis' own where it is 0.
	Interval time.Duration `json:"interval,omitempty"`
	// FailureLimit is the analysis' own where it is nil.
	FailureLimit *int `json:"failureLimit,omitempty"`
}

// Range is from Min to Max, both included; nil is no bound.
type Range struct {
	Min *float64 `json:"min,omitempty"`
	Max *float64 `json:"max,omitempty"`
}

// Comparison is how a value is held against stable's.
type Comparison string

// Difference is the value minus stable's, Ratio the value divided by stable's.
// Where stable is several destinations, their mean stands for it; where none of
// them gets traffic any more, as at the target, there is nothing to compare
// with and the metric is not asked for.
const (
	Difference Comparison = "difference"
	Ratio      Comparison = "ratio"
)

// Placeholders are the words that a query may hold in {{ }}. In agent/prometheus
// stands what they become.
func Placeholders() []string {
	return []string{"host", "service", "namespace", "subset", "version", "interval"}
}

// Lag passes between an instant and its question, so that what was scraped just
// before the instant has arrived.
const Lag = 2 * time.Second

// MaxInstants bounds what is asked for at once: of a step that lasts longer,
// the newest instants count. A limit of failures has to be less to be reached.
const MaxInstants = 1000

// Measure is a question for samples: one metric of one destination, at From and
// every Interval until To.
type Measure struct {
	Metric    string `json:"metric"`
	Query     string `json:"query,omitempty"`
	Namespace string `json:"namespace"`
	// Version is what Istio's metrics call the subset's pods.
	Version  string        `json:"version,omitempty"`
	Interval time.Duration `json:"interval"`
	From     time.Time     `json:"from"`
	To       time.Time     `json:"to"`
}

// Keeps tells whether the value is in the range.
func (r Range) Keeps(v float64) bool {
	return (r.Min == nil || v >= *r.Min) && (r.Max == nil || v <= *r.Max)
}

// String says the range in words.
func (r Range) String() string {
	switch {
	case r.Min != nil && r.Max != nil:
		return fmt.Sprintf("from %s to %s", figure(*r.Min), figure(*r.Max))
	case r.Min != nil:
		return "at least " + figure(*r.Min)
	case r.Max != nil:
		return "at most " + figure(*r.Max)
	}
	return "anything"
}

// figure prints a value as people read it.
func figure(v float64) string { return strconv.FormatFloat(v, 'g', 5, 64) }

// Every is how often the metric is looked at.
func (a Analysis) Every(m Metric) time.Duration {
	if m.Interval > 0 {
		return m.Interval
	}
	return a.Interval
}

// Failures is how many of the metric's instants may fail.
func (a Analysis) Failures(m Metric) int {
	if m.FailureLimit != nil {
		return *m.FailureLimit
	}
	return a.FailureLimit
}

// shownAs is what the metric's value is of, in words.
func (m Metric) shownAs(d Destination) string {
	switch m.Against {
	case Difference:
		return m.Name + " of " + d.String() + " minus that of stable"
	case Ratio:
		return m.Name + " of " + d.String() + " divided by that of stable"
	}
	return m.Name + " of " + d.String()
}

// instants is how many instants of the interval have passed since the step
// began and may be asked for, and the first of them that counts.
func instants(since, now time.Time, every time.Duration) (first, last int) {
	last = max(0, int(now.Add(-Lag).Sub(since)/every))
	return max(1, last-MaxInstants+1), last
}

// began is when the step began, in the milliseconds that metrics know.
func (s *situation) began() time.Time {
	if s.journey.Since.IsZero() { // nobody knows
		return s.now.Truncate(time.Millisecond).UTC()
	}
	return s.journey.entered(s.now).Truncate(time.Millisecond).UTC()
}

// analysis is that of the current step; nil for none.
func (s *situation) analysis() *Analysis {
	if s.replanned() {
		step, met := s.met()
		if !met {
			step = -1
		}
		return s.r.Plan.AnalysisAt(step)
	}
	return s.r.Plan.AnalysisAt(s.journey.Step)
}

// measured tells whether the current step is under analysis.
func (s *situation) measured() bool {
	return s.analysis() != nil && s.moving() && s.journey.Phase != Degraded
}

// overseen tells whether metrics may send the rollout back: its step is under
// analysis, or it was planned anew in flight.
func (s *situation) overseen() bool {
	return s.measured() || s.replanned() && s.analysis() != nil
}

// replanned tells whether Git plans anew what is in flight, and the first move of
// that is still to come. Nothing goes forward meanwhile, be it for days; what takes
// traffic already is looked after all the same.
func (s *situation) replanned() bool {
	return !s.same && s.r.Want == Known && s.journey.Step >= 0 && s.journey.Phase != Degraded && s.journey.Phase != Healthy && s.any(member.flying)
}

// window is the instants of a metric that count: all since the step began, or, of
// what was planned anew, no more than it takes to fail. Nobody goes back for what
// was before the plan that forbids it.
func (s *situation) window(m Metric) (first, last int) {
	a := s.analysis()
	first, last = instants(s.began(), s.now, a.Every(m))
	if s.replanned() {
		first = max(first, last-a.Failures(m))
	}
	return first, last
}

// sides are the destinations that the rollout gives more traffic to, and those
// of stable that do not grow, as far as they get any now or will once a hand edit
// is corrected. Metrics know no ports, and what is built in knows HTTP alone.
func (s *situation) sides(m Metric) (rising, stable []Destination) {
	add := func(to []Destination, d Destination) []Destination {
		if d.Port = 0; !slices.Contains(to, d) {
			to = append(to, d)
		}
		return to
	}
	for _, x := range s.members {
		for _, r := range x.target.Routes.Moving() {
			if m.Query == "" && r.Protocol != HTTP {
				continue
			}
			grows := Rising(x.stableOf(r), r.Split)
			for _, d := range x.carrying(r) {
				if slices.Contains(grows, d) {
					rising = add(rising, d)
				} else {
					stable = add(stable, d)
				}
			}
		}
	}
	return rising, stable
}

// version is that of a subset's labels in Git; where Git has none for the subset,
// its name stands for it.
func (s *situation) version(d Destination) string {
	if d.Subset == "" {
		return ""
	}
	for _, t := range s.r.Targets {
		for of, labels := range t.Subsets {
			if of.Host != d.Host || of.Subset != d.Subset {
				continue
			}
			if v := Version(labels); v != "" {
				return v
			}
		}
	}
	return d.Subset
}

// Version is what Istio's metrics call the pods with the labels, their canonical
// revision: https://istio.io/latest/docs/reference/config/labels. It is empty
// where the labels do not say.
func Version(labels Labels) string {
	return cmp.Or(labels["service.istio.io/canonical-revision"], labels["app.kubernetes.io/version"], labels["version"])
}

// queries are the questions for the samples of the current step, none while no
// instant of it has passed.
func (s *situation) queries() []Query {
	if !s.overseen() {
		return nil
	}
	var out []Query
	since := s.began()
	for _, m := range s.analysis().Metrics {
		every := s.analysis().Every(m)
		first, last := s.window(m)
		rising, stable := s.sides(m)
		if last < first || m.Against != "" && len(stable) == 0 {
			continue
		}
		of := rising
		if m.Against != "" {
			for _, d := range stable {
				if !slices.Contains(of, d) {
					of = append(of, d)
				}
			}
		}
		for _, d := range of {
			out = append(out, Query{Destination: d, Measure: &Measure{
				Metric: m.Name, Query: m.Query, Namespace: s.r.Name.Namespace, Version: s.version(d), Interval: every,
				From: since.Add(time.Duration(first) * every), To: since.Add(time.Duration(last) * every),
			}})
		}
	}
	return out
}

// Fits tells whether the sample is one that the question asked for.
func (m Measure) Fits(at time.Time) bool {
	return !at.Before(m.From) && !at.After(m.To) && at.Sub(m.From)%m.Interval == 0
}

// UnknownPlaceholders lists those of a query that nobody knows, as they stand there.
func UnknownPlaceholders(query string) []string {
	var out []string
	for rest := query; ; {
		_, after, ok := strings.Cut(rest, "{{")
		if !ok {
			return out
		}
		name, next, closed := strings.Cut(after, "}}")
		if !closed {
			return append(out, "{{"+after)
		}
		if !slices.Contains(Placeholders(), strings.TrimSpace(name)) {
			out = append(out, "{{"+name+"}}")
		}
		rest = next
	}
}
