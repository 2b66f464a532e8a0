package agent

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// Foreseen is one move of a rollout's timeline, and what the policies say of it.
type Foreseen struct {
	At       time.Time // zero where it is held for longer than can be foretold
	Move     rollout.Move
	Question policy.Question
	Decision policy.Decision
	// Waits is what the rollout waited for until then, where that was a window, a
	// freeze or a tick; or what holds it for longer than can be foretold.
	Waits rollout.Reason
}

// cutOff says what of a decision's findings was more than a decision holds.
func cutOff(m Foreseen) []policy.Finding {
	if m.Decision.Dropped == 0 {
		return nil
	}
	return []policy.Finding{{
		Rule: "weir-findings-cut", Level: policy.Warns, Environment: m.Question.Environment, Rollout: m.Question.Rollout.ID, Step: m.Question.Step,
		Message: fmt.Sprintf("the policies have %d findings more than the %d that are shown", m.Decision.Dropped, len(m.Decision.Findings)),
		Fix:     "Let a rule say once what it means, and not once for each thing that it finds.",
	}}
}

// foreseeable bounds how far a timeline is followed, in moves and in time.
const (
	foreseeableMoves = 8 * rollout.MaxSteps
	foreseeableTime  = 366 * 24 * time.Hour
)

// Foresee follows a rollout from the facts to its end, as if every endpoint
// were ready, every approval given at once, every metric good and nothing
// refused, and asks the
// policies about each move on the way. It is pure but for the policies'
// deadline; check and the agent's admission are this.
//
// What a pull request would do is judged to the end, though it be held for longer than
// can be foretold: what comes after that has no time.
func Foresee(ctx context.Context, policies *policy.Set, moment policy.Moment, r *rollout.Rollout, from rollout.Facts, around policy.Around, now time.Time) []Foreseen {
	f := foreseeing{policies: Trusted{Set: policies}, moment: moment, around: around, r: r, from: from}
	last := f.follow(ctx, now, now.Add(foreseeableTime))
	if moment == policy.PullRequest && last.Kind == rollout.Hold {
		f.unheld, f.waits, f.moves = true, last.Reason, 0
		f.follow(ctx, f.at, f.at.AddDate(rollout.MaxSteps, 0, 0)) // each of its pauses may be as long
	}
	return f.out
}

// foreseeing is a timeline on its way.
type foreseeing struct {
	policies Trusted
	moment   policy.Moment
	around   policy.Around
	r        *rollout.Rollout
	from     rollout.Facts
	unheld   bool
	live     []rollout.Live
	at       time.Time
	waits    rollout.Reason
	moves    int
	out      []Foreseen
}

// follow goes on until a time, and returns the last move.
func (f *foreseeing) follow(ctx context.Context, from, until time.Time) (last rollout.Move) {
	for at, m := range rollout.Timeline(f.r, f.facts, func(r *rollout.Rollout, facts rollout.Facts, m rollout.Move, at time.Time) rollout.Verdict {
		facts.Ready = f.from.Ready // the policies see what is known, not what is hoped
		q := policy.Ask(f.moment, r, facts, m, at).Amid(r, f.around)
		f.foresee(at, Foreseen{Move: m, Question: q, Decision: f.policies.review(ctx, q)})
		return rollout.Verdict{Allow: true}
	}, from, until) {
		if f.moves++; f.moves > foreseeableMoves || ctx.Err() != nil {
			break
		}
		if f.at, last = at, m; !m.Kind.Traits().Decided && m.Kind != rollout.Hold {
			f.foresee(at, Foreseen{Move: m, Decision: policy.Decision{Verdict: policy.Allow}})
		}
		switch {
		case m.Kind == rollout.Hold && m.Reason.Code.Awaited():
			f.waits = m.Reason
		case m.Kind != rollout.Hold || !f.unheld:
			f.waits = rollout.Reason{}
		}
	}
	return last
}

// foresee takes in a move.
func (f *foreseeing) foresee(at time.Time, m Foreseen) {
	if m.Waits = f.waits; !f.unheld {
		m.At = at
	}
	f.out = append(f.out, m)
}

// facts are what is hoped, of the live side as the moves made it.
func (f *foreseeing) facts(_ time.Time, live []rollout.Live) rollout.Facts {
	if live != nil {
		f.live = live
	}
	out := hopeful(f.from, f.r, f.live)
	out.Unheld = f.unheld
	return out
}

// admission turns the first step of a journey into a refusal when the policies
// refuse any step of it for good: a rollout that cannot end does not begin.
func (a *Agent) admission(ctx context.Context, t *Turn, now time.Time) {
	if t.Move.Kind != rollout.Forward || t.Move.Journey.Seq > 1 || t.Decision.Verdict != policy.Allow {
		return
	}
	for _, f := range Foresee(ctx, a.policies.Set, policy.Admission, t.Rollout, t.Facts, policy.Around{}, now) {
		if f.Decision.Verdict == policy.Allow || f.Decision.Answer().Transient {
			continue
		}
		t.Question, t.Decision = f.Question, f.Decision
		if f.Move.Journey.Step > t.Move.Journey.Step {
			for i := range t.Decision.Findings {
				t.Decision.Findings[i].Message = fmt.Sprintf("at step %d: %s", f.Move.Journey.Step+1, t.Decision.Findings[i].Message)
			}
		}
		return
	}
}

// hopeful is the facts with every destination ready, every approval given and
// every metric good.
func hopeful(f rollout.Facts, r *rollout.Rollout, live []rollout.Live) rollout.Facts {
	if live != nil {
		f.Live = live
	}
	found := f.Ready
	f.Seen, f.Stopped, f.Ready, f.Intents = true, "", map[rollout.Destination]rollout.Readiness{}, nil
	f.Hopeful, f.NoMetrics = true, ""
	for _, d := range known(r, f.Live) {
		f.Ready[d] = rollout.Readiness{Defined: true, Known: true, Ready: 1, Want: 1, Labels: found[d].Labels}
	}
	f.Relabelled = f.Ready
	for _, l := range f.Live {
		if l.State != nil {
			f.Intents = append(f.Intents, approvals(r, l.State.Journey)...)
		}
	}
	return f
}

// approvals are what Foresee lets people give at once.
func approvals(r *rollout.Rollout, j rollout.Journey) []rollout.Intent {
	var out []rollout.Intent
	for _, by := range r.Imagined(r.Plan.WithDefaults().Approvals) {
		out = append(out, rollout.Intent{Verb: rollout.ToApprove, ID: j.ID, Step: j.Step, By: by})
	}
	return out
}

// unapproved warns of approvals that a plan waits for and that too few are left to give:
// who wrote the change is none of them.
func unapproved(r *rollout.Rollout, moves []Foreseen) []policy.Finding {
	n := r.Plan.WithDefaults().Approvals
	may, step := r.Imagined(n), -1
	for _, m := range moves {
		i := m.Move.Journey.Step
		if m.Move.Kind == rollout.Forward && step < 0 && i < len(r.Plan.Steps) && r.Plan.Steps[i].Pause != nil && r.Plan.Steps[i].Pause.UntilApproved {
			step = i
		}
	}
	if step < 0 || len(may) >= n {
		return nil
	}
	approvals := "an approval"
	if n > 1 {
		approvals = fmt.Sprintf("%d approvals", n)
	}
	return []policy.Finding{{
		Rule: "weir-nobody-approves", Level: policy.Warns, Environment: r.Name.Environment, Step: step, Position: r.Plan.Position,
		Message: fmt.Sprintf("step %d of plan %s waits for %s, and of the approvers in weir.yaml %d did not write the change", step+1, r.Plan.Name, approvals, len(may)),
		Fix:     "Let somebody else write the change, or name more approvers in a change before it.",
	}}
}

// known lists every destination of a rollout and its live side.
func known(r *rollout.Rollout, live []rollout.Live) []rollout.Destination {
	var out []rollout.Destination
	for _, q := range rollout.Needs(r, rollout.Facts{Live: live}, time.Time{}) { // before any instant of an analysis
		if q.Call == nil {
			out = append(out, q.Destination)
		}
	}
	for _, t := range r.Targets {
		for _, route := range t.Routes {
			for _, w := range route.Split {
				if !slices.Contains(out, w.Destination) {
					out = append(out, w.Destination)
				}
			}
		}
	}
	return out
}
