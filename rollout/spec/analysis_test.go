package spec_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/rollout"
)

const wholeAnalysis = `  analysis:
    interval: 30s
    failureLimit: 2
    inconclusiveLimit: 0
    metrics:
    - {name: success-rate, thresholdRange: {min: 99.5}}
    - {name: latency-p99, thresholdRange: {max: 1.2}, against: stable, compare: ratio, interval: 60, failureLimit: 0}
    - name: checkout
      query: |
        sum(rate(orders_total{version="{{ version }}"}[{{interval}}]))
      thresholdRange: {min: 1e-3, max: 10}
      against: stable
`

func TestAnAnalysisSaysAllThatItCan(t *testing.T) {
	plan, problems := decodePlan(t, planHead+target+oneGo+wholeAnalysis)
	require.Empty(t, problems)
	number := func(v float64) *float64 { return &v }
	none := 0
	assert.Equal(t, &rollout.Analysis{
		Interval: 30 * time.Second, FailureLimit: 2, InconclusiveLimit: 0,
		Metrics: []rollout.Metric{
			{Name: "success-rate", Range: rollout.Range{Min: number(99.5)}},
			{Name: "latency-p99", Range: rollout.Range{Max: number(1.2)}, Against: rollout.Ratio, Interval: time.Minute, FailureLimit: &none},
			{
				Name: "checkout", Query: `sum(rate(orders_total{version="{{ version }}"}[{{interval}}]))`,
				Range: rollout.Range{Min: number(0.001), Max: number(10)}, Against: rollout.Difference,
			},
		},
	}, plan.Analysis)
}

func TestAnAnalysisIsFilledInWhereItIsSilent(t *testing.T) {
	plan, problems := decodePlan(t, planHead+target+oneGo+"  analysis: {metrics: [{name: success-rate, thresholdRange: {min: 99}}]}\n")
	require.Empty(t, problems)
	assert.Equal(t, time.Minute, plan.Analysis.Interval)
	assert.Equal(t, 0, plan.Analysis.FailureLimit)
	assert.Equal(t, 4, plan.Analysis.InconclusiveLimit)
	plan, problems = decodePlan(t, planHead+target+oneGo)
	require.Empty(t, problems)
	assert.Nil(t, plan.Analysis)
}

func wrongAnalyses() []wrong {
	const digits, word = "write digits without quotes", "success-rate, thresholdRange: {min: 99}"
	const every, seconds, left = "write it as 30s, 1m or 5m", "write it as 45s, 10m or 1h30m, or as whole seconds", "write it as 45s, 10m or 1h30m, or as whole seconds"
	from0to1000 := "use a number from 0 to 999"
	also := func(s string) string { return planHead + target + oneGo + "  analysis: " + s + "\n" }
	field := func(s string) string { return also("{" + s + ", metrics: [{name: " + word + "}]}") }
	metric := func(s string) string { return also("\n    metrics:\n    - {" + s + "}") }
	rate := func(s string) string { return metric("name: success-rate, thresholdRange: " + s) }
	own := func(s string) string { return metric("name: own, thresholdRange: {min: 1}, query: " + s) }
	paused := func(s, more string) string {
		return planHead + target + "  steps:\n  - {setWeight: 5, pause: {}}\n  - {setWeight: 10, pause: {duration: " + s + "}}\n  analysis: {metrics: [{name: " + word + more + "}]}\n"
	}
	const it = "spec.analysis.metrics[0]"
	return []wrong{
		{"an analysis that is none", also("true"), 7, "spec.analysis must be an object, not true", "write it as fields and values", false},
		{"an analysis of nothing", also("{}"), 7, "spec.analysis has no metrics", "add metrics", false},
		{"a misspelt field of an analysis", field("intervall: 1m"), 7, "spec.analysis.intervall is not a known field", "did you mean interval?", false},
		{"a count of Flagger's", field("threshold: 5"), 7, "spec.analysis.threshold is not a known field", "known here: failureLimit, inconclusiveLimit, interval, metrics", false},
		{"an interval of no time", field("interval: 0s"), 7, "spec.analysis.interval must be more than 0 and at most 8784h, not 0s", left, false},
		{"an interval back in time", field("interval: -1m"), 7, "spec.analysis.interval must be more than 0 and at most 8784h, not -1m", left, false},
		{"an interval below a second", field("interval: 500ms"), 7, "spec.analysis.interval must be whole seconds, at least 1s, not 500ms", every, true},
		{"an interval of one second and a half", field("interval: 1.5s"), 7, "spec.analysis.interval must be whole seconds, at least 1s, not 1.5s", every, true},
		{"an interval in days", field("interval: 1d"), 7, "spec.analysis.interval is no duration: \"1d\"", "write days as hours: 24h", false},
		{"an interval in words", field("interval: often"), 7, "spec.analysis.interval is no duration: \"often\"", seconds, false},
		{"a negative failureLimit", field("failureLimit: -1"), 7, "spec.analysis.failureLimit must be from 0 to 999, not -1", from0to1000, false},
		{"half a failure", field("failureLimit: 0.5"), 7, "spec.analysis.failureLimit must be a whole number from 0 to 999, not 0.5", digits, false},
		{"a failureLimit in quotes", field("failureLimit: \"2\""), 7, "spec.analysis.failureLimit must be a whole number from 0 to 999, not \"2\"", digits, false},
		{"a negative inconclusiveLimit", field("inconclusiveLimit: -1"), 7, "spec.analysis.inconclusiveLimit must be from 0 to 999, not -1", from0to1000, false},
		{"no metric", also("{metrics: []}"), 7, "spec.analysis.metrics is an empty list", "write at least one metric, as in {name: success-rate, thresholdRange: {min: 99}}", false},
		{"metrics that are none", also("{metrics: success-rate}"), 7, "spec.analysis.metrics must be a list, not \"success-rate\"", "write it as a list", false},
		{"a metric that is a word", also("{metrics: [success-rate]}"), 7, it + " must be an object, not \"success-rate\"", "write it as fields and values", false},
		{"too many metrics", also("{metrics: [&m {name: " + word + "}" + strings.Repeat(", *m", 20) + "]}"), 7, "spec.analysis.metrics has 21 metrics, and at most 20 are allowed", "measure what decides, and leave the rest to dashboards", false},
		{"a metric without a name", metric("thresholdRange: {min: 1}"), 9, it + " has no name", "add name", false},
		{"a metric whose name is no word", metric("name: Success Rate, thresholdRange: {min: 1}"), 9, it + ".name is no DNS label: \"Success Rate\"", "use lower-case letters, digits and -, beginning and ending with a letter or digit", false},
		{"a misspelt built-in", metric("name: succes-rate, thresholdRange: {min: 1}"), 9, it + ".name is \"succes-rate\", which weir does not know by itself", "did you mean success-rate?; or add its query, in PromQL", false},
		{"an unknown metric without a query", metric("name: orders, thresholdRange: {min: 1}"), 9, it + ".name is \"orders\", which weir does not know by itself", "known here: success-rate, latency-p99; or add its query, in PromQL", false},
		{"a built-in with a query", rate("{min: 99}, query: up"), 9, it + ".query is given for success-rate, which is built in", "give your own query another name, or leave it out", false},
		{"a metric twice", also("\n    metrics:\n    - {name: " + word + "}\n    - {name: success-rate, thresholdRange: {min: 98}}"), 10, "spec.analysis.metrics[1].name repeats \"success-rate\" of spec.analysis.metrics[0].name", "give each metric a name of its own", true},
		{"a metric without a range", metric("name: success-rate"), 9, it + " has no thresholdRange", "add thresholdRange", false},
		{"a range that is a number", rate("99"), 9, it + ".thresholdRange must be an object, not 99", "write it as fields and values", false},
		{"a range without an end", rate("{}"), 9, it + ".thresholdRange has neither min nor max", "write {min: 99}, {max: 500} or both", false},
		{"a range the wrong way round", rate("{min: 100, max: 99}"), 9, it + ".thresholdRange goes from 100 to 99, and no value is in there", "exchange the two", true},
		{"a threshold in percent", rate("{min: 99%}"), 9, it + ".thresholdRange.min must be a number, not \"99%\"", "write digits without quotes, such as 99.5", false},
		{"a threshold that is no number", rate("{min: .nan}"), 9, it + ".thresholdRange.min must be a number, not .nan", "write digits without quotes, such as 99.5", false},
		{"an endless threshold", rate("{max: .inf}"), 9, it + ".thresholdRange.max must be a number, not .inf", "write digits without quotes, such as 99.5", false},
		{"more than all requests", rate("{min: 100.1}"), 9, it + ".thresholdRange asks for a success-rate of at least 100.1, and there is none above 100", "it is a percentage: 99 is 99 %", true},
		{"less than no time", metric("name: latency-p99, thresholdRange: {max: -5}"), 9, it + ".thresholdRange asks for a latency-p99 of at most -5, and there is none below 0", "use a number of 0 or more", true},
		{"an empty query", own("\"\""), 9, it + ".query is empty", "write the query in PromQL", false},
		{"a query of spaces", own("\"  \""), 9, it + ".query is empty", "write the query in PromQL", false},
		{"a query of a page", own(strings.Repeat("u", 4097)), 9, it + ".query is longer than 4096 characters", "move its parts into recording rules", false},
		{"a misspelt placeholder", own("'up{v=\"{{ versoin }}\"}'"), 9, it + ".query has the placeholder {{ versoin }}, which is not known", "did you mean version?", true},
		{"an open placeholder", own("'up{v=\"{{ version\"}'"), 9, it + ".query opens a placeholder and does not close it", "end the placeholder with }}", true},
		{"held against something else", rate("{min: 99}, against: primary"), 9, it + ".against must be stable, not \"primary\"", "known here: stable", false},
		{"a ratio for a percentage", rate("{min: 0.99}"), 9, it + ".thresholdRange asks for a success-rate of at least 0.99 percent, which nearly all have", "it is a percentage: write 99 for 99 %", true},
		{"a success-rate that may not be high", rate("{max: 1}"), 9, it + ".thresholdRange has no min, so a success-rate of 0 would pass, and a good one would not", "write {min: 99}", true},
		{"compared with nothing", rate("{min: 99}, compare: ratio"), 9, it + ".compare compares with nothing", "add against: stable, or leave it out", false},
		{"compared in another way", rate("{min: 99}, against: stable, compare: quotient"), 9, it + ".compare must be difference or ratio, not \"quotient\"", "known here: difference, ratio", false},
		{"an own interval of no time", rate("{min: 99}, interval: 0"), 9, it + ".interval must be more than 0 and at most 8784h, not 0", left, false},
		{"a pause before the first instant", paused("45s", ""), 8, "spec.steps[1].pause.duration is over after 45s, before the first instant of success-rate, which comes after 1m", "make the pause 1m or longer, or the analysis's interval shorter", true},
		{"a pause before the metric's first instant", paused("5m", ", interval: 10m"), 8, "spec.steps[1].pause.duration is over after 5m, before the first instant of success-rate, which comes after 10m", "make the pause 10m or longer, or the analysis's interval shorter", true},
	}
}
