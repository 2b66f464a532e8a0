package rollout

import (
	"cmp"
	"slices"
	"time"
)

// Name is what people call a rollout and what the agent schedules by:
// an environment and the plan (or, under the default plan, the
// VirtualService) in its namespace. The journeys that it makes have IDs.
type Name struct {
	Environment string `json:"environment"`
	Namespace   string `json:"namespace"`
	Plan        string `json:"plan"`
}

// String is "environment/namespace/plan".
func (n Name) String() string { return n.Environment + "/" + n.Namespace + "/" + n.Plan }

// Compare orders names by environment, namespace and plan.
func (n Name) Compare(o Name) int {
	return cmp.Or(cmp.Compare(n.Environment, o.Environment), cmp.Compare(n.Namespace, o.Namespace), cmp.Compare(n.Plan, o.Plan))
}

// Ref names a VirtualService.
type Ref struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// String is "namespace/name".
func (r Ref) String() string { return r.Namespace + "/" + r.Name }

// Compare orders references by namespace and name.
func (r Ref) Compare(o Ref) int {
	return cmp.Or(cmp.Compare(r.Namespace, o.Namespace), cmp.Compare(r.Name, o.Name))
}

// Want is what is known of Git's side of a rollout.
type Want string

// Known: the targets are as Git has them. Unknown: Git is away or its overlay
// was never readable, so nothing goes forward. Gone: no accepted overlay names
// the targets any more.
const (
	Known   Want = "known"
	Unknown Want = "unknown"
	Gone    Want = "gone"
)

// Source is where a rollout's wishes come from.
type Source struct {
	Cluster  string `json:"cluster"`
	Overlay  string `json:"overlay"`
	Revision string `json:"revision"`
	Author   string `json:"author,omitempty"`
	Subject  string `json:"subject,omitempty"`
	// Authors are all who wrote a part of what changed, where more than the
	// newest commit did.
	Authors []string `json:"authors,omitempty"`
	// Unsure says that others than these may have written a part of it.
	Unsure bool `json:"unsure,omitempty"`
	// Signed says that an SSH key signed the commit; nil where nobody knows, as of a
	// work tree. Signer is whose key it is among the Delivery's signers.
	Signed *bool  `json:"-"`
	Signer string `json:"-"`
	// Trailers are the commit's, as in "Change-Id: CHG123"; nil where nobody knows.
	Trailers map[string]string `json:"-"`
}

// Wrote tells whether the person wrote a part of the change.
func (s Source) Wrote(person string) bool {
	return samePerson(person, s.Author) || slices.ContainsFunc(s.Authors, func(a string) bool { return samePerson(person, a) })
}

// Beside is the source with those among its authors who wrote another one.
func (s Source) Beside(other Source) Source {
	s.Authors, s.Unsure = slices.Clone(s.Authors), s.Unsure || other.Unsure
	for _, by := range append([]string{other.Author}, other.Authors...) {
		if by != "" && !s.Wrote(by) {
			s.Authors = append(s.Authors, by)
		}
	}
	slices.Sort(s.Authors)
	return s
}

// Rules is what the environment decides for all its rollouts.
type Rules struct {
	Suspend bool     `json:"suspend,omitempty"`
	Prune   bool     `json:"prune,omitempty"`
	Adopt   []string `json:"adopt,omitempty"`
	// Approvers are who may raise weights by what they ask: mail addresses, and
	// "@" and a domain for all of it; everybody where there are none.
	Approvers []string `json:"approvers,omitempty"`
	// Signed says that an approval is that of whoever's key signed its commit, and
	// nobody's without such a signature; Signers are whose keys there are.
	Signed  bool     `json:"signed,omitempty"`
	Signers []Signer `json:"signers,omitempty"`
	// Levels are the windows and freezes of the Delivery and the environment.
	Levels []Level `json:"levels,omitempty"`
}

// Rollout is one plan and its targets, moving together, as Git wants them.
type Rollout struct {
	Name    Name
	Want    Want
	Source  Source
	Rules   Rules
	Plan    Plan
	Targets []Target
}

// Target is Git's side of one VirtualService.
type Target struct {
	Ref Ref `json:"ref"`
	// Rest is the digest of all that is not a moving weight.
	Rest   Digest `json:"rest"`
	Routes Routes `json:"routes"`
	// Subsets are the labels that Git gives each destination that it routes to.
	Subsets map[Destination]Labels `json:"-"`
	// Hosts are those that the VirtualService answers for, as Git writes them.
	Hosts []string `json:"-"`
	// Mirrors are the copies of requests that each route sends, by its key.
	Mirrors map[string][]Mirror `json:"-"`
	// Position is where the VirtualService stands in the repository.
	Position Position `json:"-"`
}

// Target returns the target with the reference.
func (r *Rollout) Target(ref Ref) (Target, bool) {
	i := slices.IndexFunc(r.Targets, func(t Target) bool { return t.Ref == ref })
	if i < 0 {
		return Target{}, false
	}
	return r.Targets[i], true
}

// Refs lists the targets, in order.
func (r *Rollout) Refs() []Ref {
	out := make([]Ref, len(r.Targets))
	for i, t := range r.Targets {
		out[i] = t.Ref
	}
	return out
}

// Live is one VirtualService as the cluster has it.
type Live struct {
	Ref     Ref    `json:"ref"`
	UID     string `json:"uid"`
	Version string `json:"version"`
	Routes  Routes `json:"routes"`
	// Editor is who else wrote the weights since our last apply, from
	// managedFields; empty when they are as we left them.
	Editor string `json:"editor,omitempty"`
	// Appliers are the field managers that own parts of the spec while it is
	// not ours.
	Appliers []string `json:"appliers,omitempty"`
	// Damaged says why our annotation cannot be read, where it cannot: the
	// VirtualService is ours then, and nobody knows where it stands.
	Damaged string `json:"damaged,omitempty"`
	// State is what our annotation says; nil while the VirtualService is not ours.
	State *State `json:"state,omitempty"`
}

// Removed tells whether a record is of what was removed: its journey, which
// later ones follow, and no split to go back to.
func (l Live) Removed() bool { return len(l.Routes) == 0 }

// State is a rollout's memory as one VirtualService carries it, written in the
// same apply as the weights.
type State struct {
	Cluster string   `json:"cluster"`
	Name    Name     `json:"name"`
	Journey Journey  `json:"journey"`
	Member  Member   `json:"member"`
	Outbox  []Record `json:"outbox,omitempty"`
}

// Journey is the group's memory, the same on every member.
type Journey struct {
	ID ID `json:"id,omitempty"`
	// Before are the journeys on the same targets that this one follows.
	Before  []ID `json:"before,omitempty"`
	Attempt int  `json:"attempt,omitempty"`
	// Seq counts the allowed moves of the journey, from 1.
	Seq int `json:"seq,omitempty"`
	// Step is the index of the plan's step that the weights are at; -1 before
	// the first, len(steps) at a target beyond the last.
	Step int `json:"step"`
	// Stepped is the Seq of the move that took the step.
	Stepped int `json:"stepped,omitempty"`
	// Found is where a group's members were when that move was decided, by their
	// references.
	Found map[string]Track `json:"found,omitempty"`
	// Since is when the step, or the phase after it, began.
	Since time.Time `json:"since,omitzero"`
	// Deadline is when the journey must have ended; zero for none.
	Deadline time.Time `json:"deadline,omitzero"`
	Phase    Phase     `json:"phase"`
	Reason   Reason    `json:"reason,omitzero"`
	// Authors are all who wrote a part of what the journey does.
	Authors []string `json:"authors,omitempty"`
	// Entry is the digest of the audit entry that allowed this state.
	Entry Digest `json:"entry,omitempty"`
}

// Track is a journey and how far one member was on it.
type Track struct {
	ID  ID  `json:"id"`
	Seq int `json:"seq"`
}

// Member is what one VirtualService remembers for itself.
type Member struct {
	// Stable is the last split at which a rollout completed, or that was adopted.
	Stable Routes `json:"stable"`
	// Previous is the stable before it.
	Previous Routes `json:"previous,omitempty"`
	// Applied is the split that we wrote last; nil where it is Stable.
	Applied Routes `json:"applied,omitempty"`
	// Completed is when Stable became so.
	Completed time.Time `json:"completed,omitzero"`
	// Rest is the digest of the Git side last applied.
	Rest Digest `json:"rest"`
	// Selects is the digest of the labels that were allowed behind its destinations.
	Selects Digest `json:"selects,omitempty"`
	// Returned is when the weights last went a part of the way back, where the
	// rest is to follow; zero where none is.
	Returned time.Time `json:"returned,omitzero"`
	// Rollback is in what steps the rest follows, for who cannot ask Git; nil where
	// none is.
	Rollback *Rollback `json:"rollback,omitempty"`
	// Corrected are the times of the last corrections, newest last.
	Corrected []time.Time `json:"corrected,omitempty"`
}

// Last is the split that we wrote last.
func (m Member) Last() Routes {
	if m.Applied == nil {
		return m.Stable
	}
	return m.Applied
}

// Record is an entry that waits in the outbox until Git is there to take it.
type Record struct {
	Path string `json:"path"`
	Data []byte `json:"data"`
}

// Facts is what was read of the world for one rollout. What is absent was not
// read, and nothing may be made of its absence.
type Facts struct {
	// Live are the targets that the cluster has. A target that is not among
	// them is known not to exist when Seen says so.
	Live []Live `json:"live"`
	// Seen says that the cluster answered.
	Seen bool `json:"seen"`
	// Recorded are the targets' last splits on the status branch.
	Recorded []Live                    `json:"recorded,omitempty"`
	Ready    map[Destination]Readiness `json:"-"`
	// Relabelled are the endpoints of destinations as Git's labels would select them.
	Relabelled map[Destination]Readiness `json:"-"`
	// Stopped says who stopped the line and why; empty when nobody did.
	Stopped string `json:"stopped,omitempty"`
	// Samples are what metrics said at the instants that Needs named. One that is
	// absent is no zero: nobody knows.
	Samples []Sample `json:"samples,omitempty"`
	// Unmeasured says why samples are absent, where that is known.
	Unmeasured []Unmeasured `json:"unmeasured,omitempty"`
	// NoMetrics says why no metric can be asked for at all; empty where they can.
	NoMetrics string `json:"noMetrics,omitempty"`
	// Answers are the last of the webhooks that Needs named.
	Answers []Answer `json:"answers,omitempty"`
	// Hopeful takes every metric for good, every endpoint for enough and every
	// webhook for open, where what will be is foretold.
	Hopeful bool `json:"-"`
	// Unheld takes every window for open, every freeze and suspension for over and every
	// approval for given, where steps are judged of which nobody can tell when they come.
	Unheld  bool     `json:"-"`
	Intents []Intent `json:"intents,omitempty"`
	// Taken are the highest sequence numbers that the status branch holds
	// already, where a move that was never applied took one.
	Taken map[ID]int `json:"taken,omitempty"`
}

// Readiness is what is known of a destination's endpoints.
type Readiness struct {
	// Defined says that the host's subset exists; hosts without subsets are defined.
	Defined bool `json:"defined"`
	// SeenSince is when the subset was first seen with its present labels.
	SeenSince time.Time `json:"seenSince,omitzero"`
	Ready     int       `json:"ready"`
	Want      int       `json:"want"`
	// Known is false for hosts whose endpoints the cluster does not hold.
	Known bool `json:"known"`
	// Labels are the subset's in the cluster.
	Labels Labels `json:"labels,omitempty"`
}

// Sample is one value of a metric of a destination at one instant. It is a
// number: NaN and infinity are no samples.
type Sample struct {
	Metric      string      `json:"metric"`
	Destination Destination `json:"destination"`
	At          time.Time   `json:"at"`
	Value       float64     `json:"value"`
}

// Unmeasured is a question for samples that went unanswered, and why.
type Unmeasured struct {
	Metric      string      `json:"metric"`
	Destination Destination `json:"destination"`
	Why         string      `json:"why"`
}

// LiveOf returns the live side of a target.
func (f Facts) LiveOf(ref Ref) (Live, bool) { return find(f.Live, ref) }

// RecordedOf returns the recorded side of a target.
func (f Facts) RecordedOf(ref Ref) (Live, bool) { return find(f.Recorded, ref) }

func find(lives []Live, ref Ref) (Live, bool) {
	i := slices.IndexFunc(lives, func(l Live) bool { return l.Ref == ref })
	if i < 0 {
		return Live{}, false
	}
	return lives[i], true
}

// Query names a fact that Next would want now: the endpoints of a destination,
// those that it would have with other labels, or, with a Measure, its samples; or,
// with a Call, a webhook's answer.
type Query struct {
	Destination Destination `json:"destination"`
	Labels      Labels      `json:"labels,omitempty"`
	Measure     *Measure    `json:"measure,omitempty"`
	Call        *Call       `json:"call,omitempty"`
}
