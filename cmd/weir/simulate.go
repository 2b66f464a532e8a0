package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/kustomize"
	"github.com/weir-delivery/weir/cmd/weir/report"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// simulating is the flags of `weir simulate`.
type simulating struct {
	repo, head, delivery, form string

	rollout, from, to string
	at                time.Time
	span, approved    time.Duration
}

func (s *shell) simulate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "simulate [SCENARIO...]",
		Short: "Plays a plan on a virtual clock: a year in a second",
		Long: `Tells the stories of scenario files, or one that flags describe, with the
planner that the agent runs, on a clock that does not wait: every step, window,
freeze and analysis at the time at which it would come. Expectations in a
scenario that do not hold answer 3, so that plans are tested like code.

A scenario brings a plan of its own, or names a rollout of the clone: then its
plan and its windows are those of the work tree. It touches no cluster, and
asks no policies: "weir check" does.`,
		Example: `  weir simulate tests/reviews.txt
  weir simulate --rollout production/bookinfo/reviews --to "v1 0 · v3 100"
  weir simulate --rollout production/bookinfo/reviews --to "v3 100" --at 2026-12-18T16:00:00+01:00 --for 720h --approved-after 1h`,
	}
	var o simulating
	f := cmd.Flags()
	f.StringVar(&o.repo, "repo", ".", "folder of the clone")
	f.StringVar(&o.head, "head", "", "revision whose plans are played (default the work tree)")
	f.StringVar(&o.delivery, "delivery", "weir.yaml", "path of the Delivery in the repository")
	f.StringVar(&o.rollout, "rollout", "", "rollout to play, as environment/namespace/name, in place of scenarios")
	f.StringVar(&o.from, "from", "", "split that it comes from (default Git's)")
	f.StringVar(&o.to, "to", "", `split that Git wants then, such as "v1 0 · v3 100"`)
	f.TimeVar(&o.at, "at", time.Time{}, []string{time.RFC3339}, "time at which Git wants it, as in 2026-11-23T09:00:00Z (default now)")
	f.DurationVar(&o.span, "for", 365*24*time.Hour, "how long to follow it")
	f.DurationVar(&o.approved, "approved-after", 0, "how long people take to approve (default they never do)")
	choiceVar(f, &o.form, "output", "o", "text", []string{"text", "json"}, "form of the output")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			if err := unheeded(f, "scenario files", "rollout", "from", "to", "at", "for", "approved-after"); err != nil {
				return err
			}
		}
		return s.runSimulate(cmd.Context(), o, args)
	}
	return cmd
}

func (s *shell) runSimulate(ctx context.Context, o simulating, files []string) error {
	scenarios, err := o.scenarios(files)
	if err != nil {
		return err
	}
	if err := s.plansOf(ctx, o, scenarios); err != nil {
		return err
	}
	result := report.SimulationReport{APIVersion: spec.APIVersion, Kind: "SimulationReport", Simulations: []report.Simulation{}}
	for _, sc := range scenarios {
		told, err := sc.Run(func() bool { return ctx.Err() != nil })
		switch {
		case ctx.Err() != nil:
			return errors.New("interrupted")
		case err != nil:
			return err
		}
		result.Add(sc, told)
	}
	if o.form == "json" {
		err = report.JSON(s.out, result)
	} else {
		err = report.SimulationText(s.out, result, s.look(o.at))
	}
	if err == nil && result.Unmet > 0 {
		err = no
	}
	return err
}

// scenarios are those of the files, or the one that the flags describe.
func (o simulating) scenarios(files []string) ([]spec.Scenario, error) {
	switch {
	case len(files) == 0 && (o.rollout == "" || o.to == ""):
		return nil, usagef(`name scenario files, or a rollout and what Git is to want of it: --rollout ENVIRONMENT/NAMESPACE/NAME --to "v1 0 · v3 100"`)
	case len(files) == 0:
		sc, err := o.described()
		return []spec.Scenario{sc}, err
	}
	var out []spec.Scenario
	var wrong rollout.Problems
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading a scenario: %w", err)
		}
		sc, problems := spec.DecodeScenario(string(text), file)
		out, wrong = append(out, sc), append(wrong, problems...)
	}
	return out, wrong.Err()
}

// described is the scenario of the flags.
func (o simulating) described() (sc spec.Scenario, err error) {
	sc = spec.Scenario{File: "--rollout", Rollout: o.rollout, Approved: o.approved, Hopeful: true}
	if o.at.IsZero() {
		o.at = time.Now().UTC().Truncate(time.Second)
	}
	if o.from != "" {
		if sc.Stable, err = spec.ParseSplit(o.from); err != nil {
			return sc, usagef("--from: %v", err)
		}
	}
	if _, err := spec.ParseSplit(o.to); err != nil {
		return sc, usagef("--to: %v", err)
	}
	if o.span <= 0 || o.approved < 0 {
		return sc, usagef("--for and --approved-after are durations, such as 720h")
	}
	sc.Beats = []spec.Beat{{At: o.at, Event: "git " + o.to}, {At: o.at.Add(o.span)}}
	return sc, nil
}

// plansOf gives the scenarios that name a rollout its plan.
func (s *shell) plansOf(ctx context.Context, o simulating, scenarios []spec.Scenario) error {
	if !slices.ContainsFunc(scenarios, func(sc spec.Scenario) bool { return sc.Rollout != "" }) {
		return nil
	}
	revision, done, err := openHead(o.repo, o.head)
	if err != nil {
		return err
	}
	defer done()
	side := agent.ReadSide(ctx, kustomize.New(), revision, o.delivery, nil)
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	if len(side.Problems) > 0 {
		return side.Problems.Sorted()
	}
	var names []string
	known := map[string]*rollout.Rollout{}
	for _, r := range side.Rollouts() {
		names = append(names, r.Name.String())
		known[r.Name.String()] = r
	}
	for i, sc := range scenarios {
		r, ok := known[sc.Rollout]
		switch {
		case sc.Rollout == "":
			continue
		case !ok:
			return rollout.Problem{Position: rollout.Position{File: sc.File}, Message: fmt.Sprintf("the repository has no rollout %s", sc.Rollout), Hint: "it has " + strings.Join(names, ", ")}
		}
		if scenarios[i], err = sc.On(r); err != nil {
			return err
		}
		if plan := scenarios[i].Plan; o.rollout != "" && len(plan.Analyses())+len(plan.Webhooks) > 0 {
			s.say("note: every metric is taken for good and every webhook for open; a scenario file can tell it otherwise")
		}
		if to, _ := spec.ParseSplit(o.to); o.rollout != "" && scenarios[i].Stable.Equal(to) {
			s.say("note: Git has %s already, so nothing moves; say where it comes from with --from", to)
		}
	}
	return nil
}
