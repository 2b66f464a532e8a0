package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// record pushes at most one commit: how the moves of earlier passes ended,
// what their outboxes hold, what the agent has to say of itself, and this
// pass's decisions. A forward move whose decision is not pushed does not
// happen.
func (a *Agent) record(ctx context.Context, turns []Turn, now time.Time) {
	c := Commit{Time: now, Create: map[string][]byte{}, Replace: map[string][]byte{}, Known: map[string]rollout.Digest{}}
	if !a.started {
		a.unrecorded(turns, a.journalErr)
		return
	}
	if a.journalErr = a.settle(ctx, turns, now); a.journalErr != nil {
		a.unrecorded(turns, a.journalErr)
		return
	}
	a.pastInto(&c, turns)
	decisions := a.decisionsInto(&c, turns)
	a.statusInto(&c)
	if len(c.Create)+len(c.Replace) == 0 {
		a.news = false
		a.clear(turns) // of what an earlier pass pushed, and could not clear
		return
	}
	c.Message = a.message(decisions, c)
	_, found, err := a.journal.Record(ctx, c)
	if a.journalErr = err; err != nil {
		for _, t := range decisions {
			a.perhaps(t)
		}
		a.unrecorded(turns, err)
		return
	}
	a.pushed(c)
	a.fence()
	a.sweep(ctx)
	a.news = false
	a.learn(found, now)
	for _, t := range decisions {
		if held, ok := found[t.Sealed.Path]; ok {
			a.reconcile(ctx, t, held)
			continue
		}
		a.allowed(t)
	}
	a.clear(turns)
}

// unrecorded stops what may not go without a record.
func (a *Agent) unrecorded(turns []Turn, err error) {
	for i := range turns {
		if t := &turns[i]; t.Err == nil && t.Move.Kind.Traits().Recorded {
			t.Err = fmt.Errorf("%s: nothing moves before its decision is recorded: %w", t.Rollout.Name, err)
		}
	}
}

// pastInto adds the outcomes and outboxes of earlier passes.
func (a *Agent) pastInto(c *Commit, turns []Turn) {
	for _, o := range a.outcomes {
		s := o.Seal()
		c.Create[s.Path] = s.Data
	}
	for _, t := range turns {
		for _, l := range t.Facts.Live {
			if l.State == nil {
				continue
			}
			for _, r := range a.sent.left(t.Rollout.Name, l.State.Outbox) {
				c.Create[r.Path] = r.Data
				for _, o := range audit.Applications(r) { // it travels with its move
					c.Create[o.Path] = o.Data
				}
			}
		}
	}
}

// decisionsInto adds this pass's decisions: each allow that must be pushed
// before it is applied, and each refusal that was not written yet.
func (a *Agent) decisionsInto(c *Commit, turns []Turn) []*Turn {
	var out []*Turn
	for i := range turns {
		t := &turns[i]
		if t.Err != nil || t.Sealed.Path == "" || t.Entry.Operation.Traits().Posted {
			continue
		}
		if a.written[t.Sealed.Path] != "" && t.Entry.Verdict != policy.Allow {
			continue
		}
		c.Create[t.Sealed.Path] = t.Sealed.Data
		if t.Entry.Verdict == policy.Allow {
			out = append(out, t)
		}
	}
	return out
}

// reconcile handles a decision whose place on the branch was taken: by the
// same one, from before a crash or by a second agent, which then is this
// move's permission unless it has ended; or by another, and then this one is
// void. Whichever it is, somebody has to say how it ends.
func (a *Agent) reconcile(ctx context.Context, t *Turn, held []byte) {
	if was, err := audit.Decode(held); err == nil {
		tree, err := a.journal.Read(ctx)
		if a.journalErr = err; err != nil {
			a.perhaps(t) // the next settlement reads what it is
			a.fence()
			t.Err = fmt.Errorf("%s: nobody knows whether %s has ended: %w", t.Rollout.Name, t.Sealed.Path, err)
			return
		}
		_, err = fs.Stat(tree, outcomeOf(t.Sealed.Path))
		if errors.Is(err, fs.ErrNotExist) {
			a.inherit(t.Sealed.Path, held, was)
			if was.Same(t.Entry) {
				t.Entry, t.Sealed.Data, t.Sealed.Digest = was, held, rollout.DigestBytes(held)
				return
			}
		}
	}
	a.taken[t.Entry.ID] = max(a.taken[t.Entry.ID], t.Entry.Seq)
	t.Err = fmt.Errorf("%s: %w: %s is taken by another decision", t.Rollout.Name, ErrSuperseded, t.Sealed.Path)
}

// statusInto adds what people read: each rollout's view, the revisions in
// force and the page, where they changed.
func (a *Agent) statusInto(c *Commit) {
	if !a.news {
		return // an idle pass costs nothing
	}
	add := func(path string, data []byte) {
		if a.written[path] != rollout.DigestBytes(data) {
			c.Replace[path] = data
		}
	}
	for _, s := range a.status {
		if a.written[s.path()] != s.digest {
			c.Replace[s.path()], c.Known[s.path()] = s.data, a.written[s.path()]
		}
	}
	if a.revision.SHA == "" {
		return
	}
	was := acceptedFile{
		APIVersion: audit.APIVersion, Kind: "Accepted", Cluster: a.options.Cluster, Branch: a.options.Branch, Environments: a.options.Environments,
		Overlays: map[string]string{}, Sources: map[string]string{}, Authors: map[string][]string{}, Unsure: map[string][]doubt{}, Loosened: map[string]loosened{}, Approvals: a.intents.branch, Problems: slices.Concat(rollout.Problems{}, a.Problems()),
	}
	for key, o := range a.overlays {
		if o.Known {
			was.Overlays[key] = o.seen
			if o.Source.Revision != o.seen {
				was.Sources[key] = o.Source.Revision
			}
			if len(o.Source.Authors) > 0 {
				was.Authors[key] = o.Source.Authors
			}
			if len(o.doubts) > 0 {
				was.Unsure[key] = o.doubts
			}
			if !o.loosened.none() {
				was.Loosened[key] = o.loosened
			}
		}
	}
	if a.withheld.Revision != "" {
		was.Withheld = &a.withheld
	}
	if a.policies.Set != nil {
		was.Policies = acceptedPolicies{a.policies.Revision, a.policies.Set.Digest(), a.policies.From}
	}
	data, err := json.MarshalIndent(was, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("agent: internal error: writing %s: %v", a.acceptedPath(), err))
	}
	add(a.acceptedPath(), append(data, '\n'))
	add("README.md", a.page())
}

// pushed notes what the status branch holds now.
func (a *Agent) pushed(c Commit) {
	a.outcomes = nil
	clear(a.untold)
	for path, data := range c.Create {
		if audit.Refusal(path) {
			a.written[path] = rollout.DigestBytes(data)
		}
	}
	for path, data := range c.Replace {
		a.written[path] = rollout.DigestBytes(data)
	}
}

// learn takes in the statuses that another agent wrote since this one last read or
// wrote them: it may have seen what this one has not, so its word is not lost. They
// are replaced in the next pass.
func (a *Agent) learn(found map[string][]byte, now time.Time) {
	for name, s := range a.status {
		held, ok := found[s.path()]
		if !ok {
			continue
		}
		a.written[s.path()], a.news = rollout.DigestBytes(held), true
		a.due.set(name, now)
		var was Status
		if json.Unmarshal(held, &was) == nil { // what nobody can read is only replaced
			a.recall(was)
		}
	}
}

// clear empties the outboxes whose records are pushed, with this pass's own
// write where it has one, else with a write of its own.
func (a *Agent) clear(turns []Turn) {
	for i := range turns {
		t := &turns[i]
		a.sent.note(t.Rollout.Name, t.Facts.Live)
		moves := t.Done || t.Move.Writes()
		for _, l := range t.Facts.Live {
			if l.State == nil {
				continue
			}
			first := len(t.Move.Changes) == 0 || t.Move.Journey.ID == l.State.Journey.ID && t.Move.Journey.Seq == l.State.Journey.Seq
			if len(l.State.Outbox) == 0 || moves || !first {
				continue
			}
			t.Move.Journey, t.Sealed = l.State.Journey, audit.Sealed{} // no decision, only a shorter annotation
			t.Move.Changes = append(t.Move.Changes, rollout.Change{
				Ref: l.Ref, UID: l.UID, Version: l.Version, From: l.Routes, To: l.Routes, Member: l.State.Member,
			})
		}
	}
}

// message is the commit's: one line, and one for each decision.
func (a *Agent) message(decisions []*Turn, c Commit) string {
	var lines []string
	if len(decisions) == 0 {
		for _, s := range a.status {
			if _, written := c.Replace[s.path()]; written {
				lines = append(lines, fmt.Sprintf("%s/%s/%s: %s, %s", s.Rollout.Environment, s.Rollout.Namespace, s.Rollout.Name, s.Rollout.Phase, splits(s.Rollout.Routes)))
			}
		}
		slices.Sort(lines)
	}
	for _, t := range decisions {
		split := "removed"
		if len(t.Move.Changes) > 0 && t.Move.Changes[0].To != nil {
			split = t.Move.Changes[0].To.String()
		}
		lines = append(lines, fmt.Sprintf("%s: %s to %s", t.Rollout.Name, t.Move.Kind, split))
	}
	_, accepted := c.Replace[a.acceptedPath()]
	switch len(lines) {
	case 0:
		if accepted {
			return fmt.Sprintf("%s: accepted %s\n", a.options.Cluster, shortRevision(a.revision.SHA))
		}
		return fmt.Sprintf("%s: outcomes of earlier moves\n", a.options.Cluster)
	case 1:
		return lines[0] + "\n"
	}
	var names []string
	for _, line := range lines {
		name, _, _ := strings.Cut(line, ":")
		names = append(names, name[strings.LastIndex(name, "/")+1:])
	}
	return fmt.Sprintf("%s: %s\n\n%s\n", a.options.Cluster, strings.Join(names, ", "), strings.Join(lines, "\n"))
}
