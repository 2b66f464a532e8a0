package agent

import (
	"time"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// View is one rollout as people see it: the same in status, on the status
// branch and in every report.
type View struct {
	ID          rollout.ID     `json:"id,omitempty"`
	Name        string         `json:"name"`
	Namespace   string         `json:"namespace"`
	Environment string         `json:"environment"`
	Phase       rollout.Phase  `json:"phase"`
	Reason      rollout.Reason `json:"reason"`
	Plan        PlanView       `json:"plan"`
	// Step is the one that the weights are at, from 1; 0 before the first.
	Step     int              `json:"step"`
	Steps    int              `json:"steps"`
	Targets  []TargetView     `json:"targets"`
	Routes   []RouteView      `json:"routes"`
	Wanted   []RouteView      `json:"wanted,omitempty"`
	Revision string           `json:"revision,omitempty"`
	Next     *time.Time       `json:"next,omitempty"`
	Findings []policy.Finding `json:"findings,omitempty"`
	Error    string           `json:"error,omitempty"`
	// Unmeasured says why metrics of the current step have no samples.
	Unmeasured string `json:"unmeasured,omitempty"`
	// Decision is the digest of the entry that allowed the weights now.
	Decision rollout.Digest `json:"decision,omitempty"`
}

// PlanView names a plan and where it stands; the default plan stands nowhere.
type PlanView struct {
	Name string `json:"name"`
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

// TargetView names a target.
type TargetView struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// RouteView is the split of one route of one target.
type RouteView struct {
	Target       string           `json:"target"`
	Route        string           `json:"route"`
	Protocol     rollout.Protocol `json:"protocol"`
	Total        int              `json:"total"`
	Destinations rollout.Split    `json:"destinations"`
}

// ViewRoutes shows a target's moving routes.
func ViewRoutes(target string, routes rollout.Routes) []RouteView {
	out := []RouteView{}
	for _, r := range routes.Moving() {
		out = append(out, RouteView{target, r.Label, r.Protocol, totalOf(r.Split), r.Split})
	}
	return out
}

// totalOf is what the numbers of a split add up to; a lone destination without
// one is the whole.
func totalOf(s rollout.Split) int {
	total := 0
	for _, w := range s {
		total += w.Weight
	}
	if len(s) == 1 && total == 0 {
		return rollout.DefaultTotal
	}
	return total
}

// ViewPlan shows a rollout's plan.
func ViewPlan(r *rollout.Rollout) PlanView {
	if r.Plan.Default {
		return PlanView{}
	}
	return PlanView{r.Plan.Name, r.Plan.Position.File, r.Plan.Position.Line}
}

// ViewTargets shows a rollout's targets.
func ViewTargets(r *rollout.Rollout) []TargetView {
	out := []TargetView{}
	for _, t := range r.Targets {
		out = append(out, TargetView{"VirtualService", t.Ref.Namespace, t.Ref.Name})
	}
	return out
}

// stands is where the rollout is after its turn: where the move led if it was
// written or had nothing to write, else where it was.
func (t *Turn) stands() (rollout.Journey, rollout.Reason) {
	if j := t.Move.Journey; t.Done || !t.Move.Writes() {
		if t.Move.Reason.Code == rollout.GoingBack && j.Phase == rollout.Healthy { // it has ended, and is not back yet
			j.Phase = t.Move.Reason.Code.Phase()
		}
		return j, t.Move.Reason
	}
	if j, ok := rollout.Memory(t.Rollout.Refs(), t.Facts.Live); ok {
		return j, j.Reason
	}
	return rollout.Journey{ID: t.Move.Journey.ID, Step: -1, Phase: rollout.Pending}, t.Move.Reason
}

// view shows a rollout after its turn.
func (t *Turn) view() View {
	j, reason := t.stands()
	v := View{
		ID: j.ID, Name: t.Rollout.Name.Plan, Namespace: t.Rollout.Name.Namespace, Environment: t.Rollout.Name.Environment,
		Phase: j.Phase, Reason: reason, Plan: ViewPlan(t.Rollout), Step: min(j.Step+1, len(t.Rollout.Plan.Steps)),
		Steps: len(t.Rollout.Plan.Steps), Targets: ViewTargets(t.Rollout), Routes: []RouteView{}, Revision: t.Rollout.Source.Revision,
	}
	live := t.Facts.Live
	if t.Done {
		live = t.Move.On(live)
	}
	for _, l := range live {
		v.Routes = append(v.Routes, ViewRoutes(l.Ref.Name, l.Routes)...)
	}
	for _, w := range t.Rollout.Targets {
		v.Wanted = append(v.Wanted, ViewRoutes(w.Ref.Name, w.Routes)...)
	}
	if !t.Move.Again.IsZero() {
		next := t.Move.Again.UTC()
		v.Next = &next
	}
	if len(t.Decision.Findings) > 0 {
		v.Findings = t.Decision.Findings
	}
	if t.Err != nil {
		v.Error = t.Err.Error()
	}
	v.Unmeasured = t.unmeasured()
	now, _ := rollout.Memory(t.Rollout.Refs(), live)
	v.Decision = now.Entry
	return v
}

// same tells whether both say the same to a person. Times and counts of pods
// in a sentence are not news, nor is a commit that asks for the same.
func (v View) same(o View) bool { return v.essence() == o.essence() }

func (v View) essence() rollout.Digest {
	return rollout.DigestOf([]any{v.ID, v.Phase, v.news(), v.Step, v.Routes, v.Wanted, v.Error, v.Findings, v.Unmeasured != ""})
}

// news is what of the reason is worth telling anew: its code, but of approvals also
// who gave one and why it does not count.
func (v View) news() string {
	if v.Reason.Code == rollout.Approval {
		return v.Reason.Sentence
	}
	return string(v.Reason.Code)
}
