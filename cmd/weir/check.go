package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/kustomize"
	"github.com/weir-delivery/weir/cmd/weir/report"
	"github.com/weir-delivery/weir/policy"
)

// unsaved is what a report calls the work tree, which has no commit id.
const unsaved = "worktree"

// checking is the flags of `weir check`.
type checking struct {
	repo, base, head, delivery, form, live string
	judges                                 judges
	reviews                                string // folder for what the policies are asked
	environments                           []string
	all                                    bool // render what the change does not touch too
	at                                     time.Time
}

func (s *shell) check() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Judges a change before it is merged: its steps, and what the policies say",
		Long: `Renders two revisions of a clone, finds every weight that the change between
them moves, plans the steps and asks the policies of the base about each. A
change that left the base some time ago is held against where it left.

Overlays that the change does not touch are not rendered, as nothing that it says
depends on them; what is wrong with one of those, as it was before, --all tells.

It touches no cluster, and writes nothing but the folder of --reviews. See also "weir help exit-codes".`,
		Example: `  weir check                          the work tree against origin/main
  weir check --base HEAD~1 --head HEAD -o json
  weir check --environment production --at 2026-11-23T09:00:00+01:00`,
		Args: noArguments,
	}
	var o checking
	f := cmd.Flags()
	f.StringVar(&o.repo, "repo", ".", "folder of the clone")
	f.StringVar(&o.base, "base", "", "revision that the change is held against (default origin/main, or main without one)")
	f.StringVar(&o.head, "head", "", "revision to judge (default the work tree)")
	f.StringSliceVar(&o.environments, "environment", nil, "environments to judge (default all that the Delivery names)")
	f.StringVar(&o.delivery, "delivery", "weir.yaml", "path of the Delivery in the repository")
	o.judges.flag(f)
	f.TimeVar(&o.at, "at", time.Time{}, []string{time.RFC3339}, "time to judge at, as in 2026-11-23T09:00:00Z (default now)")
	f.StringVar(&o.reviews, "reviews", "", "new folder to write what the policies are asked to, a file for each move, for other tools: conftest test DIR")
	f.BoolVar(&o.all, "all", false, "render overlays that the change does not touch too, and say what is wrong with them")
	choiceVar(f, &o.live, "live", "", "base", []string{"base"}, "what counts as live")
	choiceVar(f, &o.form, "output", "o", "text", []string{"text", "json", "markdown", "github", "sarif", "junit", "gitlab"}, "form of the output")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return s.runCheck(cmd.Context(), o) }
	return cmd
}

func (s *shell) runCheck(ctx context.Context, o checking) error {
	clone, err := openClone(o.repo)
	if err != nil {
		return err
	}
	baseRevision, err := s.baseOf(clone, o.base)
	if err != nil {
		return err
	}
	headRevision, done, err := headOf(clone, o.head)
	if err != nil {
		return err
	}
	defer done()
	if o.reviews != "" {
		if err := newFolder(o.reviews); err != nil {
			return err
		}
	}
	if o.at.IsZero() {
		o.at = time.Now().UTC().Truncate(time.Second)
	}
	left, forked, err := clone.fork(baseRevision, headRevision)
	if err != nil {
		return err
	}
	if err := o.judges.of(&baseRevision, &headRevision, &left); err != nil {
		return err
	}
	against := baseRevision
	if forked {
		s.say("note: the change left the base at %.7s and is held against that; what came to the base since is no part of it, and its policies judge", left.SHA)
		against = left
	}
	if headRevision.Authors, err = clone.wrote(ctx, against, headRevision); err != nil {
		return err
	}
	base, head := s.sides(ctx, o, against, headRevision)
	head.Unused = agent.Unused(kustomize.New(), against, headRevision, o.delivery)
	if forked {
		base = base.JudgedBy(ctx, baseRevision, o.delivery)
	}
	result := agent.Check(ctx, base, head, o.at)
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	if at, err := clone.resolve("HEAD"); err == nil && o.head == "" && at.String() == baseRevision.SHA && len(result.Rollouts) == 0 {
		s.say("note: the base is the commit that is checked out here, so only what is not committed yet is judged")
	}
	for _, p := range base.Problems.Sorted() {
		s.say("note: wrong in the base: %v", p)
	}
	if o.reviews != "" {
		if err := writeReviews(o.reviews, result.Reviews); err != nil {
			return err
		}
	}
	if err := s.writeCheck(o, result); err != nil {
		return err
	}
	return checkAnswer(result)
}

// sides reads both sides of a change: all that it could touch, or simply all.
func (s *shell) sides(ctx context.Context, o checking, base, head agent.Revision) (was, is agent.Side) {
	renderer := kustomize.New()
	if o.all {
		return agent.ReadSide(ctx, renderer, base, o.delivery, o.environments), agent.ReadSide(ctx, renderer, head, o.delivery, o.environments)
	}
	was, is, untouched := agent.ReadChange(ctx, renderer, base, head, o.delivery, o.environments)
	if untouched > 0 {
		s.say("note: overlays that the change does not touch are not rendered, %d here; --all renders them too", untouched)
	}
	return was, is
}

func (s *shell) writeCheck(o checking, result agent.CheckReport) error {
	switch o.form {
	case "json":
		return report.JSON(s.out, result)
	case "markdown":
		return report.CheckMarkdown(s.out, result, s.look(o.at))
	case "github":
		return report.CheckGitHub(s.out, result)
	case "sarif":
		return report.CheckSARIF(s.out, result, thisBuild().Version)
	case "junit":
		return report.CheckJUnit(s.out, result)
	case "gitlab":
		return report.CheckGitLab(s.out, result)
	}
	return report.CheckText(s.out, result, s.look(o.at))
}

// checkAnswer is what the report answers to the question whether the change may
// be merged.
func checkAnswer(r agent.CheckReport) error {
	switch {
	case len(r.Problems) > 0 || r.Decision == policy.Error:
		return wrong
	case r.Decision == policy.Deny:
		return no
	}
	return nil
}

// baseOf reads the base: the one that is named, or what most repositories call it.
func (s *shell) baseOf(c *clone, name string) (agent.Revision, error) {
	switch {
	case name != "":
	case c.has("origin/main"):
		name = "origin/main"
	case c.has("main"):
		name = "main"
		s.say("note: there is no origin/main here; the base is main")
	default:
		return agent.Revision{}, usagef("the clone has neither origin/main nor main to hold the change against; fetch it, or name another with --base")
	}
	return c.revision(name)
}

// openHead opens a folder's clone, and what head names in it.
func openHead(repo, head string) (agent.Revision, func(), error) {
	c, err := openClone(repo)
	if err != nil {
		return agent.Revision{}, nil, err
	}
	return headOf(c, head)
}

// headOf reads the head, and says how to let go of it.
func headOf(c *clone, name string) (agent.Revision, func(), error) {
	if name != "" {
		revision, err := c.revision(name)
		return revision, func() {}, err
	}
	top, err := c.top()
	if err != nil {
		return agent.Revision{}, nil, err
	}
	tree, err := openWorkTree(top)
	if err != nil {
		return agent.Revision{}, nil, err
	}
	return agent.Revision{SHA: unsaved, Unsaved: true, Tree: tree, Open: c.open}, func() { _ = tree.Close() }, nil
}
