package spec

import (
	"math"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/weir-delivery/weir/rollout"
)

// Bounds of an analysis.
const (
	maxMetrics  = 20
	maxQuery    = 4096
	maxFailures = rollout.MaxInstants - 1 // one more has to be seen
)

// builtIn are the metrics that need no query.
func builtIn() []string { return []string{rollout.SuccessRate, rollout.LatencyP99} }

// analysis reads what a plan's steps have to pass.
func analysis(v value) *rollout.Analysis {
	a := &rollout.Analysis{Interval: rollout.DefaultAnalysisInterval, InconclusiveLimit: rollout.DefaultInconclusiveLimit}
	v.object(fields{
		"interval":          func(v value) { a.Interval = v.seconds() },
		"failureLimit":      func(v value) { a.FailureLimit = v.number(0, maxFailures) },
		"inconclusiveLimit": func(v value) { a.InconclusiveLimit = v.number(0, maxFailures) },
		"metrics":           func(v value) { a.Metrics = metrics(v) },
	}, "metrics")
	return a
}

func metrics(v value) []rollout.Metric {
	if n := len(v.node.Content); v.node.Kind == yaml.SequenceNode && n > maxMetrics {
		v.bad("measure what decides, and leave the rest to dashboards", "has %d metrics, and at most %d are allowed", n, maxMetrics)
		return nil
	}
	var out []rollout.Metric
	seen := firsts{}
	v.list(func(v value) {
		m := metric(v)
		seen.once(v.at("name"), m.Name, "give each metric a name of its own")
		out = append(out, m)
	}, "write at least one metric, as in {name: success-rate, thresholdRange: {min: 99}}")
	return out
}

func metric(v value) rollout.Metric {
	var m rollout.Metric
	compare := rollout.Difference
	asked, against, compared := false, false, false
	v.object(fields{
		"name":           func(v value) { m.Name = v.text(label) },
		"query":          func(v value) { m.Query, asked = v.text(query), true },
		"thresholdRange": func(v value) { m.Range = thresholds(v) },
		"against": func(v value) {
			v.choice([]string{"stable"})
			against = true
		},
		"compare": func(v value) {
			compare, compared = rollout.Comparison(v.choice([]string{string(rollout.Difference), string(rollout.Ratio)})), true
		},
		"interval": func(v value) { m.Interval = v.seconds() },
		"failureLimit": func(v value) {
			limit := v.number(0, maxFailures)
			m.FailureLimit = &limit
		},
	}, "name", "thresholdRange")
	switch {
	case against:
		m.Against = compare
	case compared:
		v.at("compare").bad("add against: stable, or leave it out", "compares with nothing")
	}
	switch {
	case m.Name == "":
	case !asked && !rollout.BuiltIn(m.Name):
		v.at("name").bad(rollout.Suggest(m.Name, builtIn())+"; or add its query, in PromQL", "is %q, which weir does not know by itself", m.Name)
	case asked && rollout.BuiltIn(m.Name):
		v.at("query").bad("give your own query another name, or leave it out", "is given for %s, which is built in", m.Name)
	default:
		reachable(v, m)
	}
	return m
}

// reachable refuses a range that no value of a built-in metric is in.
func reachable(v value, m rollout.Metric) {
	if m.Query != "" || m.Against != "" {
		return
	}
	v = v.at("thresholdRange")
	switch {
	case m.Name == rollout.SuccessRate && m.Range.Min != nil && *m.Range.Min > 100:
		v.bad("it is a percentage: 99 is 99 %", "asks for a success-rate of at least %v, and there is none above 100", *m.Range.Min)
	case m.Name == rollout.SuccessRate && m.Range.Min != nil && *m.Range.Min > 0 && *m.Range.Min <= 1:
		v.bad("it is a percentage: write 99 for 99 %", "asks for a success-rate of at least %v percent, which nearly all have", *m.Range.Min)
	case m.Name == rollout.SuccessRate && m.Range.Min == nil && m.Range.Max != nil:
		v.bad("write {min: 99}", "has no min, so a success-rate of 0 would pass, and a good one would not")
	case m.Range.Max != nil && *m.Range.Max < 0:
		v.bad("use a number of 0 or more", "asks for a %s of at most %v, and there is none below 0", m.Name, *m.Range.Max)
	}
}

// thresholds reads {min: 99}, {max: 500} or both.
func thresholds(v value) rollout.Range {
	var r rollout.Range
	before := len(v.problems)
	v.object(fields{
		"min": func(v value) { r.Min = v.decimal() },
		"max": func(v value) { r.Max = v.decimal() },
	})
	switch {
	case len(v.problems) > before:
	case r.Min == nil && r.Max == nil:
		v.bad("write {min: 99}, {max: 500} or both", "has neither min nor max")
	case r.Min != nil && r.Max != nil && *r.Min > *r.Max:
		v.bad("exchange the two", "goes from %v to %v, and no value is in there", *r.Min, *r.Max)
	}
	return r
}

// query accepts PromQL as far as it can be told without Prometheus: it says
// something, and its placeholders are known.
func query(v value) string {
	text := strings.TrimSpace(v.node.Value)
	unknown := rollout.UnknownPlaceholders(text)
	switch {
	case text == "":
		v.bad("write the query in PromQL", "is empty")
	case len(text) > maxQuery:
		v.bad("move its parts into recording rules", "is longer than %d characters", maxQuery)
	case len(unknown) > 0 && !strings.HasSuffix(unknown[0], "}}"):
		v.bad("end the placeholder with }}", "opens a placeholder and does not close it")
	case len(unknown) > 0:
		name := strings.TrimSpace(strings.Trim(unknown[0], "{}"))
		v.bad(rollout.Suggest(name, rollout.Placeholders()), "has the placeholder %s, which is not known", unknown[0])
	default:
		return text
	}
	return ""
}

// spacious refuses pauses that are over before an analysis has seen anything.
func spacious(v value, p rollout.Plan, generated bool) {
	for i, step := range p.Steps {
		a := p.AnalysisAt(i)
		if a == nil || step.Pause == nil || step.Pause.Duration == 0 {
			continue
		}
		for _, m := range a.Metrics {
			if every := a.Every(m); every > step.Pause.Duration {
				pause := v.at("steps").item(i).at("pause").at("duration")
				if generated {
					pause = v.at("interval")
				}
				pause.bad(
					"make the pause "+rollout.Short(every)+" or longer, or the analysis's interval shorter",
					"is over after %s, before the first instant of %s, which comes after %s", rollout.Short(step.Pause.Duration), m.Name, rollout.Short(every))
				break
			}
		}
		if generated {
			break // they are all alike
		}
	}
}

// seconds reads a duration of whole seconds, at least one.
func (v value) seconds() time.Duration {
	d := v.duration(1)
	if d > 0 && d%time.Second != 0 {
		v.bad("write it as 30s, 1m or 5m", "must be whole seconds, at least 1s, not %s", v.node.Value)
		return 0
	}
	return d
}

// decimal reads a number that is one.
func (v value) decimal() *float64 {
	var f float64
	tag := v.node.ShortTag()
	if v.node.Kind != yaml.ScalarNode || tag != "!!int" && tag != "!!float" || v.node.Decode(&f) != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		v.bad("write digits without quotes, such as 99.5", "must be a number, not %s", v.kind())
		return nil
	}
	return &f
}
