package policy

import (
	"fmt"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// Gates is what the plan's moves wait for besides their pauses.
type Gates struct {
	Approvals Approvals `json:"approvals"`
	// ProgressDeadlineSeconds is 0 for none.
	ProgressDeadlineSeconds float64 `json:"progressDeadlineSeconds"`
	// WhenWindowCloses is hold, finish or rollback.
	WhenWindowCloses string `json:"whenWindowCloses"`
	// Rollback is absent where the weights go back in one move.
	Rollback *WayBack `json:"rollback,omitempty"`
	// StartAt is absent where a plan begins at any time, Schedule where its steps
	// are taken at any.
	StartAt  *time.Time `json:"startAt,omitempty"`
	Schedule *Schedule  `json:"schedule,omitempty"`
	// Windows and Freezes are all that hold the rollout: those of the Delivery, the
	// environment, the plan and its steps.
	Windows []Window `json:"windows"`
	Freezes []Freeze `json:"freezes"`
	// Analysis is the plan's; absent where it has none.
	Analysis *Analysis `json:"analysis,omitempty"`
	Webhooks []Webhook `json:"webhooks"`
}

// Approvals says how many people end a pause that waits for them, and who may.
type Approvals struct {
	Required int `json:"required"`
	// Approvers are mail addresses, and "@" and a domain; with none, everybody may
	// who did not write the change.
	Approvers []string `json:"approvers"`
	// Signed says that an approval counts for whoever's key signed its commit.
	Signed bool `json:"signed"`
}

// WayBack is in which steps the weights go back.
type WayBack struct {
	StepWeight      int     `json:"stepWeight"`
	IntervalSeconds float64 `json:"intervalSeconds"`
}

// Schedule is when steps are taken.
type Schedule struct {
	Cron     string `json:"cron"`
	TimeZone string `json:"timeZone"`
}

// Window is one window, and whether it is open at the time of the decision.
type Window struct {
	Name            string             `json:"name"`
	Kind            rollout.WindowKind `json:"kind"`
	Schedule        string             `json:"schedule"`
	DurationSeconds float64            `json:"durationSeconds"`
	TimeZone        string             `json:"timeZone"`
	Open            bool               `json:"open"`
	// Level is whose it is, as in "the Delivery", "environment production", "the
	// plan", "step 2".
	Level string `json:"level"`
	// Step is the index of the one step that it holds; -1 for all.
	Step int    `json:"step"`
	File string `json:"file"`
	Line int    `json:"line"`
}

// Freeze is one freeze, and whether it holds at the time of the decision.
type Freeze struct {
	Name   string    `json:"name"`
	Reason string    `json:"reason"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Active bool      `json:"active"`
	Level  string    `json:"level"`
}

// Analysis is by which metrics steps are judged.
type Analysis struct {
	IntervalSeconds   float64  `json:"intervalSeconds"`
	FailureLimit      int      `json:"failureLimit"`
	InconclusiveLimit int      `json:"inconclusiveLimit"`
	Metrics           []string `json:"metrics"` // their names
}

// Webhook is a gate in other hands; where it is asked is left out, as an address may
// hold a secret.
type Webhook struct {
	Name string              `json:"name"`
	Type rollout.WebhookType `json:"type"`
}

// askGates are the gates of a rollout at a time.
func askGates(r *rollout.Rollout, now time.Time) Gates {
	p := r.Plan.WithDefaults()
	g := Gates{
		Approvals:               Approvals{Required: p.Approvals, Approvers: append([]string{}, r.Rules.Approvers...), Signed: r.Rules.Signed},
		ProgressDeadlineSeconds: p.ProgressDeadline.Seconds(),
		WhenWindowCloses:        p.WhenWindowCloses.String(),
		Windows:                 []Window{}, Freezes: []Freeze{}, Webhooks: []Webhook{},
		Analysis: askAnalysis(p.Analysis),
	}
	if !p.StartAt.IsZero() {
		at := p.StartAt.UTC()
		g.StartAt = &at
	}
	if b := p.Rollback; b != nil {
		g.Rollback = &WayBack{b.StepWeight, b.Interval.Seconds()}
	}
	if p.Schedule != nil {
		g.Schedule = &Schedule{p.Schedule.Cron, p.Schedule.TimeZone}
	}
	for _, l := range append(r.Rules.Levels[:len(r.Rules.Levels):len(r.Rules.Levels)], rollout.Level{Name: "the plan", Windows: p.Windows}) {
		g.hold(l, -1, now)
	}
	for i, s := range p.Steps {
		g.hold(rollout.Level{Name: fmt.Sprintf("step %d", i+1), Windows: s.Windows}, i, now)
	}
	for _, w := range p.Webhooks {
		g.Webhooks = append(g.Webhooks, Webhook{w.Name, w.Type})
	}
	return g
}

// hold adds the windows and freezes of a level.
func (g *Gates) hold(l rollout.Level, step int, now time.Time) {
	for _, w := range l.Windows {
		g.Windows = append(g.Windows, Window{
			Name: w.Name, Kind: w.Kind, Schedule: w.Schedule, DurationSeconds: w.Duration.Seconds(), TimeZone: w.TimeZone,
			Open: w.Open(now), Level: l.Name, Step: step, File: w.Position.File, Line: w.Position.Line,
		})
	}
	for _, f := range l.Freezes {
		g.Freezes = append(g.Freezes, Freeze{f.Name, f.Reason, f.From.UTC(), f.To.UTC(), f.Active(now), l.Name})
	}
}

// askAnalysis is nil where there is none.
func askAnalysis(a *rollout.Analysis) *Analysis {
	if a == nil {
		return nil
	}
	out := &Analysis{IntervalSeconds: a.Interval.Seconds(), FailureLimit: a.FailureLimit, InconclusiveLimit: a.InconclusiveLimit, Metrics: []string{}}
	for _, m := range a.Metrics {
		out.Metrics = append(out.Metrics, m.Name)
	}
	return out
}
