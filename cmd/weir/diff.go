package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/agent/git"
	"github.com/weir-delivery/weir/agent/kube"
	"github.com/weir-delivery/weir/agent/kustomize"
	"github.com/weir-delivery/weir/cmd/weir/report"
	"github.com/weir-delivery/weir/rollout"
)

// comparing is the flags of `weir diff`.
type comparing struct {
	name, form, repo    string
	kubeconfig, context string
	home                string
	allowFile           bool
	remote, judges      git.Config
	agent.Options
}

func (s *shell) diff() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff [NAME]",
		Short: "Shows Git against the cluster, and what the agent would do next",
		Long: `Reads what the agent reads, Git's newest commit and the cluster, and goes as far
as the agent does before it writes: the move that comes next, and why. For each
rollout it shows the live and the wanted splits, the fields outside the weights
that differ, and for a VirtualService that is not weir's yet whom it would be
taken over from. It writes nothing, and asks no metrics and no webhooks: what waits
for one is said to.

NAME is a rollout's as "weir status" takes it; the exit code then says how it
stands. See also "weir help exit-codes".`,
		Example: `  weir diff
  weir diff reviews --cluster eu-1 --environment production
  weir diff --repo https://git.example.com/shop.git -o json`,
		Args: oneName,
	}
	var o comparing
	f := cmd.Flags()
	f.StringVar(&o.repo, "repo", ".", "folder of a clone, whose origin is read, or URL of the repository")
	f.StringVar(&o.remote.Branch, "watched-branch", "main", "branch that the agent watches")
	f.StringVar(&o.StatusBranch, "status-branch", "weir-status", "the status branch")
	f.StringVar(&o.remote.Credentials, "git-credentials", "", "folder of credentials, as of \"weir agent\" (default git's credential helper, or the ssh-agent)")
	f.BoolVar(&o.allowFile, "allow-file", false, "allow file:// repositories")
	f.StringVar(&o.judges.URL, "policies-repo", "", "URL of the repository that policies are read in, as the agent was started with")
	f.StringVar(&o.judges.Branch, "policies-branch", "main", "branch of it that judges")
	f.StringVar(&o.judges.Credentials, "policies-git-credentials", "", "folder of credentials for it (default git's credential helper, or the ssh-agent)")
	f.StringSliceVar(&o.Required, "require-rules", nil, "ids of rules without which no policies come in force, as the agent was started with")
	f.StringVar(&o.Delivery, "delivery", "weir.yaml", "path of the Delivery in the repository")
	f.StringVar(&o.Cluster, "cluster", "", "name of the cluster (default the one that its VirtualServices name)")
	f.StringSliceVar(&o.Environments, "environment", nil, "environments of the Delivery (default those that the cluster's VirtualServices name)")
	f.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig (default as kubectl finds it)")
	f.StringVar(&o.context, "context", "", "context of the kubeconfig")
	f.StringVar(&o.home, "agent-namespace", "weir-system", "namespace of the agent, where the line is stopped")
	choiceVar(f, &o.form, "output", "o", "text", []string{"text", "json"}, "form of the output")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o.name = strings.Join(args, "")
		return s.runDiff(cmd.Context(), o, time.Now())
	}
	return cmd
}

func (s *shell) runDiff(ctx context.Context, o comparing, now time.Time) (err error) {
	if err := o.settle(ctx); err != nil {
		return err
	}
	source, err := o.source(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	if o.judges.URL != "" {
		o.judges.AllowFile = o.allowFile
		judges, refused := openURL(ctx, o.judges)
		if refused != nil {
			return fmt.Errorf("--policies-repo: %w", refused)
		}
		defer func() { err = errors.Join(err, judges.Close()) }()
		o.Judges = judges
	}
	found, err := o.compare(ctx, source, now)
	if err != nil {
		return err
	}
	if err := s.writeDiff(found, o, now); err != nil {
		return err
	}
	return o.answer(found)
}

func (s *shell) writeDiff(r report.DiffReport, o comparing, now time.Time) error {
	if o.form == "json" {
		return report.JSON(s.out, r)
	}
	return report.DiffText(s.out, r, s.look(now))
}

// answer is what the exit code says: of what is wrong in the input, and how a
// rollout that was named stands.
func (o comparing) answer(r report.DiffReport) error {
	if len(r.Problems) > 0 {
		return wrong
	}
	if o.name == "" {
		return nil
	}
	var views []agent.View
	for _, d := range r.Rollouts {
		v := d.View
		v.Phase, v.Reason = d.Move.Phase, d.Move.Reason
		if d.Move.Kind != rollout.Hold && v.Phase == rollout.Healthy {
			v.Phase = rollout.Progressing // it has something to do yet
		}
		views = append(views, v)
	}
	return answerOf(views)
}

// settle finds the names of cluster and environments where they are not given.
func (o *comparing) settle(ctx context.Context) error {
	if o.Cluster != "" && len(o.Environments) > 0 {
		return nil
	}
	at, err := openCluster(asking{kubeconfig: o.kubeconfig, context: o.context})
	if err != nil {
		return err
	}
	rollouts, _, err := at.Look(ctx)
	if err != nil {
		return err
	}
	var clusters, environments []string
	for _, r := range rollouts {
		if o.Cluster == "" || r.Cluster == o.Cluster {
			clusters, environments = append(clusters, r.Cluster), append(environments, r.Environment)
		}
	}
	slices.Sort(clusters)
	slices.Sort(environments)
	clusters, environments = slices.Compact(clusters), slices.Compact(environments)
	switch {
	case o.Cluster == "" && len(clusters) > 1:
		return usagef("the VirtualServices name several clusters, %s: say which with --cluster", strings.Join(clusters, ", "))
	case o.Cluster == "" && len(clusters) == 0:
		return usagef("no VirtualService is weir's yet: name the cluster with --cluster, as the agent is started with")
	case o.Cluster == "":
		o.Cluster = clusters[0]
	}
	if len(o.Environments) == 0 {
		o.Environments = environments
	}
	if len(o.Environments) == 0 {
		return usagef("no VirtualService is weir's yet: name the environments with --environment, as the agent is started with")
	}
	return nil
}

// source is the repository: by its URL, or where the clone came from.
func (o comparing) source(ctx context.Context) (*origin, error) {
	o.remote.StatusBranch = o.StatusBranch
	if strings.Contains(o.repo, "://") {
		o.remote.URL, o.remote.AllowFile = o.repo, o.allowFile
		return openURL(ctx, o.remote)
	}
	clone, err := openClone(o.repo)
	if err != nil {
		return nil, err
	}
	return openOrigin(ctx, clone, o.remote)
}

// compare has an agent look, which may write nothing.
func (o comparing) compare(ctx context.Context, source *origin, now time.Time) (report.DiffReport, error) {
	out := report.DiffReport{APIVersion: audit.APIVersion, Kind: "DiffReport", Cluster: o.Cluster, Rollouts: []report.Difference{}, Support: []report.Prop{}, Problems: rollout.Problems{}}
	config, err := connect(o.kubeconfig, o.context)
	if err != nil {
		return out, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cluster, err := kube.New(ctx, kube.Config{REST: config, Cluster: o.Cluster, Namespace: o.home, Programs: true})
	if err != nil {
		return out, usagef("%v", err)
	}
	go cluster.Run(ctx)
	o.Metrics, o.Webhooks = unasked{}, unasked{}
	a, err := agent.New(o.Options, source, kustomize.New(), onlooker{cluster}, onlookersJournal{source}, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return out, usagef("%v", err)
	}
	previews, err := a.Preview(ctx, now)
	if err != nil {
		return out, err
	}
	revision, err := source.Fetch(ctx)
	if err != nil {
		return out, err
	}
	out.Revision, out.Problems = revision.SHA, append(out.Problems, a.Problems()...)
	var names []string
	for _, p := range previews {
		d, err := difference(p)
		if err != nil {
			return out, err
		}
		d.Cluster = o.Cluster
		name := d.FullName()
		if names = append(names, name); o.name == "" || name == o.name || strings.HasSuffix(name, "/"+o.name) {
			out.Rollouts = append(out.Rollouts, d)
		}
	}
	for _, p := range a.Props() {
		d, err := prop(p)
		if err != nil {
			return out, err
		}
		beside := func(r report.Difference) bool { return r.Namespace == d.Namespace }
		if (d.Absent || d.Diff != "") && (o.name == "" || slices.ContainsFunc(out.Rollouts, beside)) {
			out.Support = append(out.Support, d)
		}
	}
	if o.name != "" && len(out.Rollouts) == 0 {
		return out, fmt.Errorf("no rollout is named %s; there are: %s", o.name, strings.Join(names, ", "))
	}
	return out, nil
}

// unasked stands for the agent's metrics and webhooks, which only the agent asks.
type unasked struct{}

func (unasked) Samples(context.Context, rollout.Query) ([]rollout.Sample, error) {
	return nil, errors.New("only the agent asks the metrics")
}

func (unasked) Ask(context.Context, rollout.Call) (bool, string, error) {
	return false, "", errors.New("only the agent asks it")
}

// unjudged is a preview that says nothing of an analysis: who compares asks no metrics,
// so that one without an answer is no news of the rollout's.
func unjudged(p agent.Preview) agent.Preview {
	m := &p.Turn.Move
	if m.Reason.Code != rollout.Inconclusive || m.Writes() {
		return p
	}
	m.Reason = rollout.Reason{Code: rollout.Analyzing, Sentence: fmt.Sprintf("step %d of %d waits for its analysis: only the agent asks the metrics, and weir status says what it knows of them", p.View.Step, p.View.Steps)}
	m.Journey.Phase, m.Journey.Reason = m.Reason.Code.Phase(), m.Reason
	p.View.Phase, p.View.Reason = m.Journey.Phase, m.Reason
	return p
}

// difference is what is told of one rollout.
func difference(p agent.Preview) (report.Difference, error) {
	p = unjudged(p)
	t := p.Turn
	out := report.Difference{Rollout: report.Rollout{View: p.View}, Move: report.NextMove{
		Kind: t.Move.Kind, Phase: t.Move.Phase(), Reason: t.Move.Reason, Changes: []report.Change{}, Again: t.Move.Again,
		Decision: t.Decision.Verdict,
	}, Fields: []report.Fields{}}
	for _, c := range t.Move.Changes {
		out.Move.Changes = append(out.Move.Changes, report.Change{Target: c.Ref.Name, From: agent.ViewRoutes(c.Ref.Name, c.From), To: agent.ViewRoutes(c.Ref.Name, c.To)})
	}
	for _, pair := range p.Pairs {
		if pair.Live != nil && pair.Owned == nil && len(pair.Appliers) > 0 {
			out.Adoption = append(out.Adoption, adoption(pair, t.Rollout.Rules.Adopt))
		}
		text, err := unified(pair)
		if err != nil {
			return out, err
		}
		if text != "" {
			out.Fields = append(out.Fields, report.Fields{Target: pair.Ref.Name, Diff: text})
		}
	}
	return out, nil
}

// adoption is whom a VirtualService would be taken over from.
func adoption(p agent.Pair, allowed []string) report.Adoption {
	out := report.Adoption{Target: p.Ref.Name, From: []string{}, Refused: []string{}}
	for _, manager := range p.Appliers {
		if slices.Contains(allowed, manager) {
			out.From = append(out.From, manager)
		} else {
			out.Refused = append(out.Refused, manager)
		}
	}
	return out
}
