package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/git"
	"github.com/weir-delivery/weir/cmd/weir/report"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// wish is the flags of the verbs by which people ask something of a rollout.
type wish struct {
	verb                       rollout.Verb
	name, environment, cluster string
	reason                     string
	full, now, all, dryRun     bool
	repo, branch, delivery     string
	aside                      string // the branch that weir.yaml has for approvals
	remote                     git.Config
	watched                    bool // --watched-branch was given
	kubeconfig, context, home  string
}

// deed is what a verb does, in words.
type deed struct {
	verb                        rollout.Verb
	short, done, about, example string
	now, all                    bool // it can be asked for on the cluster, of every rollout
}

func deeds() []deed {
	return []deed{
		{rollout.ToApprove, "Approves the step that a rollout waits at", "approved", "Counts for this step of this change alone, and not when the change is your own.",
			`  weir approve reviews --reason "dashboards are green"`, false, false},
		{rollout.ToPause, "Holds a rollout until it is resumed", "paused", "Going back is never held. With --now it needs no Git; with --all it stops every\nrollout of the cluster, on the namespace of the agent.",
			`  weir pause reviews --reason "looking at errors"
  weir pause reviews --now
  weir pause --all --reason "incident 4711"`, true, true},
		{rollout.ToResume, "Lets a paused rollout go on", "resumed", "A pause that was asked for with --now or --all is taken away with the same flag.",
			`  weir resume reviews
  weir resume --all`, true, true},
		{rollout.ToPromote, "Ends the pause and the analysis of the step that a rollout is at", "promoted", "It is an approval too, so not of your own change. What the policies and the\nreadiness of pods say still holds.",
			`  weir promote reviews --reason "quiet night"
  weir promote reviews --full`, false, false},
		{rollout.ToAbort, "Goes back to the last split that completed", "aborted", "In one move, or as the plan's rollback says; no window, pause or policy holds it.\nAfterwards the rollout keeps still until Git changes or somebody says retry. With\n--now it needs no Git.",
			`  weir abort reviews --reason "errors at checkout"
  weir abort reviews --now`, true, false},
		{rollout.ToOverride, "Lets the next step of a rollout pass the windows", "overridden", "It needs a reason, counts for one step, and not when the change is your own. A\nfreeze, startAt, the schedule, pauses, policies and the readiness of pods hold all the same.",
			`  weir override reviews --reason "CVE-2026-1234"`, false, false},
		{rollout.ToRetry, "Begins anew what went back for good", "retried", "The new attempt has a new id: approvals of the one before do not count.",
			`  weir retry reviews`, false, false},
	}
}

// intents are the verbs by which people ask something of a rollout.
func (s *shell) intents() []*cobra.Command {
	var out []*cobra.Command
	for _, d := range deeds() {
		out = append(out, s.intent(d))
	}
	return out
}

func (s *shell) intent(d deed) *cobra.Command {
	o := wish{verb: d.verb}
	cmd := &cobra.Command{
		Use: string(d.verb) + " NAME", Short: d.short, Example: d.example,
		Long: d.short + `, by a commit of one file: it is put on top of
what the remote's branch holds now, under the approvals path, by the name and
address that git is configured with. Work tree and index stay as they are.

` + d.about + `

NAME is a rollout's as "weir status" takes it. Where the rollout stands is read
from the status branch, or from the cluster with --kubeconfig.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 0 && !o.all || len(args) == 1 && o.all {
				return usagef("%q takes one name, not %d; see %q", cmd.CommandPath(), len(args), cmd.CommandPath()+" --help")
			}
			if len(args) == 1 && strings.TrimSpace(args[0]) == "" { // as of a variable that is not set
				return usagef("%q takes a name, and this one is empty; weir status lists them", cmd.CommandPath())
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.environment, "environment", "", "environment of the rollout, where its name is not enough")
	f.StringVar(&o.cluster, "cluster", "", "cluster of the rollout, where its name is not enough")
	f.StringVar(&o.reason, "reason", "", "why, in one line; it is recorded")
	f.BoolVar(&o.dryRun, "dry-run", false, "print what would be written, and write nothing")
	f.StringVar(&o.repo, "repo", ".", "folder of a clone, whose origin is pushed to")
	f.StringVar(&o.branch, "branch", "", "branch to push to, to be merged as your forge wants it (default the one that the agent reads)")
	f.StringVar(&o.remote.Branch, "watched-branch", "main", "branch that the agent watches (default the one that the status branch names)")
	f.StringVar(&o.remote.StatusBranch, "status-branch", "weir-status", "the status branch")
	f.StringVar(&o.remote.Credentials, "git-credentials", "", "folder of credentials, as of \"weir agent\" (default git's credential helper, or the ssh-agent)")
	f.StringVar(&o.delivery, "delivery", "weir.yaml", "path of the Delivery in the repository")
	f.StringVar(&o.kubeconfig, "kubeconfig", "", "read the rollout from this kubeconfig's cluster")
	f.StringVar(&o.context, "context", "", "context of the kubeconfig")
	switch d.verb {
	case rollout.ToPromote:
		f.BoolVar(&o.full, "full", false, "go to Git's weights in one move, past all later steps but a pause that asks for more people")
	case rollout.ToAbort:
		f.BoolVar(&o.full, "full", false, "in one move, whatever the plan's rollback says")
	}
	if d.now {
		f.BoolVar(&o.now, "now", false, "ask on the VirtualServices themselves, with Git away too")
	}
	if d.all {
		f.BoolVar(&o.all, "all", false, "every rollout of the cluster: the line itself")
		f.StringVar(&o.home, "agent-namespace", "weir-system", "with --all: namespace of the agent, where the line is stopped")
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o.name, o.watched = strings.Join(args, ""), f.Changed("watched-branch")
		if err := o.meant(f); err != nil {
			return err
		}
		switch {
		case o.all && o.now:
			return usagef("--all works at once already; leave --now out")
		case o.all:
			return s.runLine(cmd.Context(), o, time.Now())
		case o.now:
			return s.runNow(cmd.Context(), o, time.Now())
		}
		return s.runIntent(cmd.Context(), o, d.done, time.Now())
	}
	return cmd
}

// meant refuses flags that what is asked for would not heed. By --all alone the line of
// every environment stops.
func (o wish) meant(f *pflag.FlagSet) error {
	git := []string{"branch", "watched-branch", "status-branch", "git-credentials", "delivery"}
	switch {
	case o.all:
		return unheeded(f, "--all, which is about every rollout of the cluster", append(git, "environment", "cluster")...)
	case o.now:
		return unheeded(f, "--now, which needs no Git", git...)
	}
	return unheeded(f, "a name, which --all is without", "agent-namespace")
}

// runIntent asks by a commit.
func (s *shell) runIntent(ctx context.Context, o wish, done string, now time.Time) (err error) {
	if o.verb == rollout.ToOverride && strings.TrimSpace(o.reason) == "" {
		return usagef("override needs --reason: why the window cannot be waited for")
	}
	if o.branch == o.remote.StatusBranch {
		return usagef("--branch %s is the status branch, which weir alone writes: name another", o.branch)
	}
	clone, err := openClone(o.repo)
	if err != nil {
		return err
	}
	config, err := settingsOf(ctx, clone.base())
	if err != nil {
		return err
	}
	who, err := config.identity()
	if err != nil {
		return err
	}
	origin, err := openOrigin(ctx, clone, o.remote)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, origin.Close()) }()
	r, source, err := o.standing(ctx, origin)
	if err != nil {
		return err
	}
	if other, err := o.otherBranch(ctx, origin, r.Cluster, source); err != nil {
		return err
	} else if other != "" {
		o.remote.Branch = other
		there, err := openOrigin(ctx, clone, o.remote)
		if err != nil {
			return err
		}
		if err := origin.Close(); err != nil {
			return errors.Join(err, there.Close())
		}
		origin = there // which is closed at the end in its place
	}
	asked := o.intent(r)
	asked.By, asked.At = person(who), now
	if err := sensible(asked, r, source); err != nil {
		return err
	}
	delivery, err := s.deliveryOf(ctx, origin, o)
	if err != nil {
		return err
	}
	sign, key, err := s.signer(ctx, signingOf(config), delivery.Approvals.Identity, asked)
	if err != nil {
		return err
	}
	asked.Key = key
	if err := s.permitted(ctx, origin, asked, r, delivery); err != nil {
		return err
	}
	if o.aside = delivery.Approvals.Branch; o.branch == "" {
		o.branch = o.aside
	}
	file, content, err := document(delivery.Approvals.Path, asked, r)
	if err != nil {
		return err
	}
	if o.dryRun {
		_, err := fmt.Fprintf(s.out, "# %s\n%s", file, content)
		return err
	}
	sha, err := origin.Propose(ctx, git.Proposal{Branch: o.branch, Author: who, Sign: sign, Commit: agent.Commit{
		Message: message(asked, r), Time: now, Create: map[string][]byte{file: content},
	}})
	switch {
	case errors.Is(err, git.ErrRefused):
		return fmt.Errorf("%w\nthe branch may be protected: push to another with --branch, and merge that", err)
	case err != nil:
		return err
	}
	return s.told(o, done, r, sha)
}

func (s *shell) told(o wish, done string, r report.Rollout, sha string) error {
	read := cmp.Or(o.aside, o.remote.Branch)
	on, then := read, "the agent heeds it when it next looks at Git"
	if o.branch != "" && o.branch != read {
		on, then = o.branch, "it counts once it is merged into "+read
	}
	_, err := fmt.Fprintf(s.out, "%s %s at step %d by commit %s on %s: %s\n", done, r.FullName(), r.Step, sha[:min(7, len(sha))], on, then)
	return err
}

// standing is where the rollout that is meant stands, and by which source.
func (o wish) standing(ctx context.Context, origin *origin) (r report.Rollout, source string, err error) {
	look := asking{name: o.name, cluster: o.cluster, kubeconfig: o.kubeconfig, context: o.context, from: "git"}
	var at place = &branch{name: o.remote.StatusBranch, cluster: o.cluster, read: origin.Read}
	if o.kubeconfig != "" || o.context != "" {
		look.from = "cluster"
		if at, err = openCluster(look); err != nil {
			return r, "", err
		}
	}
	r, err = o.one(ctx, at, look)
	return r, look.from, err
}

// one is the one rollout that is meant.
func (o wish) one(ctx context.Context, at place, look asking) (report.Rollout, error) {
	found, err := lookUp(ctx, at, look)
	if err != nil {
		return report.Rollout{}, err
	}
	var fit []report.Rollout
	var names []string
	for _, r := range found.Rollouts {
		if o.environment == "" || r.Environment == o.environment {
			fit, names = append(fit, r), append(names, r.FullName()+" of cluster "+r.Cluster)
		}
	}
	switch {
	case len(fit) == 0:
		return report.Rollout{}, fmt.Errorf("no rollout %s is in environment %s", o.name, o.environment)
	case len(fit) > 1:
		return report.Rollout{}, usagef("%s may be any of %s; say which, with its whole name, --environment or --cluster", o.name, strings.Join(names, ", "))
	case fit[0].ID == "":
		return report.Rollout{}, decline(fit[0], "It has one from its first move on.", "has no id yet")
	}
	return fit[0], nil
}

func (o wish) intent(r report.Rollout) rollout.Intent {
	return rollout.Intent{Verb: o.verb, ID: r.ID, Step: r.Step - 1, Full: o.full, Reason: o.reason, Now: o.now}
}

// permitted says early what the agent will say of an intent.
func (s *shell) permitted(ctx context.Context, origin *origin, asked rollout.Intent, r report.Rollout, d spec.Delivery) error {
	change := rollout.Source{Revision: r.Revision}
	if r.Revision != "" && asked.Raises() {
		revision, err := origin.Open(ctx, r.Revision)
		if err != nil {
			s.say("note: who wrote the change is not known here, the agent will see: %v", err)
		}
		change.Author, change.Authors = revision.Author, revision.Authors
	}
	at := &rollout.Rollout{Source: change}
	for _, e := range d.Environments {
		if e.Name == r.Environment {
			at.Rules = d.Rules(e)
		}
	}
	if err := rollout.Authorise(at, at.Rules.Attributed(asked)); err != nil {
		return declined(fmt.Sprintf("%s cannot be asked that: %v", r.FullName(), err))
	}
	return nil
}

// deliveryOf reads weir.yaml. Whoever wants to hold or go back is not held up by a
// wrong one; whatever lets something go forward would not be heeded elsewhere.
func (s *shell) deliveryOf(ctx context.Context, origin *origin, o wish) (spec.Delivery, error) {
	otherwise := spec.Delivery{Approvals: spec.Approvals{Path: spec.DefaultApprovals}}
	revision, err := origin.Fetch(ctx)
	if err == nil {
		delivery, problems := agent.ReadDelivery(revision.Tree, o.delivery)
		if err = problems.Err(); err == nil {
			return delivery, nil
		}
	}
	if (rollout.Intent{Verb: o.verb}).Attested() {
		return otherwise, fmt.Errorf("finding out where approvals lie: %w", err)
	}
	s.say("note: the approvals path is taken to be %s, since weir.yaml cannot be read: %v", otherwise.Approvals.Path, err)
	return otherwise, nil
}
