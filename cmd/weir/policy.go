package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/cmd/weir/report"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout/spec"
)

// ruling is the flags of `weir policy`.
type ruling struct {
	repo, head, delivery, form string
	judges                     judges
	threshold                  float64
}

func (s *shell) policy() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Lists, explains and tests the policies of a repository",
		Args:  knownVerb,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(s.policyList(), s.policyExplain(), s.policyTest())
	return cmd
}

func (o *ruling) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.repo, "repo", ".", "folder of the clone")
	f.StringVar(&o.head, "head", "", "revision to read (default the work tree)")
	f.StringVar(&o.delivery, "delivery", "weir.yaml", "path of the Delivery in the repository")
	choiceVar(f, &o.form, "output", "o", "text", []string{"text", "json"}, "form of the output")
}

func (s *shell) policyList() *cobra.Command {
	var o ruling
	cmd := &cobra.Command{
		Use: "list", Short: "Lists the rules that the Delivery enforces", Args: noArguments,
		Long:    "Lists the rules that the Delivery of a clone enforces: its own, and those of the sets\nthat it names.",
		Example: "  weir policy list",
		RunE: func(cmd *cobra.Command, _ []string) error {
			rules, err := o.rules(cmd.Context())
			if err != nil {
				return err
			}
			if o.form == "json" {
				return report.JSON(s.out, report.Policies{Rules: rules})
			}
			return report.PolicyList(s.out, rules)
		},
	}
	o.flags(cmd)
	o.judges.flag(cmd.Flags())
	return cmd
}

func (s *shell) policyExplain() *cobra.Command {
	var o ruling
	cmd := &cobra.Command{
		Use: "explain RULE", Short: "Says what a rule is for, and the way out",
		Long: `Says what a rule that the Delivery enforces is for, and the way out. RULE is a
rule's id as a finding has it, the end of it, or its label.`,
		Example: "  weir policy explain baseline.deny_max_step\n  weir policy explain W002",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("%q takes one rule, not %d; weir policy list lists them", cmd.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			rules, err := o.rules(cmd.Context())
			if err != nil {
				return err
			}
			found := called(rules, args[0])
			if len(found) == 0 {
				var names []string
				for _, r := range rules {
					names = append(names, r.ID)
				}
				return usagef("no rule that is enforced is called %q%s", args[0], meant("", args[0], names))
			}
			if o.form == "json" {
				return report.JSON(s.out, report.Policies{Rules: found})
			}
			return report.PolicyExplain(s.out, found)
		},
	}
	o.flags(cmd)
	o.judges.flag(cmd.Flags())
	return cmd
}

func (s *shell) policyTest() *cobra.Command {
	var o ruling
	cmd := &cobra.Command{
		Use: "test", Short: "Runs the tests of the repository's own policies, with coverage", Args: noArguments,
		Long: `Runs the tests of the repository's own policies by OPA's tester: the rules that
begin with test_ in files whose names end in _test.rego. It answers 3 if one
fails, if there are none, or if they run less of the rules than --threshold asks.`,
		Example: "  weir policy test\n  weir policy test --threshold 100",
		RunE:    func(cmd *cobra.Command, _ []string) error { return s.runPolicyTest(cmd.Context(), o) },
	}
	o.flags(cmd)
	cmd.Flags().Float64Var(&o.threshold, "threshold", 0, "percent of the rules' lines that tests have to run")
	return cmd
}

func (s *shell) runPolicyTest(ctx context.Context, o ruling) error {
	if o.threshold < 0 || o.threshold > 100 {
		return usagef("--threshold is a number of percent, from 0 to 100")
	}
	var result policy.TestReport
	err := o.read(ctx, func(rev agent.Revision, d spec.Delivery) (err error) {
		c := agent.PoliciesOf(d)
		if c.Path == "" {
			return usagef("%s names no folder of policies of its own; those of sets are tested with weir", o.delivery)
		}
		result, err = policy.Test(ctx, rev.Tree, c)
		return err
	})
	if err != nil {
		return err
	}
	if o.form == "json" {
		err = report.JSON(s.out, result)
	} else {
		err = report.PolicyTests(s.out, result, o.threshold, s.look(time.Time{}))
	}
	if err == nil && !result.Passes(o.threshold) {
		err = no
	}
	return err
}

// rules are those that the Delivery enforces.
func (o ruling) rules(ctx context.Context) ([]policy.Rule, error) {
	var set *policy.Set
	err := o.read(ctx, func(rev agent.Revision, d spec.Delivery) (err error) {
		set, err = agent.LoadPolicies(ctx, rev, d)
		return err
	})
	if err != nil {
		return nil, err
	}
	return set.Rules(), nil
}

// read opens what the flags name, and says which policies its Delivery has.
func (o ruling) read(ctx context.Context, do func(agent.Revision, spec.Delivery) error) error {
	revision, done, err := openHead(o.repo, o.head)
	if err != nil {
		return err
	}
	defer done()
	if o.judges.named != nil { // policy test has no such flag
		if err := o.judges.of(&revision); err != nil {
			return err
		}
	}
	delivery, problems := agent.ReadDelivery(revision.Tree, o.delivery)
	if len(problems) > 0 {
		return problems.Sorted()
	}
	if err := do(revision, delivery); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return nil
}

// called are the rules that the word names: by name, by its end, or by id.
func called(rules []policy.Rule, word string) []policy.Rule {
	return slices.DeleteFunc(slices.Clone(rules), func(r policy.Rule) bool {
		return r.ID != word && !strings.HasSuffix(r.ID, "."+word) && !strings.EqualFold(r.Label, word)
	})
}
