package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// sync reads Git's side if it is time to. It returns whether what the agent
// wants has changed. When Git is away, the last good state stays.
func (a *Agent) sync(ctx context.Context, now time.Time) bool {
	if now.Before(a.fetchAt) {
		return false
	}
	a.fetchAt = now.Add(a.options.Interval)
	if !a.started { // until then nothing goes forward; going back needs Git alone
		if a.journalErr = a.resume(ctx); a.journalErr == nil {
			a.started = true
			a.revision = Revision{} // it is taken anew, after what was accepted before
		}
	}
	rev, err := a.source.Fetch(ctx)
	if a.sourceErr = err; err != nil {
		a.fetchAt = a.clock().Add(min(a.options.Interval, lastRetry)) // it may have taken long
		return false
	}
	news := a.identify(ctx)
	if rev.SHA == a.revision.SHA {
		news = a.listen(ctx, rev) || news
		a.sourceErr = a.intents.behind
		return a.rejudge(ctx) || news
	}
	was, before := a.revision, a.previous
	if a.revision.SHA != "" {
		a.previous = a.revision.SHA
	}
	a.revision = rev
	a.rejudge(ctx)
	if err = a.accept(ctx, rev); err != nil {
		a.revision, a.previous = was, before // it is taken when it can be read
	}
	a.sourceErr = errors.Join(err, a.intents.behind)
	return true
}

// accept takes a new revision: each overlay whole or not at all, and its
// policies for what comes after it. One that cannot be read for now changes
// nothing; what people ask for by it is heard.
func (a *Agent) accept(ctx context.Context, rev Revision) error {
	tree := &attempt{FS: rev.Tree}
	rev.Tree = tree
	accepted, wrong, earlier := a.delivery, a.problems, maps.Clone(a.overlays)
	d, problems := a.readDelivery(rev)
	if a.problems = problems; len(problems) > 0 {
		return a.leave(ctx, rev, tree, wrong) // a wrong weir.yaml keeps the last good one
	}
	a.delivery = d
	if d.Journal.Branch != a.options.StatusBranch && a.options.StatusBranch != "" {
		a.problems = append(a.problems, rollout.Problem{Position: d.Position, Message: fmt.Sprintf("the Delivery wants the journal on branch %s, and this agent writes to %s", d.Journal.Branch, a.options.StatusBranch), Hint: "start the agent with --status-branch " + d.Journal.Branch})
	}
	before := a.wishes()
	places, taken := a.folders(d, rev, &a.problems), map[string]bool{}
	for _, at := range places {
		a.take(ctx, d, at, rev, taken)
	}
	if tree.failed() != nil {
		a.delivery, a.overlays = accepted, earlier
		return a.leave(ctx, rev, tree, wrong)
	}
	clear(a.unapplied) // what is still refused is said again
	a.forget(places, rev)
	a.untangle(places, earlier, rev)
	a.regulate(d, earlier, rev)
	was, moves := a.withheld, before != a.wishes() || rev.SHA == a.withheld.Revision
	a.withheld = withheld{Approvals: d.Approvals.Branch}
	a.choose(rev, moves, was)
	a.listen(ctx, rev)
	a.trust(ctx, rev, d, moves, was)
	return nil
}

// leave hears what people ask for by a revision that is not taken. Where that is for
// what may pass, what was wrong before is, and err says what it was.
func (a *Agent) leave(ctx context.Context, rev Revision, tree *attempt, wrong rollout.Problems) (err error) {
	if err = tree.failed(); err != nil {
		a.problems, err = wrong, fmt.Errorf("reading commit %s, which is read again before long: %w", shortRevision(rev.SHA), err)
	}
	a.listen(ctx, rev)
	return err
}

// wishes is the digest of all that the policies would have to judge.
func (a *Agent) wishes() rollout.Digest {
	all := map[string]rollout.Digest{}
	for key, o := range a.overlays {
		all[key] = o.wish
	}
	return rollout.DigestOf(all)
}

// place is one overlay of one environment.
type place struct {
	env    spec.Environment
	folder string
}

func (p place) key() string { return p.env.Name + ":" + p.folder }

// folders lists the overlays of this agent's environments. What is wrong with
// the list is added to problems if there is any.
func (a *Agent) folders(d spec.Delivery, rev Revision, problems *rollout.Problems) []place {
	wrong := func(at rollout.Position, hint, format string, args ...any) {
		if problems != nil {
			*problems = append(*problems, rollout.Problem{Position: at, Message: fmt.Sprintf(format, args...), Hint: hint})
		}
	}
	var out []place
	for _, name := range a.options.Environments {
		i := slices.IndexFunc(d.Environments, func(e spec.Environment) bool { return e.Name == name })
		if i < 0 {
			var there []string
			for _, e := range d.Environments {
				there = append(there, e.Name)
			}
			wrong(rollout.Position{File: a.options.Delivery}, "it has "+orNone(there), "environment %s, which this agent is started for, is not in the Delivery", name)
			continue
		}
		env := d.Environments[i]
		for i, pattern := range env.Overlays {
			folders := Folders(rev.Tree, pattern)
			if len(folders) == 0 {
				wrong(env.At[i], "correct the path, or add the folder with a kustomization.yaml", "environment %s: overlay %s is not in the repository", name, pattern)
			}
			for _, f := range folders {
				if at := (place{env, f}); !slices.ContainsFunc(out, func(p place) bool { return p.key() == at.key() }) {
					out = append(out, at)
				}
			}
		}
	}
	return out
}

// Folders expands an overlay's pattern to the folders that are there, as fs.Glob does;
// what of it has no meta character is looked up, and no folder read for it.
func Folders(tree fs.FS, pattern string) []string {
	found := []string{"."}
	for element := range strings.SplitSeq(pattern, "/") {
		var deeper []string
		for _, at := range found {
			if !strings.ContainsAny(element, `*?[\`) {
				deeper = append(deeper, path.Join(at, element))
				continue
			}
			entries, _ := fs.ReadDir(tree, at)
			for _, e := range entries {
				if is, err := path.Match(element, e.Name()); err == nil && is {
					deeper = append(deeper, path.Join(at, e.Name()))
				}
			}
		}
		found = slices.DeleteFunc(deeper, func(f string) bool {
			info, err := fs.Stat(tree, f)
			return err != nil || !info.IsDir()
		})
	}
	return found
}

// take renders and accepts one overlay. A wrong one leaves the last good one
// in place, or its environment unknown if there never was one. taken are the
// overlays taken of this revision so far, which it must not overlap.
func (a *Agent) take(ctx context.Context, d spec.Delivery, at place, rev Revision, taken map[string]bool) {
	objects, err := a.renderer.Render(ctx, rev.Tree, at.folder)
	if err != nil {
		a.refuse(at, problemsOf(err, at.folder))
		return
	}
	o, problems := Accept(a.options.Cluster, d, at.env, at.folder, rev, objects)
	for key, other := range a.overlays {
		if taken[key] {
			problems = append(problems, o.overlaps(other)...)
		}
	}
	if len(problems) > 0 {
		a.refuse(at, problems)
		return
	}
	o.wish = o.asks()
	switch was, ok := a.overlays[at.key()]; {
	case (!ok || !was.Known || was.seen == "") && a.since() == "": // the first that anybody saw of it
	case ok && was.Known && was.wish == o.wish:
		o.Source, o.doubts = was.Source, was.doubts // whoever asked for the weights stays their author
	default:
		since := cmp.Or(was.seen, a.since())
		o.Source.Authors = nil // whoever had a part in the newest commit may have none in this
		var err error
		if o.Source, err = a.writers(ctx, since, rev, o); err != nil {
			o.doubts = []doubt{{since, rev.SHA}} // it is asked again at each look
		}
		if a.doubted(at) {
			o.doubts = slices.Concat(was.doubts, o.doubts)
		}
		o.Source.Unsure = len(o.doubts) > 0
	}
	o.seen, o.given = rev.SHA, o.Rules
	a.overlays[at.key()], taken[at.key()] = o, true
}

// since is a revision that was accepted before this one, by this life or the one before
// it; empty where none was, or while that is not known.
func (a *Agent) since() string {
	if !a.started { // what an earlier life had accepted is read first, with its authors
		return ""
	}
	if a.previous != "" {
		return a.previous
	}
	for _, key := range slices.Sorted(maps.Keys(a.overlays)) {
		if seen := a.overlays[key].seen; seen != "" {
			return seen
		}
	}
	return ""
}

// asks is the digest of all that an overlay asks for; labels are a part of it,
// as they move traffic too.
func (o Overlay) asks() rollout.Digest {
	all := []any{o.Plans, o.Targets, o.Rules, o.Default}
	for _, object := range o.Support {
		all = append(all, object.Value)
	}
	return rollout.DigestOf(all)
}

func (a *Agent) refuse(at place, problems rollout.Problems) {
	a.problems = append(a.problems, problems...)
	if _, ok := a.overlays[at.key()]; !ok {
		a.overlays[at.key()] = Overlay{Accepted: rollout.Accepted{
			Environment: at.env.Name, Source: rollout.Source{Cluster: a.options.Cluster, Overlay: at.folder},
			Why: strings.SplitN(problems.Error(), "\n", 2)[0],
		}}
	}
}

func (a *Agent) readDelivery(rev Revision) (spec.Delivery, rollout.Problems) {
	return ReadDelivery(rev.Tree, a.options.Delivery)
}

// ReadDelivery reads weir.yaml out of a revision.
func ReadDelivery(tree fs.FS, file string) (d spec.Delivery, problems rollout.Problems) {
	data, err := fs.ReadFile(tree, file)
	switch {
	case err == nil:
		problems = careful(file, func() (problems rollout.Problems) {
			d, problems = spec.DecodeDelivery(data, file)
			return problems
		})
		return d, problems
	case os.IsNotExist(err): // and nothing else is there that is left out
		return spec.Delivery{}, rollout.Problems{{
			Position: rollout.Position{File: file}, Message: "the repository has no Delivery at this path",
			Hint: "add it, or name its path with --delivery",
		}}
	}
	return spec.Delivery{}, rollout.Problems{{
		Position: rollout.Position{File: file}, Message: "the Delivery at this path cannot be read: " + err.Error(),
		Hint: "commit it there as a plain file",
	}}
}

// PoliciesOf says which policies a Delivery wants.
func PoliciesOf(d spec.Delivery) policy.Config {
	return policy.Config{Path: d.Policies.Path, Packages: d.Policies.Packages, Sets: d.Policies.Sets, Required: d.Policies.Required, At: d.Policies.Position}
}

// problemsOf makes problems of any error.
func problemsOf(err error, file string) rollout.Problems {
	var problems rollout.Problems
	if errors.As(err, &problems) {
		return problems
	}
	return rollout.Problems{{Position: rollout.Position{File: file}, Message: err.Error()}}
}
