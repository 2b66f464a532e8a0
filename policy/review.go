package policy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/weir-delivery/weir/rollout"
)

// deadline bounds one review. A context may be shorter.
const deadline = time.Second

// maxFindings bounds what one decision holds.
const maxFindings = 500

// query is one rule, ready to be asked. It is safe for concurrent use.
type query struct {
	rule     Rule
	prepared rego.PreparedEvalQuery
}

// Review asks every rule about the move. It never panics: whatever goes wrong,
// a rule that fails, one that says nothing sensible, or the deadline, is a
// Decision whose Verdict is Error. Denials of a rollback are turned into
// warnings: going back is never blocked.
func (s *Set) Review(ctx context.Context, q Question) Decision {
	d := Decision{Verdict: Error, Findings: []Finding{}, Policies: s.digest}
	var said []Finding
	err := guarded("asking the policies", func() { d.Input = rollout.DigestOf(q) })
	if err == nil {
		err = q.check()
	}
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, deadline)
		defer cancel()
		var failed error
		if err = guarded("asking the policies", func() { said, failed = s.ask(ctx, q) }); err == nil {
			err = failed
		}
	}
	if err != nil {
		d.Problem = bounded(err.Error())
		return d
	}
	return d.with(said)
}

// with is the decision that follows from what the rules said.
func (d Decision) with(said []Finding) Decision {
	d.Verdict = Allow
	if slices.ContainsFunc(said, Finding.refuses) {
		d.Verdict = Deny
	}
	slices.SortStableFunc(said, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), strings.Compare(a.Rule, b.Rule))
	})
	if d.Dropped = max(0, len(said)-maxFindings); d.Dropped > 0 {
		said = said[:maxFindings]
	}
	d.Findings = append(d.Findings, said...)
	return d
}

// check refuses questions that these rules were not written for.
func (q Question) check() error {
	if q.APIVersion != Version || q.Kind != Kind {
		return fmt.Errorf("the question is a %s %s, and these policies answer %s %s", q.APIVersion, q.Kind, Version, Kind)
	}
	if !slices.Contains([]Operation{Create, Reshape, Step, Promote, Remove, Rollback, Correct}, q.Operation) {
		return fmt.Errorf("%q is no operation that policies are asked about", q.Operation)
	}
	return nil
}

// ask evaluates all rules, the exceptions first. The input is converted once.
func (s *Set) ask(ctx context.Context, q Question) ([]Finding, error) {
	input, err := ast.InterfaceToValue(q)
	if err != nil {
		return nil, fmt.Errorf("converting the question: %w", err)
	}
	stop := topdown.NewCancel()
	defer context.AfterFunc(ctx, stop.Cancel)()
	// What one rule found out of the input and the data, the next one need not.
	options := []rego.EvalOption{
		rego.EvalParsedInput(input), rego.EvalTime(q.Time.Now), rego.EvalSortSets(true),
		rego.EvalVirtualCache(topdown.NewVirtualCache()), rego.EvalExternalCancel(stop),
	}
	waived := map[string]string{}
	for _, x := range s.exceptions {
		members, err := x.eval(ctx, options)
		if err != nil {
			return nil, err
		}
		if err := s.waive(waived, x.rule.ID, members); err != nil {
			return nil, err
		}
	}
	var out []Finding
	for _, x := range s.queries {
		members, err := x.eval(ctx, options)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			f, err := q.finding(x.rule, m)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", x.rule.Position, x.rule.ID, err)
			}
			if by := waived[x.rule.ID]; by != "" {
				f.Waiver = &Waiver{Rule: by}
			} else {
				f = s.waived(x.rule, f, q)
			}
			out = append(out, f)
		}
	}
	return out, nil
}

// eval asks one rule. A rule is a set, so it always has a value.
func (x query) eval(ctx context.Context, options []rego.EvalOption) ([]any, error) {
	results, err := x.prepared.Eval(ctx, options...)
	switch {
	case err != nil && errors.Is(ctx.Err(), context.Canceled):
		return nil, fmt.Errorf("%s: the review was cancelled", x.rule.ID)
	case err != nil && ctx.Err() != nil:
		return nil, fmt.Errorf("%s: %s did not end in time, which is %s at most", x.rule.Position, x.rule.ID, deadline)
	case err != nil:
		return nil, explain(x.rule, err)
	case len(results) != 1 || len(results[0].Expressions) != 1:
		return nil, fmt.Errorf("%s: %s has no value", x.rule.Position, x.rule.ID)
	}
	members, ok := results[0].Expressions[0].Value.([]any)
	if !ok {
		return nil, fmt.Errorf("%s: %s is no set", x.rule.Position, x.rule.ID)
	}
	return members, nil
}

// explain says which rule failed, and where.
func explain(rule Rule, err error) error {
	var failed *topdown.Error
	if errors.As(err, &failed) && failed.Location != nil {
		at := rollout.Position{File: failed.Location.File, Line: failed.Location.Row}
		return fmt.Errorf("%s: %s: %s", at, rule.ID, strings.Join(strings.Fields(failed.Message), " "))
	}
	return fmt.Errorf("%s: %s: %w", rule.Position, rule.ID, err)
}

// waive notes the rules that an exception names, by conftest's convention:
// lists of suffixes of rules in its own package, "" for the rules without one.
func (s *Set) waive(waived map[string]string, id string, members []any) error {
	pkg := strings.TrimSuffix(id, "."+exception)
	for _, m := range members {
		suffixes, ok := m.([]any)
		if !ok {
			return fmt.Errorf("%s: an exception is a list of the suffixes of rules, not %s", id, typeName(m))
		}
		for _, suffix := range suffixes {
			found := false
			for _, r := range s.rules {
				_, rest, _ := strings.Cut(strings.TrimPrefix(r.ID, pkg+"."), "_")
				if suffix == rest && strings.HasPrefix(r.ID, pkg+".") && !strings.Contains(strings.TrimPrefix(r.ID, pkg+"."), ".") {
					waived[r.ID], found = id, true
				}
			}
			if !found {
				return fmt.Errorf("%s: there is no rule with the suffix %v in its package", id, suffix)
			}
		}
	}
	return nil
}
