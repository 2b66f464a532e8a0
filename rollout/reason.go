package rollout

import "fmt"

// Phase is where a rollout stands, in the words of Argo Rollouts.
type Phase string

// Healthy: at its target, or as Git has it. Pending: wants to move and has not
// begun. Progressing: between two steps, or in a step's pause. Paused: waits
// for a person. Degraded: failed, and went back or could not.
const (
	Healthy     Phase = "Healthy"
	Pending     Phase = "Pending"
	Progressing Phase = "Progressing"
	Paused      Phase = "Paused"
	Degraded    Phase = "Degraded"
)

// Code is the type of a reason: one word, stable, explained by `weir explain`.
type Code string

// Reason is why a rollout is where it is: its code, and one sentence for people.
type Reason struct {
	Code     Code   `json:"code,omitempty"`
	Sentence string `json:"sentence,omitempty"`
}

// String is the sentence.
func (r Reason) String() string { return r.Sentence }

// The reasons.
const (
	Settled          Code = "Settled"
	Created          Code = "Created"
	Adopted          Code = "Adopted"
	Adoption         Code = "Adoption"
	Foreign          Code = "Foreign"
	Reshaped         Code = "Reshaped"
	Stepping         Code = "Stepping"
	Promoting        Code = "Promoting"
	Waiting          Code = "Waiting"
	Approval         Code = "Approval"
	Suspended        Code = "Suspended"
	SubsetUndefined  Code = "SubsetUndefined"
	Settling         Code = "Settling"
	NotReady         Code = "NotReady"
	TooFewReady      Code = "TooFewReady"
	ReadinessUnread  Code = "ReadinessUnknown"
	RolledBack       Code = "RolledBack"
	Aborted          Code = "Aborted"
	DeadlineExceeded Code = "DeadlineExceeded"
	Stopped          Code = "Stopped"
	PausedByHand     Code = "PausedByHand"
	Relabelled       Code = "Relabelled"
	StableNotReady   Code = "StableNotReady"
	GoingBack        Code = "GoingBack"
	HandEdit         Code = "HandEdit"
	Fight            Code = "Fight"
	Corrected        Code = "Corrected"
	Leveling         Code = "Leveling"
	Removed          Code = "Removed"
	GoneFromGit      Code = "GoneFromGit"
	GitUnknown       Code = "GitUnknown"
	ClusterUnknown   Code = "ClusterUnknown"
	Denied           Code = "Denied"
	Unchecked        Code = "PolicyError"
	OtherCluster     Code = "OtherCluster"
	Damaged          Code = "Damaged"
	Renamed          Code = "Renamed"
	WindowClosed     Code = "WindowClosed"
	WindowDenies     Code = "WindowDenies"
	WindowShort      Code = "WindowShort"
	WindowReturned   Code = "WindowReturned"
	Frozen           Code = "Frozen"
	StartAt          Code = "StartAt"
	NextTick         Code = "NextTick"
	Analyzing        Code = "Analyzing"
	AnalysisFailed   Code = "AnalysisFailed"
	Inconclusive     Code = "Inconclusive"
	NoMetrics        Code = "NoMetrics"
	WebhookClosed    Code = "WebhookClosed"
	WebhookSilent    Code = "WebhookSilent"
	WebhookBack      Code = "WebhookBack"
)

// Entry of the table of reasons: the phase that goes with the code, how its
// sentence is made, what it means and what to do.
type explanation struct {
	Phase   Phase
	Format  string
	Meaning string
	WayOut  string
}

// explanations is the one table that log, event, status, CLI and documentation
// share. It is never changed.
var explanations = map[Code]explanation{
	Settled:          {Healthy, "as Git has it", "The live weights are Git's.", "Nothing to do."},
	Created:          {Healthy, "created as Git has it", "The VirtualService was not in the cluster; a new host has no traffic to lose.", "Nothing to do."},
	Adopted:          {Healthy, "taken over at its live weights", "The VirtualService existed with Git's shares and is weir's now.", "Nothing to do."},
	Adoption:         {Pending, "taken over at %s; Git wants %s, which starts when it is approved or Git changes", "The VirtualService existed with other weights than Git's. A first install starts no rollout by itself.", "Commit the weights that you want, or approve the rollout."},
	Foreign:          {Pending, "%s is applied by %s, which weir may not take over from", "Another field manager applies this VirtualService; two appliers would fight.", "Stop the other one, then list its field manager under spec.adopt in weir.yaml."},
	Reshaped:         {Progressing, "changed outside the weights, at %s", "Routes, matches or other fields changed in Git; they are applied at the live weights before any weight moves.", "Nothing to do."},
	Stepping:         {Progressing, "step %d of %d, %s", "The weights went up to this step.", "Nothing to do; the next step comes when this one's pause is over."},
	Promoting:        {Progressing, "at Git's weights, %s", "The last step is reached and its own pause holds.", "Nothing to do."},
	Waiting:          {Progressing, "step %d of %d until %s", "The step's pause is not over.", "Wait, or weir promote, by somebody who did not write the change."},
	Approval:         {Paused, "step %d of %d waits for approval%s", "The step's pause has no duration: somebody has to approve.", "weir approve to go on, weir abort to go back."},
	Suspended:        {Paused, "suspended by %s", "suspend is set, so nothing goes forward. Going back still does.", "Set suspend to false when it is safe."},
	SubsetUndefined:  {Pending, "%s is in no DestinationRule for host %s yet", "A weight never goes up on a subset that is not defined: Istio would answer 503.", "Add the subset to the host's DestinationRule."},
	Settling:         {Progressing, "%s appeared a moment ago; its first weight comes at %s", "Proxies need a moment to learn a new subset.", "Nothing to do."},
	TooFewReady:      {Progressing, "of its endpoints %s has %d ready and needs %d: %d%% of the %d that stable has", "The plan's readyPercentOfStable says how many endpoints a destination needs beside those of stable.", "Scale it up; the step goes on by itself once enough are ready."},
	NotReady:         {Progressing, "%s has no ready endpoint (%d of %d)", "A weight never goes up on a destination without ready endpoints.", "See why its pods are not ready; the step goes on by itself once one is."},
	ReadinessUnread:  {Progressing, "the endpoints of %s cannot be seen, and the plan requires them", "readiness: required holds while the endpoints are unknown.", "Use readiness: whenKnown for hosts outside the cluster."},
	RolledBack:       {Healthy, "back at stable, %s: %s", "The weights went back to stable or, soon after a rollout completed, to the stable before it.", "Nothing to do; a new commit starts a new rollout."},
	Aborted:          {Degraded, "aborted by %s", "Somebody asked to go back to stable; weir keeps still there.", "Revert the change in Git, commit another, or ask for a new attempt: weir retry."},
	DeadlineExceeded: {Degraded, "went back: no step for %s, as %s", "The plan's progressDeadlineSeconds passed while the next step could not be taken.", "Mend what the sentence names, then ask for a new attempt: weir retry, or commit a change."},
	Stopped:          {Paused, "the line is stopped: %s", "Somebody stopped everything by the annotation weir.dev/pause on the agent's namespace. Going back still goes.", "weir resume --all, when it is safe."},
	PausedByHand:     {Paused, "paused by %s", "Somebody asked for this rollout to be held. Going back still goes.", "weir resume, when it is safe."},
	Relabelled:       {Progressing, "other pods behind %s, at %s", "The labels of a subset with traffic changed in Git, which moves all its traffic without moving a weight.", "Nothing to do."},
	StableNotReady:   {Degraded, "cannot go back: no endpoint of stable (%s) is ready, while the live one has some", "Going back would send traffic to nobody.", "Make one of stable's pods ready; weir goes back at once then."},
	GoingBack:        {Progressing, "at %s on the way back to %s: %s", "The plan's rollback takes the weights back in steps, and the next is still to come; or a route waits for an endpoint of stable.", "Nothing to do, where pods are ready; to have it go back at once: weir abort --full."},
	HandEdit:         {Paused, "%s set %s by hand, which takes traffic off the rollout", "A hand edit that lowers what the rollout adds is an abort by hand: it stays.", "Revert the change in Git, or commit a new one to go on."},
	Fight:            {Paused, "%s keeps changing the weights of %s; weir does not fight", "Another field manager wrote the weights three times in ten minutes.", "Stop it, or let it apply this VirtualService alone."},
	Corrected:        {Progressing, "corrected to %s after %s changed it", "A hand edit that raised a weight was undone after review.", "Change the weights in Git instead."},
	Leveling:         {Progressing, "brought level with the other targets, at %s", "All targets of a plan stand at the same step before the next begins.", "Nothing to do."},
	Removed:          {Healthy, "removed, as it is gone from Git", "prune is on and the VirtualService was weir's.", "Nothing to do."},
	GoneFromGit:      {Pending, "gone from Git; left in place, as prune is off", "Nothing is deleted unless the Delivery says so.", "Set prune: true in weir.yaml, or delete it by hand."},
	GitUnknown:       {Pending, "Git's side is not known, so nothing goes forward: %s", "The overlay could not be read or is wrong; the last good state stays.", "See the problem; it is tried again by itself."},
	ClusterUnknown:   {Pending, "the cluster does not answer, so nothing moves", "The API server is away.", "It is tried again by itself."},
	Denied:           {Pending, "denied by policy: %s", "A policy refused the next move; nothing moved.", "Change the plan or the weights as the finding says."},
	Unchecked:        {Pending, "the policies could not judge: %s", "A policy failed, and what cannot be judged does not move.", "Mend the policy; the move is proposed again by itself."},
	Renamed:          {Pending, "route %s takes the place of %s with other weights (%s, not %s)", "A route is told from its siblings by its name, else by its match clauses. One that changes these and its weights in one commit would move all its traffic at once.", "Change the name or the match in one commit, at the live weights, and the weights in the next."},
	Damaged:          {Degraded, "the state on %s cannot be read: %s", "Somebody changed the annotation weir.dev/state by hand.", "Mend it, or delete it to have weir take the VirtualService over anew at its live weights."},
	WindowClosed:     {Pending, "%s is closed: %s", "No allow window of that level is open, and all levels must agree. Going back does not wait for it.", "Wait, or weir override, with a reason, by somebody who did not write the change."},
	WindowDenies:     {Pending, "%s holds: %s", "A deny window is open, and it wins over every allow window. Going back does not wait for it.", "Wait, or weir override, with a reason, by somebody who did not write the change."},
	WindowShort:      {Pending, "%s closes at %s, before all pauses are over: %s", "The plan goes back when its window closes, so it does not begin in one that is too short for it.", "Wait, or commit a plan with shorter pauses."},
	WindowReturned:   {Healthy, "back at stable, %s, until it begins anew: %s", "The plan's whenWindowCloses is rollback, and its window closed on a rollout in flight.", "Nothing to do; it begins anew at the next opening, with an id and approvals of its own."},
	Frozen:           {Pending, "%s holds: %s", "Nothing goes forward in a freeze, be it overridden or not. Going back does.", "Wait, or change the freeze in weir.yaml."},
	StartAt:          {Pending, "nothing goes forward before %s: %s", "The plan's startAt is still to come.", "Wait, or change startAt."},
	NextTick:         {Pending, "waits for the next tick of %q (%s): %s", "The plan takes its steps at the ticks of its schedule, one a tick.", "Nothing to do; to go on sooner, change the plan's schedule."},
	Analyzing:        {Progressing, "%s waits for its analysis: %s", "The newest instant of every metric has to pass before the next step.", "Nothing to do where the metric recovers; weir promote goes on without it, weir abort goes back."},
	AnalysisFailed:   {Degraded, "went back: %s was %s at %s, and has to be %s (%s)", "A metric failed more often than the plan's failureLimit allows.", "See what the metric shows, mend it and commit; or ask for a new attempt: weir retry."},
	Inconclusive:     {Paused, "%s cannot be judged: no %s at the last %d instants, until %s (%s)", "A metric had no data more often in a row than the plan's inconclusiveLimit allows. No data never raises a weight, and never goes back.", "See whether Prometheus answers and the canary gets traffic, whether the interval is two scrapes or more, and for what is built in whether the subset's labels name the destination_canonical_revision that its pods report: app.kubernetes.io/version goes before version. It goes on by itself once the metric passes. weir promote goes on without it, weir abort goes back."},
	WebhookClosed:    {Paused, "webhook %s (%s) says no: %s", "A webhook of the plan has to say yes before the step.", "Open the gate; it is asked again every half minute."},
	WebhookSilent:    {Progressing, "webhook %s (%s) does not answer: %s", "A webhook of the plan has to say yes before the step, and none that is silent does.", "See whether it runs, and whether the agent may ask it: weir agent --webhook-hosts, and the NetworkPolicy's ports. It is asked again every half minute."},
	WebhookBack:      {Degraded, "went back: webhook %s asked for it: %s", "A webhook of type rollback said yes.", "See what it saw, mend it and commit; or ask for a new attempt: weir retry."},
	NoMetrics:        {Pending, "the plan has an analysis, and no metric can be asked for: %s", "What a plan gates by metrics does not move without them.", "Start the agent with --prometheus URL, or take the analysis out of the plan; weir promote ends one step's."},
	OtherCluster:     {Pending, "%s belongs to cluster %s", "The VirtualService's annotation names another cluster.", "Give each cluster an agent with its own --cluster name and its own objects."},
}

// because makes the reason with the code, its sentence filled in.
func because(code Code, args ...any) Reason {
	return Reason{code, fmt.Sprintf(explanations[code].Format, args...)}
}

// Phase is the phase that goes with the code.
func (c Code) Phase() Phase { return explanations[c].Phase }
