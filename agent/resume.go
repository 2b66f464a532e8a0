package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// acceptedFile is what the status branch says of the revisions in force.
type acceptedFile struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"` // Accepted
	Cluster    string `json:"cluster"`
	// Branch is the one that the agent watches, Environments are those that it moves;
	// left out by agents of before.
	Branch       string            `json:"branch,omitempty"`
	Environments []string          `json:"environments,omitempty"`
	Overlays     map[string]string `json:"overlays"` // environment and folder to revision
	// Sources are the revisions that asked for what an overlay asks for, where
	// later ones left that as it was.
	Sources map[string]string `json:"sources,omitempty"`
	// Authors are all who wrote what an overlay asks for, where that is not the
	// commit's author alone.
	Authors map[string][]string `json:"authors,omitempty"`
	// Unsure are the changes of which it is not known yet who wrote them.
	Unsure map[string][]doubt `json:"unsure,omitempty"`
	// Loosened are the revisions before and at which an overlay's change came,
	// which the rules of before hold besides.
	Loosened map[string]loosened `json:"loosened,omitempty"`
	Policies acceptedPolicies    `json:"policies"`
	// Withheld is what of the newest revision is not in force yet.
	Withheld *withheld `json:"withheld,omitempty"`
	// Approvals is the branch in force for approvals; left out for the watched one.
	Approvals string           `json:"approvalsBranch,omitempty"`
	Problems  rollout.Problems `json:"problems"`
}

type acceptedPolicies struct {
	Revision string         `json:"revision"`
	Digest   rollout.Digest `json:"digest"`
	// From is the commit of their own repository; left out where they have none.
	From string `json:"from,omitempty"`
}

func (a *Agent) acceptedPath() string { return path.Join("accepted", a.options.Cluster+".json") }

// resume takes up what the status branch remembers: the policies already
// trusted, the overlays already accepted, the splits of a cluster that may
// have been made anew, and decisions whose end was not recorded.
func (a *Agent) resume(ctx context.Context) error {
	tree, err := a.journal.Read(ctx)
	if err != nil {
		return fmt.Errorf("reading the status branch: %w", err)
	}
	statuses, err := ReadStatus(tree, a.options.Cluster)
	if err != nil {
		return err
	}
	for _, s := range statuses {
		a.recall(s)
		a.written[s.path()] = rollout.DigestBytes(s.bytes())
	}
	if err := a.unfinished(tree); err != nil {
		return err
	}
	var was acceptedFile
	data, err := fs.ReadFile(tree, a.acceptedPath())
	if err == nil {
		err = json.Unmarshal(data, &was)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading %s on the status branch: %w", a.acceptedPath(), err)
	}
	if err := a.keeps(was); err != nil {
		return err
	}
	policies, err := a.judgedBefore(ctx, was.Policies)
	if err == nil {
		err = a.acceptedBefore(ctx, was)
	}
	if err != nil {
		return err // what has been read of Git goes on meanwhile: back, at the least
	}
	// What was said before the branch could be read knew nothing of what is on it.
	a.overlays, a.policies, a.rollouts, a.matched = map[string]Overlay{}, policies, nil, false
	clear(a.status)
	a.reaccept(ctx, was)
	return nil
}

// keeps says why the status branch is not this agent's to keep: of the same cluster there
// is room for the revisions and the policies of one agent, and who took another's for its
// own could have a change judged by its own rules.
func (a *Agent) keeps(was acceptedFile) error {
	mine := func(name string) bool { return slices.Contains(a.options.Environments, name) }
	if len(was.Environments) == 0 || slices.ContainsFunc(was.Environments, mine) {
		return nil
	}
	return fmt.Errorf("%s on the status branch is kept by the agent of environment %s of this cluster: start this one with a --status-branch of its own, or remove the file if that agent is no more",
		a.acceptedPath(), strings.Join(was.Environments, ", "))
}

// recall takes in what a status remembers of VirtualServices. More than one rollout
// may have had the same.
func (a *Agent) recall(s Status) {
	for _, l := range s.Live {
		if was, ok := a.recorded[l.Ref]; l.State != nil && (!ok || follows(l, was)) {
			a.recorded[l.Ref] = l
		}
	}
}

// follows tells whether a record of a VirtualService came after another. A removal is
// a move after all that the journey knew of it, so what has come back has as high a
// number at the least, though its journey may be as old as ever.
func follows(l, was rollout.Live) bool {
	is, before := l.State.Journey, was.State.Journey
	if is.ID == before.ID && is.Seq == before.Seq && l.Removed() != was.Removed() {
		return was.Removed()
	}
	return is.After(before)
}

// reaccept reads again what an earlier life had accepted, so that this one
// begins where that one ended.
func (a *Agent) reaccept(ctx context.Context, was acceptedFile) {
	a.intents.branch, a.intents.chosen = was.Approvals, was.Kind != ""
	if was.Withheld != nil {
		a.withheld = *was.Withheld
	}
	for _, sha := range slices.Compact(slices.Sorted(maps.Values(was.Overlays))) {
		a.revisit(ctx, sha, func(rev Revision, d spec.Delivery) {
			for _, at := range a.folders(d, rev, nil) {
				if was.Overlays[at.key()] == sha {
					a.take(ctx, d, at, rev, map[string]bool{})
					a.wroteBefore(ctx, at, was.Sources[at.key()], was.Authors[at.key()], was.Unsure[at.key()])
					a.heldBefore(ctx, at, was.Loosened[at.key()])
				}
			}
		})
	}
}

// revisits is how often what an earlier life had in force is looked for, before it
// counts as gone for good.
const revisits = 5

// acceptedBefore is nil once the revisions can be read that an earlier life had accepted:
// they say who wrote what is under way, and what holds it.
func (a *Agent) acceptedBefore(ctx context.Context, was acceptedFile) error {
	all := append(slices.Collect(maps.Values(was.Overlays)), slices.Collect(maps.Values(was.Sources))...)
	for _, l := range was.Loosened {
		all = append(all, l.Before, l.With)
	}
	slices.Sort(all)
	for _, sha := range slices.Compact(all) {
		if sha == "" {
			continue
		}
		if _, err := a.source.Open(ctx, sha); err != nil {
			if a.revisited++; a.revisited >= revisits {
				return nil
			}
			return fmt.Errorf("reading what was accepted, of revision %s: %w", shortRevision(sha), err)
		}
	}
	return nil
}

// judgedBefore are the policies that an earlier life had in force. While they cannot be read,
// nothing goes forward: to start the chain of trust anew, where only the newest change's
// own are to be had, takes more than a moment's trouble.
func (a *Agent) judgedBefore(ctx context.Context, was acceptedPolicies) (found Trusted, err error) {
	if was.Revision == "" {
		return Trusted{}, nil
	}
	rev, err := a.source.Open(ctx, was.Revision)
	if err == nil {
		found, err = a.judged(ctx, rev, was.From)
		if err == nil {
			return found, nil
		}
		if !errors.Is(err, errUnread) {
			return Trusted{}, nil // what is wrong with them is said when the branch is read
		}
	}
	if a.revisited++; a.revisited >= revisits && a.options.Judges == nil {
		return Trusted{}, nil
	}
	return Trusted{}, fmt.Errorf("reading the policies that were in force, of revision %s: %w", shortRevision(was.Revision), err)
}

// judged are the policies that a revision names.
func (a *Agent) judged(ctx context.Context, rev Revision, from string) (Trusted, error) {
	tree := &attempt{FS: rev.Tree}
	d, problems := ReadDelivery(tree, a.options.Delivery)
	switch lost := tree.failed(); {
	case lost != nil:
		return Trusted{}, unread{lost}
	case len(problems) > 0:
		return Trusted{}, problems
	}
	return a.rulesOf(ctx, rev, d, from, nil)
}

// wroteBefore gives an overlay the source and the authors that an earlier life
// knew of, and what it did not know.
func (a *Agent) wroteBefore(ctx context.Context, at place, sha string, authors []string, doubts []doubt) {
	o, ok := a.overlays[at.key()]
	if !ok {
		return
	}
	if sha != "" {
		a.revisit(ctx, sha, func(rev Revision, _ spec.Delivery) {
			o.Source = asked(o.Source, rev, o.given)
		})
	}
	if len(authors) > 0 {
		o.Source.Authors = authors
	}
	o.doubts, o.Source.Unsure = doubts, len(doubts) > 0
	a.overlays[at.key()] = o
}

// heldBefore has the rules hold an overlay that an earlier life knew of.
func (a *Agent) heldBefore(ctx context.Context, at place, was loosened) {
	o, ok := a.overlays[at.key()]
	if !ok || was.none() {
		return
	}
	read := 0
	for sha, into := range map[string]*rollout.Rules{was.Before: &was.before, was.With: &was.with} {
		a.revisit(ctx, sha, func(_ Revision, d spec.Delivery) { *into, read = rulesOf(d, at.env.Name), read+1 })
	}
	if read == 2 {
		o.loosened = was
		a.overlays[at.key()] = o
	}
}

// revisit opens a revision of an earlier life. One that is not to be had any
// more, or not readable, is passed over with a word: the first one seen then
// starts the chain of trust anew.
func (a *Agent) revisit(ctx context.Context, sha string, do func(Revision, spec.Delivery)) {
	if sha == "" {
		return
	}
	rev, err := a.source.Open(ctx, sha)
	if err != nil {
		a.log.Warn("the revision accepted last cannot be read any more; starting from the branch", "revision", sha, "error", err)
		return
	}
	if d, problems := a.readDelivery(rev); len(problems) == 0 {
		do(rev, d)
	}
}
