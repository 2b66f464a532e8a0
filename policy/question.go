package policy

import (
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// Version and Kind of the input document.
const (
	Version = "weir.dev/v1alpha1"
	Kind    = "WeightPlanReview"
)

// Moment is when a move is reviewed.
type Moment string

// In the pull request, about all steps before the first is taken, and before each.
const (
	PullRequest Moment = "pull-request"
	Admission   Moment = "admission"
	Runtime     Moment = "runtime"
)

// Operation is what the move does, in the words that rules use.
type Operation string

// Promote is the step that reaches Git's weights. Rollback is never refused.
const (
	Create   Operation = "create"
	Reshape  Operation = "reshape"
	Step     Operation = "step"
	Promote  Operation = "promote"
	Remove   Operation = "remove"
	Rollback Operation = "rollback"
	Correct  Operation = "correct"
)

// operations translates what moves are called. A Hold is no operation, and is
// never asked about. It is never changed.
var operations = map[rollout.Kind]Operation{
	rollout.Create:  Create,
	rollout.Reshape: Reshape,
	rollout.Forward: Step,
	rollout.CatchUp: Step,
	rollout.Remove:  Remove,
	rollout.Back:    Rollback,
	rollout.Correct: Correct,
}

// Question is the input document of every rule, a WeightPlanReview. Facts that
// may be unknown are absent then, never invented; names and numbers that there
// are none of are "", 0 or -1, so that a message that prints them still comes
// out. Shares and exposures are percent, from 0 to 100.
type Question struct {
	APIVersion  string    `json:"apiVersion"`
	Kind        string    `json:"kind"`
	Moment      Moment    `json:"moment"`
	Operation   Operation `json:"operation"`
	Time        Time      `json:"time"`
	Cluster     string    `json:"cluster"`
	Environment string    `json:"environment"`
	Rollout     Name      `json:"rollout"`
	Targets     []Target  `json:"targets"`
	Plan        Plan      `json:"plan"`
	// Step is the index of the step that the move goes to, for step and
	// promote; as many as there are steps for a target beyond the last; else -1.
	Step   int    `json:"step"`
	Change Change `json:"change"`
	// InFlight are the other rollouts of this agent between their first step and
	// their last, those among them that this pass lets begin; absent but at runtime.
	InFlight *[]Other `json:"inFlight,omitempty"`
}

// Other names another rollout.
type Other struct {
	Environment string `json:"environment"`
	Namespace   string `json:"namespace"`
	Name        string `json:"name"`
}

// Time is the time of the decision, in UTC; time.now_ns is the same instant.
type Time struct {
	Now          time.Time `json:"now"`
	Weekday      string    `json:"weekday"`
	Hour         int       `json:"hour"`
	Minute       int       `json:"minute"`
	EpochSeconds int64     `json:"epochSeconds"`
}

// Name names the rollout.
type Name struct {
	ID        rollout.ID `json:"id"`
	Namespace string     `json:"namespace"`
	Name      string     `json:"name"`
}

// Target is one VirtualService that the move changes.
type Target struct {
	Kind      string  `json:"kind"`
	Namespace string  `json:"namespace"`
	Name      string  `json:"name"`
	File      string  `json:"file"`
	Line      int     `json:"line"`
	Routes    []Route `json:"routes"`
	// Instead are VirtualServices that go with the change and had a host of this one,
	// under another name or in another environment; absent but where a pull request
	// creates it.
	Instead *[]Predecessor `json:"instead,omitempty"`
	// Elsewhere are the VirtualServices of its name in the other environments, as Git
	// had them before the change; absent but in a pull request that was read in all
	// environments.
	Elsewhere *[]Elsewhere `json:"elsewhere,omitempty"`
}

// Elsewhere is a VirtualService of another environment.
type Elsewhere struct {
	Environment string           `json:"environment"`
	Namespace   string           `json:"namespace"`
	Routes      []ElsewhereRoute `json:"routes"`
}

// ElsewhereRoute is one of its routes with weights, and the shares that Git has there.
type ElsewhereRoute struct {
	Label        string                 `json:"label"`
	Destinations []ElsewhereDestination `json:"destinations"`
}

// ElsewhereDestination is a destination and its share.
type ElsewhereDestination struct {
	Host   string  `json:"host"`
	Subset string  `json:"subset"`
	Port   int     `json:"port"`
	Share  float64 `json:"share"`
}

// Predecessor is a VirtualService that is there no more after a change.
type Predecessor struct {
	Environment string `json:"environment"`
	Namespace   string `json:"namespace"`
	Name        string `json:"name"`
}

// Route is one route with its destinations. Fixed ones are moved by no step.
type Route struct {
	Key      string           `json:"key"`
	Label    string           `json:"label"`
	Protocol rollout.Protocol `json:"protocol"`
	Fixed    bool             `json:"fixed"`
	// Total is what the weights of the move's outcome sum to.
	Total        int           `json:"total"`
	Exposure     Exposure      `json:"exposure"`
	Destinations []Destination `json:"destinations"`
	Mirrors      []Mirror      `json:"mirrors"`
}

// Exposure is the combined share of the destinations whose share grows from
// stable to target, before the move and after it.
type Exposure struct {
	From *float64 `json:"from,omitempty"`
	To   *float64 `json:"to,omitempty"`
}

// Destination is one destination's part in the route: before the move, after
// it, in Git, and in stable. A side is absent where it does not exist as a
// whole (From of what is created); a side that does not list the destination
// gives it weight 0.
type Destination struct {
	Host   string `json:"host"`
	Subset string `json:"subset"`
	Port   int    `json:"port"`
	From   *Part  `json:"from,omitempty"`
	To     *Part  `json:"to,omitempty"`
	Target *Part  `json:"target,omitempty"`
	Stable *Part  `json:"stable,omitempty"`
	// SubsetDefined is absent where there is no subset or nobody looked.
	SubsetDefined *bool      `json:"subsetDefined,omitempty"`
	Endpoints     *Endpoints `json:"endpoints,omitempty"`
}

// Part is a weight and the share that it comes to. The weight is as written,
// but 100 for a route's only destination, which Istio gives everything.
type Part struct {
	Weight int     `json:"weight"`
	Share  float64 `json:"share"`
}

// Endpoints are a destination's.
type Endpoints struct {
	Ready int `json:"ready"`
	Want  int `json:"want"`
}

// Plan is the plan that the move follows.
type Plan struct {
	Name        string     `json:"name"`
	Default     bool       `json:"default"`
	Steps       []PlanStep `json:"steps"`
	TotalWeight int        `json:"totalWeight"`
	File        string     `json:"file"`
	Line        int        `json:"line"`
	// Loosened is what of the plan holds less than before the change, in sentences;
	// absent but in a pull request, of a plan which there was before.
	Loosened *[]string `json:"loosened,omitempty"`
	Gates
}

// PlanStep is one step. PauseSeconds is 0 for one that does not wait and for
// one that waits until it is approved.
type PlanStep struct {
	Index         int     `json:"index"`
	SetWeight     int     `json:"setWeight"`
	PauseSeconds  float64 `json:"pauseSeconds"`
	UntilApproved bool    `json:"untilApproved"`
	// Analysis is the step's own, in place of the plan's; absent where it has none.
	Analysis *Analysis `json:"analysis,omitempty"`
}

// Change is the commit that asks for the move.
type Change struct {
	Revision string `json:"revision"`
	Author   string `json:"author"`
	// Authors are all who wrote a part of the change, Author among them.
	Authors []string `json:"authors"`
	Subject string   `json:"subject"`
	// Signed says that SSH keys signed all of it, and Signer whose key signed the
	// newest commit, among the Delivery's signers. Trailers are that commit's. They are
	// absent, Signer is "", where nobody knows: of a work tree.
	Signed   *bool             `json:"signed,omitempty"`
	Signer   string            `json:"signer"`
	Trailers map[string]string `json:"trailers,omitzero"`
	// TouchesPolicies says that the change also changes the policies or their data;
	// absent but in a pull request.
	TouchesPolicies *bool `json:"touchesPolicies,omitempty"`
}

// Mirror is a copy of a route's requests, as Git has it.
type Mirror struct {
	Host    string  `json:"host"`
	Subset  string  `json:"subset"`
	Port    int     `json:"port"`
	Percent float64 `json:"percent"`
}
