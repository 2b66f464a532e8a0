package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// open is an allowed move on the status branch whose end is not there yet.
type open struct {
	entry  audit.Entry
	sealed audit.Sealed
	// perhaps says that nobody knows whether the push of the decision arrived;
	// fenced, that a later push was taken since, after which it cannot any more.
	perhaps, fenced bool
	// failed is why the cluster did not take it last time.
	failed string
	// sent are the versions that writes without an answer compare with.
	sent map[rollout.Ref]string
	// until is when those can arrive no more that compare with nothing; zero
	// until a pass has looked for them.
	until time.Time
}

// underway is how long a request may be on its way to its effect: the API
// server gives up on it after a minute, and its sender sooner.
const underway = 2 * time.Minute

// allowed notes a move whose decision is pushed.
func (a *Agent) allowed(t *Turn) {
	a.open[t.Sealed.Path] = open{entry: t.Entry, sealed: t.Sealed}
}

// perhaps notes a move whose decision may have arrived on the status branch.
func (a *Agent) perhaps(t *Turn) {
	if _, known := a.open[t.Sealed.Path]; !known {
		a.open[t.Sealed.Path] = open{entry: t.Entry, sealed: t.Sealed, perhaps: true}
	}
}

// fence notes that the branch took a push: one that was on its way before it
// finds another tip now, and is refused.
func (a *Agent) fence() {
	for file, o := range a.open {
		if o.perhaps {
			o.fenced = true
			a.open[file] = o
		}
	}
}

// fenced says of the pushes that cannot arrive any more whether they had.
func (a *Agent) fenced(ctx context.Context) error {
	for file, o := range a.open {
		if !o.fenced {
			continue
		}
		there, err := a.arrived(ctx, o)
		if err != nil {
			return err
		}
		if o.perhaps, o.fenced = false, false; there {
			a.open[file] = o
		} else {
			delete(a.open, file)
		}
	}
	return nil
}

// unsettled tells whether a push of the rollout's has an end that can be read now.
func (a *Agent) unsettled(name rollout.Name) bool {
	for _, o := range a.open {
		if o.fenced && o.name() == name {
			return true
		}
	}
	return false
}

// arrived tells whether the decision is on the branch as it was pushed.
func (a *Agent) arrived(ctx context.Context, o open) (bool, error) {
	if !o.perhaps {
		return true, nil
	}
	tree, err := a.journal.Read(ctx)
	if err != nil {
		return false, fmt.Errorf("reading the status branch: %w", err)
	}
	data, err := fs.ReadFile(tree, o.sealed.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && bytes.Equal(data, o.sealed.Data), err
}

// ended notes how an allowed move ended; the next commit records it. What is
// posted ends with its record.
func (a *Agent) ended(t *Turn, result audit.Result, why string, now time.Time) {
	if t.Sealed.Path != "" && !t.Entry.Operation.Traits().Posted {
		a.close(open{entry: t.Entry, sealed: t.Sealed}, result, why, now)
	}
}

func (a *Agent) close(o open, result audit.Result, why string, now time.Time) {
	delete(a.open, o.sealed.Path)
	a.outcomes = append(a.outcomes, audit.NewOutcome(o.sealed, result, why, now))
	if result != audit.Applied {
		a.taken[o.entry.ID] = max(a.taken[o.entry.ID], o.entry.Seq)
	}
}

// tried notes that the cluster did not take a move's change, for its outcome if
// nobody tries again.
func (a *Agent) tried(t *Turn, c rollout.Change) {
	o, ok := a.open[t.Sealed.Path]
	if !ok || t.Err == nil {
		return
	}
	o.failed = t.Err.Error()
	if !errors.Is(t.Err, ErrConflict) && !errors.Is(t.Err, ErrRefused) {
		o.sent = maps.Clone(o.sent)
		if o.sent == nil {
			o.sent = map[rollout.Ref]string{}
		}
		o.sent[c.Ref], o.until = c.Version, time.Time{}
	}
	a.open[t.Sealed.Path] = o
}

// landing tells whether a write without an answer may take effect yet: nobody
// has written what it would be laid over since. What was to be created has no
// version that tells: there it is a matter of time.
func (a *Agent) landing(o open, now time.Time) bool {
	for ref, version := range o.sent {
		if live, _ := a.cluster.Live(ref); live.Version == version && (version != "" || now.Before(o.until)) {
			return true
		}
	}
	return false
}

// creating is when the creations of a rollout's that are without an answer can
// arrive no more; zero for none.
func (a *Agent) creating(name rollout.Name, now time.Time) time.Time {
	var out time.Time
	for _, o := range a.open {
		if o.name() == name && o.until.After(out) && a.landing(o, now) {
			out = o.until
		}
	}
	return out
}

// settle says of the moves that are open how they ended, as far as the cluster
// tells: applied where a VirtualService carries the decision's digest or a
// later decision names it, superseded, or failed, where the journey went on
// without it. One that may still be applied stays open.
func (a *Agent) settle(ctx context.Context, turns []Turn, now time.Time) error {
	if err := a.fenced(ctx); err != nil || len(a.open) == 0 {
		return err
	}
	looked := map[rollout.Name]*Turn{}
	for i := range turns {
		looked[turns[i].Rollout.Name] = &turns[i]
	}
	var after map[rollout.Digest]bool
	for _, file := range slices.Sorted(maps.Keys(a.open)) {
		o := a.open[file]
		if o.until.IsZero() && len(o.sent) > 0 {
			o.until = now.Add(underway)
			a.open[file] = o
		}
		t, ok := looked[o.name()]
		switch {
		case !ok && (a.revision.SHA == "" || slices.ContainsFunc(a.rollouts, func(r *rollout.Rollout) bool { return r.Name == o.name() })):
			continue // not looked at in this pass
		case !a.carried(o) && a.landing(o, now):
			continue
		case ok && !a.carried(o) && o.waits(t):
			continue
		}
		if there, err := a.arrived(ctx, o); err != nil {
			return err
		} else if !there {
			continue
		}
		if a.carried(o) {
			a.close(o, audit.Applied, "", now)
			continue
		}
		if after == nil {
			var err error
			if after, err = a.continued(ctx); err != nil {
				return err
			}
		}
		switch {
		case after[o.sealed.Digest]:
			a.close(o, audit.Applied, "", now)
		case o.failed != "":
			a.close(o, audit.Failed, o.failed, now)
		default:
			a.close(o, audit.Superseded, "the journey went on without it", now)
		}
	}
	return nil
}

// waits tells whether the move may still be applied: it is proposed again, or
// its journey is still the one to go and no further than it was.
func (o open) waits(t *Turn) bool {
	is, _ := rollout.Memory(t.Rollout.Refs(), t.Facts.Live)
	switch {
	case !t.Facts.Seen || t.Entry.Same(o.entry):
		return true
	case is.ID == o.entry.ID:
		return is.Seq < o.entry.Seq && t.Move.Journey.ID == o.entry.ID
	}
	return t.Move.Journey.ID == o.entry.ID
}

// name is the rollout's.
func (o open) name() rollout.Name {
	return rollout.Name{Environment: o.entry.Environment, Namespace: o.entry.Namespace, Plan: o.entry.Rollout}
}

// carried tells whether the cluster stands where the move led, by its digest
// or, after a removal, by its absence.
func (a *Agent) carried(o open) bool {
	for _, c := range o.entry.Changes {
		live, ok := a.cluster.Live(c.Target)
		if ok && live.State != nil && live.State.Journey.Entry == o.sealed.Digest || !ok && o.entry.Operation == rollout.Remove {
			return true
		}
	}
	return false
}

// continued are the digests of decisions that later ones name as the one before, on
// the branch or in an outbox.
func (a *Agent) continued(ctx context.Context) (map[rollout.Digest]bool, error) {
	tree, err := a.journal.Read(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the status branch: %w", err)
	}
	out := map[rollout.Digest]bool{}
	for _, o := range a.cluster.Owned() { // what went back just now is on its way to the branch
		for _, r := range o.State.Outbox {
			for _, before := range audit.Follows(r) {
				out[before] = true
			}
		}
	}
	return out, a.eachDecision(tree, func(_ string, _ []byte, e audit.Entry) error {
		if e.Verdict == policy.Allow {
			out[e.Previous] = true
		}
		return nil
	})
}

// eachDecision reads the decisions of this cluster on the status branch.
func (a *Agent) eachDecision(tree fs.FS, do func(file string, data []byte, e audit.Entry) error) error {
	files, err := fs.Glob(tree, path.Join("decisions", a.options.Cluster, "*", "*", "*.json"))
	if err != nil {
		return fmt.Errorf("listing the decisions on the status branch: %w", err)
	}
	for _, file := range files {
		if audit.Refusal(file) || audit.IsMerged(file) {
			continue
		}
		data, err := fs.ReadFile(tree, file)
		if err != nil {
			return fmt.Errorf("reading %s on the status branch: %w", file, err)
		}
		e, err := audit.Decode(data)
		if err == nil {
			err = do(file, data, e)
		}
		if err != nil {
			return fmt.Errorf("%s on the status branch: %w", file, err)
		}
	}
	return nil
}

// inherit takes on an allowed move of another agent, or of an earlier life: its
// write may be under way, for what this one finds.
func (a *Agent) inherit(file string, data []byte, e audit.Entry) {
	o := open{entry: e, sealed: audit.Sealed{Path: file, Data: data, Digest: rollout.DigestBytes(data)}, sent: map[rollout.Ref]string{}}
	for _, c := range e.Changes {
		live, _ := a.cluster.Live(c.Target)
		o.sent[c.Target] = live.Version
	}
	a.open[file] = o
}

// unfinished finds the allowed moves whose end an earlier life did not record.
func (a *Agent) unfinished(tree fs.FS) error {
	return a.eachDecision(tree, func(file string, data []byte, e audit.Entry) error {
		_, err := fs.Stat(tree, outcomeOf(file))
		if errors.Is(err, fs.ErrNotExist) {
			a.inherit(file, data, e)
			return nil
		}
		return err
	})
}

// outcomeOf is where the outcome of a decision stands.
func outcomeOf(file string) string { return "outcomes" + strings.TrimPrefix(file, "decisions") }
