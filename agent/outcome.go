package agent

import (
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
			a.close(o, audit.Superseded, o.instead(t), now)
		}
	}
	return nil
}

// waits tells whether the move may still be applied: it is proposed again, or
// nobody can tell. What is proposed later on is decided once more.
func (o open) waits(t *Turn) bool {
	return !t.Facts.Seen || t.uncertain || t.Entry.Same(o.entry)
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
			for _, before := range e.Follows() {
				out[before] = true
			}
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
