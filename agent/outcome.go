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
	// sent are the versions that writes compare with which may be under way, and
	// since is when this agent began to wait for them.
	sent  map[rollout.Ref]string
	since time.Time
}

// allowed notes a move whose decision is pushed.
func (a *Agent) allowed(t *Turn) {
	a.open[t.Sealed.Path] = openOf(t)
}

// openOf is a turn's move as one that anybody may be about to apply, who found
// its decision.
func openOf(t *Turn) open {
	o := open{entry: t.Entry, sealed: t.Sealed, sent: map[rollout.Ref]string{}}
	for _, c := range t.Move.Changes {
		o.sent[c.Ref] = c.Version
	}
	return o
}

// perhaps notes a move whose decision may have arrived on the status branch.
func (a *Agent) perhaps(t *Turn) {
	if _, known := a.open[t.Sealed.Path]; !known {
		o := openOf(t)
		o.perhaps = true
		a.open[t.Sealed.Path] = o
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

// awaited tells whether a write of the rollout's may be under way.
func (a *Agent) awaited(name rollout.Name) bool {
	for _, o := range a.open {
		if len(o.sent) > 0 && o.name() == name {
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

// tried notes that the cluster did not take a move, for its outcome if nobody
// tries again.
func (a *Agent) tried(t *Turn) {
	o, ok := a.open[t.Sealed.Path]
	if !ok || t.Err == nil {
		return
	}
	o.failed = t.Err.Error()
	if !errors.Is(t.Err, ErrConflict) && !errors.Is(t.Err, ErrRefused) {
		o.since = time.Time{}
	}
	a.open[t.Sealed.Path] = o
}

// underway is how long a write without an answer may take effect yet: API
// servers give up on a request after a minute, unless they are told otherwise.
const underway = 2 * time.Minute

// landing tells whether a write may take effect yet, this agent's or another's who
// found the decision: it is not long ago, and nobody has written since what it
// would be laid over.
func (a *Agent) landing(o open, now time.Time) bool {
	if len(o.sent) > 0 && o.since.IsZero() {
		o.since = now
		a.open[o.sealed.Path] = o
	}
	if now.Sub(o.since) >= underway {
		return false
	}
	for ref, version := range o.sent {
		if live, _ := a.cluster.Live(ref); live.Version == version {
			return true
		}
	}
	return false
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
// its journey is still under way and no further than it was.
func (o open) waits(t *Turn) bool {
	is, _ := rollout.Memory(t.Rollout.Refs(), t.Facts.Live)
	switch {
	case !t.Facts.Seen || t.Entry.Same(o.entry):
		return true
	case is.ID == o.entry.ID:
		ended := is.Phase == rollout.Healthy || is.Phase == rollout.Degraded
		return !ended && is.Seq < o.entry.Seq && t.Move.Journey.ID == o.entry.ID
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

// sweep looks once more for what an earlier life left, after the first push of
// this one: what that life had sent cannot arrive any more.
func (a *Agent) sweep(ctx context.Context) {
	if a.swept {
		return
	}
	tree, err := a.journal.Read(ctx)
	if err == nil {
		err = a.unfinished(tree)
	}
	a.swept = err == nil // or it is tried with the next push
}

// unfinished finds the allowed moves whose end an earlier life did not record.
func (a *Agent) unfinished(tree fs.FS) error {
	return a.eachDecision(tree, func(file string, data []byte, e audit.Entry) error {
		_, err := fs.Stat(tree, outcomeOf(file))
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if _, known := a.open[file]; !known {
			a.inherit(file, data, e)
		}
		return nil
	})
}

// outcomeOf is where the outcome of a decision stands.
func outcomeOf(file string) string { return "outcomes" + strings.TrimPrefix(file, "decisions") }
