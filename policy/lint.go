package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/util"

	"github.com/weir-delivery/weir/rollout"
)

// exception is the name of the rules that waive others, as in conftest.
const exception = "exception"

var (
	// ruleName is what is asked, as in conftest.
	ruleName = regexp.MustCompile(`^(deny|violation|warn)(_[a-zA-Z0-9]+)*$`)
	// nearly is what somebody writes who wants to be asked and is not: another
	// case, another form of the word, or a suffix without its underscore.
	nearly = regexp.MustCompile(`^(?i:den(y|ys|ies|ied)|warn(s|ed|ing|ings)?|violat(e|es|ed|ion|ions)|exceptions?)([^a-z].*)?$`)
)

func isRule(name string) bool { return ruleName.MatchString(name) }

// nameOf is the first part of a rule's name, all of it where it has no dots.
func nameOf(r *ast.Rule) string {
	head, ok := r.Head.Ref()[0].Value.(ast.Var)
	if !ok {
		return ""
	}
	return string(head)
}

// packageOf is the module's package as people write it: "canary.windows".
func packageOf(m *ast.Module) string {
	return strings.TrimPrefix(m.Package.Path.String(), "data.")
}

// linter looks for what would never be asked, and so pass in silence.
type linter struct {
	config   Config
	mods     map[string]*ast.Module
	used     map[string]bool     // names that some rule uses
	values   map[string][]string // by path in the input, the strings that it can be
	rules    map[string]int      // by package, the rules that are asked
	bare     bool                // the folder holds data alone, for the sets
	problems rollout.Problems
}

// lint checks parsed modules against the conventions that README.md documents.
func lint(mods map[string]*ast.Module, c Config, bare bool) rollout.Problems {
	l := linter{config: c, mods: mods, bare: bare, used: map[string]bool{}, values: enumerations(), rules: map[string]int{}}
	for _, m := range mods {
		for _, r := range m.Rules {
			l.note(r)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(mods)) {
		m := mods[name]
		pkg := packageOf(m)
		l.rules[pkg] += 0
		if !strings.HasPrefix(name, embedded) {
			l.reserved(m, pkg)
		}
		for _, r := range m.Rules {
			l.rule(r, pkg)
			l.constants(r)
		}
	}
	l.packages()
	return l.problems
}

func (l *linter) report(at *ast.Location, hint, format string, args ...any) {
	p := rollout.Problem{Message: fmt.Sprintf(format, args...), Hint: hint, Position: l.config.where()}
	if at != nil {
		p.Position = rollout.Position{File: at.File, Line: at.Row}
	}
	l.problems = append(l.problems, p)
}

// note remembers the names that the rule uses, so that a helper is not taken
// for a misspelt rule.
func (l *linter) note(r *ast.Rule) {
	see := func(t *ast.Term) bool {
		switch v := t.Value.(type) {
		case ast.Var:
			l.used[string(v)] = true
		case ast.String:
			l.used[string(v)] = true
		}
		return false
	}
	ast.WalkTerms(r.Body, see)
	if r.Head.Key != nil {
		ast.WalkTerms(r.Head.Key, see)
	}
	if r.Head.Value != nil {
		ast.WalkTerms(r.Head.Value, see)
	}
	if r.Else != nil {
		l.note(r.Else)
	}
}

func (l *linter) reserved(m *ast.Module, pkg string) {
	root, _, _ := strings.Cut(pkg, ".")
	if slices.Contains(reserved(), root) {
		l.report(m.Package.Location, "choose another name", "package %s is reserved", pkg)
	}
}

func (l *linter) rule(r *ast.Rule, pkg string) {
	name := nameOf(r)
	asked := isRule(name)
	plain := r.Head.RuleKind() == ast.MultiValue && len(r.Head.Ref()) == 1 && len(r.Head.Args) == 0
	switch {
	case name == exception && plain:
	case asked && !l.config.enforces(pkg):
		l.report(r.Location, "add "+pkg+" to spec.policies.packages, or rename the rule",
			"rule %s would never be asked: package %s is not enforced", name, pkg)
	case asked && plain:
		l.rules[pkg]++
	case asked || name == exception:
		l.report(r.Location, fmt.Sprintf("write %q", name+" contains ... if { ... }"),
			"rule %s is no set of messages, so it would never say anything", name)
	case len(r.Head.Args) == 0 && l.near(r, name):
		l.report(r.Location, "name it deny, warn or violation, or one of these with _ and a suffix of letters and digits; rename it if it is a helper",
			"rule %s would never be asked", name)
	}
}

// near tells whether the name was meant to be asked.
func (l *linter) near(r *ast.Rule, name string) bool {
	if nearly.MatchString(name) {
		return true
	}
	if r.Head.RuleKind() != ast.MultiValue || l.used[name] {
		return false
	}
	stem, _, _ := strings.Cut(strings.ToLower(name), "_")
	return slices.ContainsFunc([]string{"deny", "warn", "violation", exception}, func(want string) bool {
		return levenshtein.ComputeDistance(stem, want) <= 2
	})
}

// packages says which configured package has nothing to ask.
func (l *linter) packages() {
	have, total := slices.Sorted(maps.Keys(l.rules)), 0
	for _, n := range l.rules {
		total += n
	}
	for _, want := range l.config.Packages {
		exists, rules := false, 0
		for _, pkg := range have {
			if pkg == want || strings.HasPrefix(pkg, want+".") {
				exists, rules = true, rules+l.rules[pkg]
			}
		}
		switch {
		case !exists:
			l.report(nil, meant(want, have), "there is no package %s", want)
		case rules == 0 && len(l.problems) == 0:
			l.report(nil, "write one, or take the package out of spec.policies.packages", "package %s has no rule deny, warn or violation", want)
		}
	}
	own := slices.ContainsFunc(have, func(pkg string) bool { return !slices.Contains(reserved(), pkg) && l.rules[pkg] > 0 })
	if len(l.problems) > 0 {
		return // a misspelt rule explains that there is none
	}
	if total == 0 || l.config.Path != "" && !own && len(l.config.Packages) == 0 && !l.bare {
		l.report(nil, "write one, or leave spec.policies.path out", "there is no rule deny, warn or violation")
	}
}

// constants finds comparisons of an input field with a string that it never is.
func (l *linter) constants(r *ast.Rule) {
	ast.WalkExprs(r, func(e *ast.Expr) bool {
		if !e.IsCall() || !slices.Contains([]string{"equal", "eq", "neq", "internal.member_2"}, e.Operator().String()) {
			return false
		}
		for i, t := range e.Operands() {
			ref, ok := t.Value.(ast.Ref)
			if !ok || len(e.Operands()) != 2 {
				continue
			}
			allowed, ok := l.values[ref.String()]
			if !ok {
				continue
			}
			ast.WalkTerms(e.Operands()[1-i], func(t *ast.Term) bool {
				if s, ok := t.Value.(ast.String); ok && !slices.Contains(allowed, string(s)) {
					l.report(e.Location, meant(string(s), allowed), "%s is never %q", ref, string(s))
				}
				_, isRef := t.Value.(ast.Ref)
				return isRef
			})
		}
		return false
	})
}

// enumerations are the strings that the schema lists, by path: "input.operation".
func enumerations() map[string][]string {
	var root map[string]any
	if err := util.UnmarshalJSON(schema, &root); err != nil {
		panic("policy: internal error: the input's schema: " + err.Error())
	}
	out := map[string][]string{}
	var walk func(at string, s map[string]any)
	walk = func(at string, s map[string]any) {
		values, _ := s["enum"].([]any)
		for _, v := range values {
			out[at] = append(out[at], v.(string))
		}
		properties, _ := s["properties"].(map[string]any)
		for name, p := range properties {
			walk(at+"."+name, p.(map[string]any))
		}
	}
	walk("input", root)
	return out
}

// lintTests finds rules in test files, which are never asked. A test file that
// does not parse is the business of whoever runs the tests.
func lintTests(tests []file, c Config) rollout.Problems {
	l := linter{config: c}
	for _, f := range tests {
		mods, _ := parse([]file{f})
		for _, m := range mods {
			if strings.HasSuffix(packageOf(m), "_test") {
				continue
			}
			for _, r := range m.Rules {
				if isRule(nameOf(r)) {
					l.report(r.Location, "move it to a file whose name does not end in _test.rego", "rule %s is in a test file, so it would never be asked", nameOf(r))
				}
			}
		}
	}
	return l.problems
}

// meant is a hint that names the nearest of what there is, or all of it.
func meant(word string, have []string) string {
	switch best := rollout.Nearest(word, have); {
	case best != "":
		return "did you mean " + best + "?"
	case len(have) == 0 || len(have) > 30:
		return ""
	}
	return "there is " + strings.Join(have, ", ")
}
