package agent

import (
	"context"
	"slices"
	"time"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// CheckReport is what a change would do, step by step, and what the policies
// say of it.
type CheckReport struct {
	APIVersion string           `json:"apiVersion"`
	Kind       string           `json:"kind"`
	Base       CheckRevision    `json:"base"`
	Head       CheckRevision    `json:"head"`
	Decision   policy.Verdict   `json:"decision"`
	Rollouts   []CheckRollout   `json:"rollouts"`
	Findings   []policy.Finding `json:"findings"`
	Problems   rollout.Problems `json:"problems"`
	// Advice is what the change's own policies would say; nil where they are those
	// that judge.
	Advice *Advice `json:"advice,omitempty"`
	// Reviews are what the policies were asked, move by move.
	Reviews []policy.Question `json:"-"`
}

// CheckRevision names one side.
type CheckRevision struct {
	Revision string `json:"revision"`
}

// CheckRollout is one rollout that the change moves.
type CheckRollout struct {
	ID          rollout.ID     `json:"id"`
	Provisional bool           `json:"provisional"`
	Name        string         `json:"name"`
	Environment string         `json:"environment"`
	Plan        PlanView       `json:"plan"`
	Decision    policy.Verdict `json:"decision"`
	Targets     []TargetView   `json:"targets"`
	Kind        string         `json:"kind"` // weights | reshape | create | remove
	// Reason is why nothing of it would move, where nothing would.
	Reason rollout.Reason `json:"reason,omitzero"`
	// Zone is that of the rollout's windows, or of its schedule; nil where it has none.
	Zone *time.Location `json:"-"`
	// From is the splits before the first step.
	From  []RouteView `json:"from"`
	Steps []CheckStep `json:"steps"`
}

// CheckStep is one step of it: when it comes at the earliest, how long it
// lasts, and the splits at it. Index is the plan's, from 0; what belongs to no
// step of the plan has -1.
type CheckStep struct {
	Index     int `json:"index"`
	SetWeight int `json:"setWeight"`
	// Earliest is left out where the step is held for longer than can be foretold.
	Earliest time.Time `json:"earliest,omitzero"`
	// Waits says which window, freeze or tick it is that the step waits for, or what
	// holds it for longer than can be foretold.
	Waits string `json:"waits,omitempty"`
	// Reason says what a move that changes no weight changes.
	Reason string      `json:"reason,omitempty"`
	Pause  *CheckPause `json:"pause,omitempty"`
	Routes []RouteView `json:"routes"`
}

// CheckPause is a step's pause.
type CheckPause struct {
	Seconds       int  `json:"seconds"`
	UntilApproved bool `json:"untilApproved"`
}

// Check says what the change from base to head would do if base were live, as
// the base's policies judge it. Nothing is read but its arguments.
func Check(ctx context.Context, base, head Side, now time.Time) CheckReport {
	c := checking{base: base, head: head, was: registerOf(base), is: registerOf(head), judges: base.Policies, now: now, CheckReport: CheckReport{
		APIVersion: audit.APIVersion, Kind: "CheckReport", Base: CheckRevision{base.Revision}, Head: CheckRevision{head.Revision},
		Decision: policy.Allow, Rollouts: []CheckRollout{}, Findings: []policy.Finding{}, Problems: rollout.Problems{},
	}}
	if len(head.Problems) > 0 {
		return c.wrong(head.Problems)
	}
	changed := moved(base, head, c.was)
	switch {
	case !base.Delivered: // nothing was trusted before: the first seen starts the chain
		c.judges = head.Policies
	case c.judges == nil && len(changed) > 0:
		return c.wrong(base.Problems)
	}
	c.wrong(base.vanished(head))
	beside := around(base, head)
	c.adviser = newAdviser(c.judges, head.own, beside.touches)
	c.rehearse(ctx)
	c.Findings = append(c.Findings, slices.Concat(deserted(base, head), safeguards(base, head), cautions(base, head), head.Unused)...)
	for _, r := range changed {
		c.try(ctx, r, beside.of(r))
	}
	if c.judges != nil {
		c.Findings = append(c.Findings, rehearsed(ctx, c.judges, beside.plans, head, c.was, c.is, changed, now)...)
	}
	c.Advice = c.adviser.told()
	return c.wrong(nil)
}

// checking is a check on its way.
type checking struct {
	CheckReport
	base, head Side
	was, is    register
	judges     *policy.Set
	adviser    *adviser
	now        time.Time
}

// wrong is the report with problems, after which nothing is allowed.
func (c *checking) wrong(problems rollout.Problems) CheckReport {
	if len(problems) > 0 {
		c.Decision = policy.Error
	}
	c.Problems = append(rollout.Problems{}, append(c.Problems, problems...).Sorted()...)
	return c.CheckReport
}

// rehearse tries policies that the change brings.
func (c *checking) rehearse(ctx context.Context) {
	news := c.head.own
	if news == nil || c.judges == nil || c.base.Delivered && news.Digest() == c.judges.Digest() {
		return
	}
	if problems := news.Rehearse(ctx, c.head.names(), c.now); len(problems) > 0 {
		c.wrong(problems)
		c.adviser = nil // what cannot judge advises nobody
	}
}

// try foresees the moves of one rollout that the change moves.
func (c *checking) try(ctx context.Context, r *rollout.Rollout, around policy.Around) {
	r.Rules = proposed(c.head.delivery, c.base.delivery, r.Name.Environment) // as the agent will take them
	facts := c.was.facts(r, c.is)
	moves := Foresee(ctx, c.judges, policy.PullRequest, r, facts, around, c.now)
	c.adviser.hear(ctx, moves)
	c.Findings = append(c.Findings, unapproved(r, moves)...)
	shown := checkRollout(r, facts, moves)
	if len(moves) == 0 || moves[0].At.IsZero() {
		shown.Reason = rollout.Next(r, hopeful(facts, r, facts.Live), c.now).Reason
	}
	for _, m := range moves {
		c.Findings = append(c.Findings, pointed(c.head.Overlays, m.Question, m.Decision.Findings)...)
		c.Findings = append(c.Findings, cutOff(m)...)
		if m.Question.Kind != "" {
			c.Reviews = append(c.Reviews, m.Question)
		}
		if m.Decision.Verdict == policy.Error {
			c.wrong(rollout.Problems{{Message: "the policies could not judge " + r.Name.String() + ": " + m.Decision.Problem}})
		}
	}
	c.Decision = worse(c.Decision, shown.Decision)
	c.Rollouts = append(c.Rollouts, shown)
}

// worse is the verdict that weighs more.
func worse(a, b policy.Verdict) policy.Verdict {
	order := []policy.Verdict{policy.Allow, policy.Deny, policy.Error}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// moved is the rollouts of head whose wish is not base's, and those that head
// lacks.
func moved(base, head Side, was register) []*rollout.Rollout {
	var live []rollout.Live
	found := map[rollout.Name]rollout.Live{} // by environment and VirtualService
	for _, o := range base.Overlays {
		for _, t := range o.Targets {
			t.Subsets = was.labels[o.Environment].of(t.Ref.Namespace, t.Routes)
			l := base.live(o, t)
			live = append(live, l)
			found[service(o.Environment, t.Ref)] = l
		}
	}
	var accepted []rollout.Accepted
	for _, o := range head.Overlays {
		accepted = append(accepted, o.Accepted)
	}
	rollouts := rollout.Match(accepted, live)
	label(rollouts, head.Overlays)
	var out []*rollout.Rollout
	for _, r := range rollouts {
		if r.Want == rollout.Known && !slices.ContainsFunc(r.Targets, func(t rollout.Target) bool {
			l, ok := found[service(r.Name.Environment, t.Ref)]
			return !ok || !l.Routes.Equal(t.Routes) || l.State.Member.Rest != t.Rest ||
				t.Selects() != "" && l.State.Member.Selects != t.Selects()
		}) {
			continue
		}
		out = append(out, r)
	}
	return out
}

// checkRollout shows a rollout's foreseen moves as steps.
func checkRollout(r *rollout.Rollout, f rollout.Facts, moves []Foreseen) CheckRollout {
	c := CheckRollout{
		Provisional: true, Name: r.Name.Plan, Environment: r.Name.Environment, Plan: ViewPlan(r), Decision: policy.Allow,
		Targets: ViewTargets(r), Kind: "reshape", From: []RouteView{}, Steps: []CheckStep{},
	}
	if c.Zone = zoneOf(r); r.Want == rollout.Gone {
		c.Kind = "remove"
	}
	all := weighed(f.Live, moves)
	for _, l := range f.Live {
		c.From = append(c.From, all.view(l.Ref, l.Routes)...)
	}
	for _, m := range moves {
		if c.ID == "" || m.Move.Kind == rollout.Forward {
			c.ID = m.Move.Journey.ID
		}
		switch m.Move.Kind {
		case rollout.Create, rollout.Remove:
			c.Kind = string(m.Move.Kind)
		case rollout.Forward, rollout.Back:
			c.Kind = "weights"
		}
		if !m.Decision.Answer().Transient { // what passes by itself is a wait, not a refusal
			c.Decision = worse(c.Decision, m.Decision.Verdict)
		}
		c.Steps = append(c.Steps, checkStep(r, m, all))
	}
	return c
}

// zoneOf is the time zone that the plan's author thinks in: that of its own windows,
// its schedule, or the windows around it.
func zoneOf(r *rollout.Rollout) *time.Location {
	if len(r.Plan.Windows) > 0 {
		return r.Plan.Windows[0].Zone
	}
	if s := r.Plan.Schedule; s != nil {
		return s.Zone
	}
	for _, l := range r.Rules.Levels {
		if len(l.Windows) > 0 {
			return l.Windows[0].Zone
		}
	}
	return nil
}

func checkStep(r *rollout.Rollout, m Foreseen, all weighing) CheckStep {
	s := CheckStep{Index: -1, SetWeight: 100, Earliest: m.At.UTC(), Waits: m.Waits.Sentence, Routes: []RouteView{}}
	if k := m.Move.Journey.Step; m.Move.Kind == rollout.Forward && k >= 0 && k < len(r.Plan.Steps) {
		s.Index, s.SetWeight = k, r.Plan.Steps[k].SetWeight
		if p := r.Plan.Steps[k].Pause; p != nil {
			s.Pause = &CheckPause{int(p.Duration.Seconds()), p.UntilApproved}
		}
	}
	if m.Move.Kind == rollout.Reshape {
		s.Reason = m.Move.Reason.Sentence
	}
	for _, c := range m.Move.Changes {
		s.Routes = append(s.Routes, all.view(c.Ref, c.To)...)
	}
	return s
}
