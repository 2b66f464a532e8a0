package rollout_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/weir-delivery/weir/rollout"
)

// strict is a plan with something of everything that holds.
func strict() rollout.Plan {
	least, most, failures := 99.0, 300.0, 1
	return rollout.Plan{
		Steps: []rollout.Step{
			{SetWeight: 10, Pause: &rollout.Pause{Duration: 10 * time.Minute}, Windows: []rollout.Window{{Name: "noon", Kind: rollout.Deny, Schedule: "0 12 * * *"}}},
			{SetWeight: 40, Pause: &rollout.Pause{UntilApproved: true}},
			{SetWeight: 70, Analysis: &rollout.Analysis{Metrics: []rollout.Metric{{Name: rollout.SuccessRate, Range: rollout.Range{Min: &least}}}}}, {SetWeight: 100},
		},
		Approvals: 2, ProgressDeadline: time.Hour, Suspend: true, Readiness: rollout.Required, ReadyPercentOfStable: 50, Settle: time.Minute,
		StartAt: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), Schedule: &rollout.Schedule{Cron: "0 10 * * *", TimeZone: "UTC"},
		Windows: []rollout.Window{{Name: "office", Kind: rollout.Allow, Schedule: "0 9 * * *", Duration: 8 * time.Hour}},
		Analysis: &rollout.Analysis{InconclusiveLimit: 2, FailureLimit: 2, Metrics: []rollout.Metric{
			{Name: rollout.SuccessRate, Range: rollout.Range{Min: &least}}, {Name: rollout.LatencyP99, Range: rollout.Range{Max: &most}, FailureLimit: &failures},
		}},
		Webhooks: []rollout.Webhook{{Name: "gate", Type: rollout.ConfirmRollout, URL: "http://gates"}},
	}
}

func TestWhatOfAPlanIsLoosenedIsSaid(t *testing.T) {
	worse, three, other := 90.0, 3, 400.0
	for says, change := range map[string]func(p *rollout.Plan){
		"its largest step adds 55 percentage points, and added 30 before": func(p *rollout.Plan) { p.Steps[2].SetWeight = 95 },
		"at step 3 metric success-rate may be worse than before": func(p *rollout.Plan) {
			p.Steps[2].Analysis = &rollout.Analysis{Metrics: []rollout.Metric{{Name: rollout.SuccessRate, Range: rollout.Range{Min: &worse}}}}
		},
		"at step 2 metric latency-p99 is not measured any more": func(p *rollout.Plan) {
			p.Steps[1].Analysis = &rollout.Analysis{Metrics: p.Steps[2].Analysis.Metrics}
		},
		"its pauses come to 5m, and came to 10m before":                               func(p *rollout.Plan) { p.Steps[0].Pause = &rollout.Pause{Duration: 5 * time.Minute} },
		"0 of its pauses wait for approval, and 1 did before":                         func(p *rollout.Plan) { p.Steps[1].Pause = nil },
		"1 approvals end a pause, and 2 were needed before":                           func(p *rollout.Plan) { p.Approvals = 1 },
		"its progress deadline is none, and was 1h before":                            func(p *rollout.Plan) { p.ProgressDeadline = 0 },
		"its progress deadline is 2h, and was 1h before":                              func(p *rollout.Plan) { p.ProgressDeadline = 2 * time.Hour },
		"it is suspended no more":                                                     func(p *rollout.Plan) { p.Suspend = false },
		"it does not require known endpoints any more":                                func(p *rollout.Plan) { p.Readiness = rollout.WhenKnown },
		"its readiness asks for 0 % of stable's endpoints, and asked for 50 % before": func(p *rollout.Plan) { p.ReadyPercentOfStable = 0 },
		"a new subset settles for 0s, and did for 1m before":                          func(p *rollout.Plan) { p.Settle = 0 },
		"it goes on when its window closes, which it did not before":                  func(p *rollout.Plan) { p.WhenWindowCloses = rollout.Finish },
		"it starts at any time, and would have at 2026-12-01T00:00:00Z":               func(p *rollout.Plan) { p.StartAt = time.Time{} },
		`its schedule is not "0 10 * * * UTC" any more`:                               func(p *rollout.Plan) { p.Schedule = nil },
		"allow window office is gone, or other than before":                           func(p *rollout.Plan) { p.Windows = nil },
		"allow window night opens besides": func(p *rollout.Plan) {
			p.Windows = append(p.Windows, rollout.Window{Name: "night", Kind: rollout.Allow})
		},
		"step 1 has other windows than before":                               func(p *rollout.Plan) { p.Steps[0].Windows = nil },
		"no metric is measured any more":                                     func(p *rollout.Plan) { p.Analysis = nil },
		"3 instants without an answer are borne, and 2 were before":          func(p *rollout.Plan) { p.Analysis.InconclusiveLimit = 3 },
		"metric success-rate bears 3 failures, and bore 2 before":            func(p *rollout.Plan) { p.Analysis.FailureLimit = 3 },
		"metric latency-p99 bears 3 failures, and bore 1 before":             func(p *rollout.Plan) { p.Analysis.Metrics[1].FailureLimit = &three },
		"metric latency-p99 is not measured any more":                        func(p *rollout.Plan) { p.Analysis.Metrics = p.Analysis.Metrics[:1] },
		"metric success-rate may be worse than before":                       func(p *rollout.Plan) { p.Analysis.Metrics[0].Range.Min = &worse },
		"metric latency-p99 may be worse than before":                        func(p *rollout.Plan) { p.Analysis.Metrics[1].Range.Max = &other },
		"metric success-rate is another question than before":                func(p *rollout.Plan) { p.Analysis.Metrics[0].Against = rollout.Ratio },
		"webhook gate (confirm-rollout) is not asked any more, or elsewhere": func(p *rollout.Plan) { p.Webhooks[0].URL = "http://else" },
	} {
		after := strict()
		change(&after)
		assert.Equal(t, []string{says}, after.Loosens(strict()), says)
	}
}

func TestAPauseThatComesAtALargerWeightLoosens(t *testing.T) {
	approval, soak := &rollout.Pause{UntilApproved: true}, &rollout.Pause{Duration: time.Hour}
	before := rollout.Plan{Steps: []rollout.Step{{SetWeight: 50, Pause: approval}, {SetWeight: 75, Pause: soak}, {SetWeight: 100}}}
	after := rollout.Plan{Steps: []rollout.Step{{SetWeight: 50}, {SetWeight: 75}, {SetWeight: 100, Pause: approval}}}
	assert.Equal(t, []string{
		"its pauses come to 0s, and came to 1h before",
		"it exceeds 50 % after 0 pauses that wait for approval, and did after 1 before",
	}, after.Loosens(before))
	after.Steps[2].Pause, before.Steps[0].Pause = soak, nil
	assert.Equal(t, []string{"it exceeds 75 % after pauses of 0s, and did after 1h before"}, after.Loosens(before))
	sooner := rollout.Plan{Steps: []rollout.Step{{SetWeight: 25, Pause: soak}, {SetWeight: 75}, {SetWeight: 100}}}
	assert.Empty(t, sooner.Loosens(before), "it holds at less than before")
}

func TestAPlanThatHoldsMoreLoosensNothing(t *testing.T) {
	assert.Empty(t, strict().Loosens(strict()))
	assert.Empty(t, strict().Loosens(rollout.Plan{Steps: []rollout.Step{{SetWeight: 100}}}), "whatever is added")
	tighter := strict()
	tighter.Approvals, tighter.ProgressDeadline, tighter.Analysis.FailureLimit = 3, time.Minute, 0
	tighter.Windows = append(tighter.Windows, rollout.Window{Name: "night", Kind: rollout.Deny})
	assert.Empty(t, tighter.Loosens(strict()))
}
