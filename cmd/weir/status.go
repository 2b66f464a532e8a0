package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/cmd/weir/report"
	"github.com/weir-delivery/weir/rollout"
)

// asking is the flags of `weir status`.
type asking struct {
	name, from, form      string
	namespace             string
	all, watch            bool
	kubeconfig, context   string
	repo, branch, cluster string
	credentials           string
	allowFile             bool
}

// place is where rollouts can be looked up.
type place interface {
	// Look reads all rollouts there, and all that is wrong.
	Look(ctx context.Context) ([]report.Rollout, rollout.Problems, error)
	// Follow sends once for every change that may be one of rollouts, until the
	// context ends.
	Follow(ctx context.Context, changed chan<- struct{})
}

func (s *shell) status() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status [NAME]",
		Short: "Shows every rollout or one: phase, step, weights and why",
		Long: `Reads the rollouts from the cluster, where each is as of its last move, or from
the status branch, where problems and refusals are too.

NAME is a rollout's, alone or as NAMESPACE/NAME or ENVIRONMENT/NAMESPACE/NAME;
the exit code then says how it stands. See also "weir help exit-codes".`,
		Example: `  weir status
  weir status reviews --watch
  weir status --from git --repo https://git.example.com/shop.git --cluster eu-1`,
		Args: oneName,
	}
	var o asking
	f := cmd.Flags()
	choiceVar(f, &o.from, "from", "", "cluster", []string{"cluster", "git"}, "where to look")
	choiceVar(f, &o.form, "output", "o", "text", []string{"text", "wide", "json", "yaml"}, "form of the output")
	f.BoolVarP(&o.watch, "watch", "w", false, "show it again whenever it changes, until interrupted")
	f.StringVarP(&o.namespace, "namespace", "n", "", "rollouts of this namespace only")
	f.BoolVarP(&o.all, "all-namespaces", "A", false, "rollouts of every namespace, which is the default")
	f.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig (default as kubectl finds it)")
	f.StringVar(&o.context, "context", "", "context of the kubeconfig")
	f.StringVar(&o.repo, "repo", ".", "with --from git: URL of the repository, or folder of a clone")
	f.StringVar(&o.branch, "status-branch", "weir-status", "with --from git: the status branch")
	f.StringVar(&o.cluster, "cluster", "", "rollouts of this cluster only")
	f.StringVar(&o.credentials, "git-credentials", "", "with --from git: folder of credentials, as of \"weir agent\"")
	f.BoolVar(&o.allowFile, "allow-file", false, "with --from git: allow file:// repositories")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o.name = strings.Join(args, "")
		if err := o.meant(cmd.Flags()); err != nil {
			return err
		}
		return s.runStatus(cmd.Context(), o)
	}
	return cmd
}

// oneName takes a name or none, and not one that is empty, as of a variable that is
// not set: that would be about all of them.
func oneName(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) > 1:
		return usagef("%q takes one name, not %d", cmd.CommandPath(), len(args))
	case len(args) == 1 && strings.TrimSpace(args[0]) == "":
		return usagef("%q takes a name, and this one is empty; weir status lists them", cmd.CommandPath())
	}
	return nil
}

// meant refuses the flags of the place that is not looked at.
func (o asking) meant(f *pflag.FlagSet) error {
	if o.from == "git" {
		return unheeded(f, "--from git, which asks no cluster", "kubeconfig", "context")
	}
	return unheeded(f, "the cluster, which is asked without --from git", "repo", "status-branch", "git-credentials", "allow-file")
}

// unheeded refuses flags that would say nothing beside something else.
func unheeded(f *pflag.FlagSet, beside string, names ...string) error {
	for _, name := range names {
		if f.Changed(name) {
			return usagef("--%s says nothing beside %s; leave one of them out", name, beside)
		}
	}
	return nil
}

func (s *shell) runStatus(ctx context.Context, o asking) error {
	if o.all && o.namespace != "" {
		return usagef("--namespace and --all-namespaces exclude each other")
	}
	var at place
	var err error
	if o.from == "git" {
		at, err = openBranch(ctx, o)
	} else {
		at, err = openCluster(o)
	}
	if err != nil {
		return err
	}
	if closer, ok := at.(io.Closer); ok {
		defer func() { _ = closer.Close() }()
	}
	if o.watch {
		return s.watch(ctx, at, o)
	}
	found, err := lookUp(ctx, at, o)
	if err != nil {
		return err
	}
	if err := s.show(s.out, found, o, time.Now()); err != nil {
		return err
	}
	return o.answer(found)
}

// answer is how a rollout that was named stands.
func (o asking) answer(r report.StatusReport) error {
	if o.name == "" {
		return nil
	}
	var views []agent.View
	for _, r := range r.Rollouts {
		views = append(views, r.View)
	}
	return answerOf(views)
}

// lookUp reads the rollouts that were asked for.
func lookUp(ctx context.Context, at place, o asking) (report.StatusReport, error) {
	out := report.StatusReport{APIVersion: audit.APIVersion, Kind: "StatusReport", Source: o.from, Rollouts: []report.Rollout{}, Problems: rollout.Problems{}}
	rollouts, problems, err := at.Look(ctx)
	if err != nil {
		return out, err
	}
	var names []string
	for _, r := range rollouts {
		if o.namespace != "" && r.Namespace != o.namespace || o.cluster != "" && r.Cluster != o.cluster {
			continue
		}
		names = append(names, r.FullName())
		if o.name == "" || r.FullName() == o.name || strings.HasSuffix(r.FullName(), "/"+o.name) {
			out.Rollouts = append(out.Rollouts, r)
		}
	}
	slices.SortFunc(out.Rollouts, func(a, b report.Rollout) int {
		return strings.Compare(a.FullName()+" "+a.Cluster, b.FullName()+" "+b.Cluster)
	})
	if out.Problems = append(out.Problems, problems...); o.name == "" || len(out.Rollouts) > 0 {
		return out, nil
	}
	if slices.Sort(names); len(names) == 0 {
		names = []string{"none"}
	}
	return out, errors.New("no rollout is named " + o.name + "; there are: " + strings.Join(slices.Compact(names), ", "))
}

// show writes the report in the form that was asked for.
func (s *shell) show(w io.Writer, r report.StatusReport, o asking, now time.Time) error {
	look := s.look(now)
	look.Wide = o.form == "wide"
	switch {
	case o.form == "json":
		return report.JSON(w, r)
	case o.form == "yaml":
		return report.YAML(w, r)
	case o.name != "":
		return report.RolloutText(w, r, look)
	}
	return report.StatusText(w, r, look)
}

// Until a change of the cluster is read again, more may come: settle waits for
// them. Ages are drawn anew that often where somebody looks.
const (
	settle = 100 * time.Millisecond
	redraw = 5 * time.Second
)

// watch shows the rollouts whenever they change, until the context ends. What
// cannot be read is said once, and tried again.
func (s *shell) watch(ctx context.Context, at place, o asking) error {
	changed := make(chan struct{}, 1)
	go at.Follow(ctx, changed)
	aging := time.NewTicker(redraw)
	defer aging.Stop()
	found, err := lookUp(ctx, at, o)
	if err != nil {
		return err
	}
	last, trouble := "", ""
	for {
		text := &bytes.Buffer{}
		if err := s.show(text, found, o, time.Now()); err != nil {
			return err
		}
		if text.String() != last {
			last = text.String()
			if err := s.draw(last); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-aging.C:
			continue
		case <-changed:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(settle):
		}
		next, err := lookUp(ctx, at, o)
		switch {
		case err == nil:
			found, trouble = next, ""
		case ctx.Err() == nil && err.Error() != trouble:
			trouble = err.Error()
			s.say("%v", err)
		}
	}
}

// draw replaces what a terminal shows; elsewhere it goes on below.
func (s *shell) draw(text string) error {
	if s.terminal() {
		text = "\x1b[H\x1b[2J" + text
	}
	_, err := io.WriteString(s.out, text)
	return err
}
