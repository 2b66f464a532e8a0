package agent

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/rollout"
)

// open is an allowed move on the status branch whose end is not there yet.
type open struct {
	entry  audit.Entry
	sealed audit.Sealed
	// perhaps says that nobody knows whether the push of the decision arrived;
	// fenced, that a later push was taken since, after which it cannot any more.
	perhaps, fenced bool
	// failed is why the cluster did not take it last time; lost, that it gave no
	// answer by which one could know.
	failed string
	lost   bool
	// sent are the versions that writes compare with which may be under way, and
	// since is when this agent began to wait for them.
	sent  map[rollout.Ref]string
	since time.Time
	// outdated is the target of which the cluster said that it is not any more what
	// the write compared with: until the cache shows that, it shows the past.
	outdated rollout.Ref
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

// branch reads the status branch, once for all who ask and only if somebody does.
type branch func() (fs.FS, error)

func (a *Agent) branch(ctx context.Context) branch {
	return sync.OnceValues(func() (fs.FS, error) {
		tree, err := a.journal.Read(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading the status branch: %w", err)
		}
		return tree, nil
	})
}

// fenced says of the pushes that cannot arrive any more whether they had.
func (a *Agent) fenced(read branch) error {
	for file, o := range a.open {
		if !o.fenced {
			continue
		}
		tree, err := read()
		if err != nil {
			return err
		}
		data, err := fs.ReadFile(tree, file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("reading %s on the status branch: %w", file, err)
		}
		delete(a.open, file)
		_, end := fs.Stat(tree, outcomeOf(file))
		switch {
		case err != nil || end == nil: // it never arrived, or somebody said already how it ended
			continue
		case bytes.Equal(data, o.sealed.Data):
			o.perhaps, o.fenced = false, false
			a.open[file] = o
			continue
		}
		e, err := audit.Decode(data) // by another push, of this agent's or another's
		if err != nil {
			return fmt.Errorf("%s on the status branch: %w", file, err)
		}
		a.inherit(file, data, e)
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

// opened tells whether the end of a move of the rollout's is to be recorded yet.
func (a *Agent) opened(name rollout.Name) bool {
	for _, o := range a.open {
		if o.name() == name {
			return true
		}
	}
	return false
}

// awaited is when something ends next that an open move of the rollout's waits for;
// zero for nothing.
func (a *Agent) awaited(name rollout.Name, now time.Time) time.Time {
	var next time.Time
	for _, o := range a.open {
		since := o.since
		if since.IsZero() {
			since = now
		}
		for _, patience := range []time.Duration{underway, behind} {
			if end := since.Add(patience); o.name() == name && end.After(now) {
				next = earlier(next, end)
			}
		}
	}
	return next
}

// earlier is the earlier of two times, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// arrived tells whether the decision is on the branch as it was pushed.
func (o open) arrived(read branch) (bool, error) {
	if !o.perhaps {
		return true, nil
	}
	tree, err := read()
	if err != nil {
		return false, err
	}
	data, err := fs.ReadFile(tree, o.sealed.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && bytes.Equal(data, o.sealed.Data), err
}

// name is the rollout's.
func (o open) name() rollout.Name {
	return rollout.Name{Environment: o.entry.Environment, Namespace: o.entry.Namespace, Plan: o.entry.Rollout}
}

// tried notes that the cluster did not take a move, for its outcome if nobody
// tries again.
func (a *Agent) tried(t *Turn, ref rollout.Ref) {
	o, ok := a.open[t.Sealed.Path]
	if !ok || t.Err == nil {
		return
	}
	if o.failed = t.Err.Error(); errors.Is(t.Err, ErrConflict) {
		o.outdated = ref
	}
	if o.lost = !errors.Is(t.Err, ErrConflict) && !errors.Is(t.Err, ErrRefused); o.lost {
		o.since = time.Time{}
	}
	a.open[t.Sealed.Path] = o
}

// underway is how long a write without an answer may take effect yet: API
// servers give up on a request after a minute, unless they are told otherwise.
const underway = 2 * time.Minute

// behind is how long a cache may show the past; what it shows then is so.
const behind = 15 * time.Minute

// wait is the open move of the file, which this agent waits for from now on if it
// did not yet.
func (a *Agent) wait(file string, now time.Time) open {
	o := a.open[file]
	if o.since.IsZero() {
		o.since = now
		a.open[file] = o
	}
	return o
}

// landing tells whether a write may take effect yet, this agent's or another's who
// found the decision: it is not long ago, and nobody has written since what it
// would be laid over. A create may land for as long as it is under way, whatever
// is there now: that may be removed again. Nor is anything known while the cache
// shows what the cluster called outdated, or may not show yet what arrived without
// an answer.
func (a *Agent) landing(o open, now time.Time) bool {
	waited := now.Sub(o.since)
	if live, _ := a.cluster.Live(o.outdated); o.outdated != (rollout.Ref{}) && waited < behind && live.Version == o.sent[o.outdated] {
		return true
	}
	for ref, version := range o.sent {
		live, _ := a.cluster.Live(ref)
		switch {
		case waited < underway && (version == "" || live.Version == version || o.stays(ref, live)):
			return true
		case o.lost && waited < behind && live.Version == version:
			return true // it may have arrived, and the cache not show it yet
		}
	}
	return false
}

// stays tells whether the target is in the state over which the move was decided, be it
// that a person wrote beside it: another agent may lay the same decision over that.
func (o open) stays(ref rollout.Ref, live LiveObject) bool {
	i := slices.IndexFunc(o.entry.Changes, func(c audit.Change) bool { return c.Target == ref })
	return i >= 0 && live.State != nil && live.State.Journey.Entry == cmp.Or(o.entry.Changes[i].Previous, o.entry.Previous)
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
