package agent

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/rollout"
)

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
		a.untold[o.sealed.Path] = o
		a.taken[o.entry.ID] = max(a.taken[o.entry.ID], o.entry.Seq)
	}
}

// reopen takes back what was said of moves that nobody applied, where no push told
// it: until one does, another agent may find the decision and apply it.
func (a *Agent) reopen() {
	maps.Copy(a.open, a.untold)
	a.outcomes = slices.DeleteFunc(a.outcomes, func(o audit.Outcome) bool { return o.Result != audit.Applied })
	clear(a.untold)
}

// settle says of the moves that are open how they ended, as far as the cluster
// tells: applied where a VirtualService carries the decision's digest or a
// later decision names it, superseded, or failed, where the journey went on
// without it. One that may still be applied stays open.
func (a *Agent) settle(ctx context.Context, turns []Turn, now time.Time) error {
	a.reopen()
	read := a.branch(ctx)
	if err := a.fenced(read); err != nil || len(a.open) == 0 {
		return err
	}
	looked := map[rollout.Name]*Turn{}
	for i := range turns {
		looked[turns[i].Rollout.Name] = &turns[i]
	}
	var known chain
	for _, file := range slices.Sorted(maps.Keys(a.open)) {
		o := a.wait(file, now)
		t, ok := looked[o.name()]
		switch {
		case !ok && (a.revision.SHA == "" || slices.ContainsFunc(a.rollouts, func(r *rollout.Rollout) bool { return r.Name == o.name() })):
			continue // not looked at in this pass
		case !a.carried(o) && a.landing(o, now):
			continue
		case ok && !a.carried(o) && o.waits(t, now):
			continue
		}
		if there, err := o.arrived(read); err != nil {
			return err
		} else if !there {
			continue
		}
		if a.carried(o) {
			a.close(o, audit.Applied, "", now)
			continue
		}
		if known == nil {
			var err error
			if known, err = a.chain(read); err != nil {
				return err
			}
		}
		switch {
		case known.goesOn(o.sealed.Digest):
			a.close(o, audit.Applied, "", now)
		case ok && o.each(t, known.older):
			continue // the cache is behind what it was decided on
		case o.failed != "":
			a.close(o, audit.Failed, o.failed, now)
		default:
			a.close(o, audit.Superseded, o.instead(t), now)
		}
	}
	return nil
}

// waits tells whether the move may still be applied: it is proposed again, or its
// journey is under way where it was decided, as far as the cache knows, or nobody
// can tell. What is proposed anywhere else, or later, is decided once more.
func (o open) waits(t *Turn, now time.Time) bool {
	if !t.Facts.Seen || t.uncertain || t.Entry.Same(o.entry) {
		return true
	}
	is, _ := rollout.Memory(t.Rollout.Refs(), t.Facts.Live)
	ended := is.ID == o.entry.ID && (is.Phase == rollout.Healthy || is.Phase == rollout.Degraded)
	stays := func(at, decided rollout.Digest) bool { return at == decided }
	return !ended && t.Move.Journey.ID == o.entry.ID && now.Sub(o.since) < behind && o.each(t, stays)
}

// each tells whether what allowed a target's state now, and what had allowed it
// when the move was decided, are as is says, for any of the move's targets. A
// target without a state is where it was.
func (o open) each(t *Turn, is func(at, decided rollout.Digest) bool) bool {
	for _, c := range o.entry.Changes {
		decided := cmp.Or(c.Previous, o.entry.Previous)
		at := decided
		if live, _ := t.Facts.LiveOf(c.Target); live.State != nil {
			at = live.State.Journey.Entry
		}
		if is(at, decided) {
			return true
		}
	}
	return false
}

// instead says what came of a move that nobody applied.
func (o open) instead(t *Turn) string {
	if t != nil && t.Move.Kind == rollout.Hold && t.Move.Journey.ID == o.entry.ID {
		return "it was held before it was applied: " + t.Move.Reason.Sentence
	}
	return "the journey went on without it"
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

// unfinished finds the allowed moves whose end an earlier life did not record. There is
// one decision for each step in years, so just those are read.
func (a *Agent) unfinished(tree fs.FS) error {
	unended := func(file string) (bool, error) {
		_, err := fs.Stat(tree, outcomeOf(file))
		if errors.Is(err, fs.ErrNotExist) {
			return !audit.IsMerged(file), nil
		}
		return false, err
	}
	return a.eachFile(tree, unended, func(file string, data []byte) error {
		e, err := audit.Decode(data)
		if _, known := a.open[file]; err == nil && !known {
			a.inherit(file, data, e)
		}
		return err
	})
}

// outcomeOf is where the outcome of a decision stands.
func outcomeOf(file string) string { return "outcomes" + strings.TrimPrefix(file, "decisions") }
