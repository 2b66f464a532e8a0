package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-delivery/weir/cmd/weir/report"
	"github.com/weir-delivery/weir/rollout"
)

func (s *shell) explain() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain [CODE|FIELD]",
		Short: "Explains a reason of a rollout, or a field of weir.yaml and its kin",
		Long: `Says what a reason means and what to do about it, by its code as "weir status
-o json" and events show it; or what a field of a Delivery, a WeightPlan or an
Intent means, by its path or the end of it. Without a word it lists them all.

It needs neither a clone nor a cluster.`,
		Example: `  weir explain NotReady
  weir explain steps.setWeight
  weir explain Delivery.spec.adopt`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("%q takes one code or field, not %d", cmd.CommandPath(), len(args))
			}
			return nil
		},
	}
	var form string
	choiceVar(cmd.Flags(), &form, "output", "o", "text", []string{"text", "json"}, "form of the output")
	cmd.RunE = func(_ *cobra.Command, args []string) error { return s.runExplain(strings.Join(args, ""), form) }
	return cmd
}

func (s *shell) runExplain(word, form string) error {
	e, err := explanationOf(word)
	if err != nil {
		return err
	}
	if form == "json" {
		return report.JSON(s.out, e)
	}
	return report.ExplainText(s.out, e, word == "")
}

// explanationOf is all that is known of a word, and of everything by none.
func explanationOf(word string) (report.Explanations, error) {
	fields, err := fieldsOf()
	if err != nil {
		return report.Explanations{}, err
	}
	out := report.Explanations{Reasons: []rollout.Explanation{}, Fields: []report.Field{}}
	known := []string{}
	for _, code := range rollout.Codes() {
		if e, _ := rollout.Explain(code); word == "" || strings.EqualFold(word, string(code)) {
			out.Reasons = append(out.Reasons, e)
		}
		known = append(known, string(code))
	}
	for _, f := range fields {
		for end := f.Path; end != ""; _, end, _ = strings.Cut(end, ".") {
			known = append(known, end)
		}
		if word == "" || names(f.Path, word) {
			out.Fields = append(out.Fields, report.Field(f))
		}
	}
	if len(out.Reasons)+len(out.Fields) == 0 {
		slices.Sort(known)
		hint := rollout.Suggest(word, slices.Compact(known))
		if strings.HasPrefix(hint, "known here") {
			hint = "weir explain lists what there is"
		}
		return out, usagef("nothing is called %q; %s", word, hint)
	}
	return out, nil
}

// names tells whether the word is a field's path or its end: setWeight,
// steps.setWeight, WeightPlan.spec.steps.setWeight, spec.steps[0].setWeight.
func names(path, word string) bool {
	if at := strings.IndexByte(word, '['); at >= 0 {
		if end := strings.IndexByte(word[at:], ']'); end >= 0 {
			return names(path, word[:at]+word[at+end+1:])
		}
	}
	path, word = strings.ToLower(path), strings.ToLower(strings.TrimPrefix(word, "."))
	return path == word || strings.HasSuffix(path, "."+word)
}
