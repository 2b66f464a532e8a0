// Package policy asks OPA policies about a move before it is made.
//
// It reads rules from a tree, refuses whatever other engines would pass in
// silence, compiles what is left once, and answers questions with decisions.
// It does no I/O but reading the fs.FS it is given, has no clock, no network
// and no log, and the same rules, question and time give the same Decision,
// byte for byte. It knows nothing of Git, of the cluster or of waiting: who
// asks, and what a refusal means, is for its callers.
//
// Start reading at [Load], which makes a [Set] of rules, and at [Set.Review],
// which answers a [Question] that [Ask] built from rollout's values. What the
// people who write rules need to know is in README.md beside this file.
package policy

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/weir-delivery/weir/rollout"
)

// Config says which rules are enforced: spec.policies of weir.yaml.
type Config struct {
	// Path is the folder that holds the user's rules and data, relative to the
	// tree; empty for none.
	Path string `json:"path,omitempty"`
	// Packages are the packages in it whose rules are enforced, their
	// sub-packages included; none means all of them.
	Packages []string `json:"packages,omitempty"`
	// Sets are the embedded sets that are enforced beside them, of SetNames. Where
	// nothing at all is configured, it is "baseline".
	Sets []string `json:"sets,omitempty"`
	// Required are the ids of rules that must be enforced: a revision that lacks one
	// does not load. It is no part of the Digest, as it changes no answer.
	Required []string `json:"required,omitempty"`
	// At is where all that is said, for what is wrong with it; the Path where it is zero.
	At rollout.Position `json:"-"`
}

// where is what is wrong with the configuration.
func (c Config) where() rollout.Position {
	if c.At.File != "" {
		return c.At
	}
	return rollout.Position{File: c.Path}
}

// Set is the rules of one revision, compiled. It is safe for concurrent use.
type Set struct {
	digest rollout.Digest
	rules  []Rule
	// queries are the prepared rules, exceptions those that waive them by package.
	queries    []query
	exceptions []query
	waivers    []waiver
	scopes     []scope
	unread     rollout.Problems            // what of the data nobody reads, and was meant otherwise
	at         map[string]rollout.Position // where data for weir's own eyes stand, by their first key
}

// Rule is one rule as people see it: all definitions of one name in a package.
type Rule struct {
	// ID is the package and the name: "canary.deny_first_step".
	ID string `json:"id"`
	// Label is the short name that the annotation's labels give it: "W002".
	Label       string `json:"label,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Level       Level  `json:"level"`
	// Severity and Fix are what the annotation's custom block says of them.
	Severity string `json:"severity,omitempty"`
	Fix      string `json:"fix,omitempty"`
	// Data is the key of the policies' data that the rule is about, as its custom block
	// says: what it refuses, it refuses of every move, and no waiver lets that pass.
	Data string `json:"data,omitempty"`
	// Position is that of the first definition. Files that are embedded in
	// weir begin with "weir:".
	rollout.Position
}

// Load reads, checks and compiles the rules that the configuration names.
// Whatever is wrong with them comes back as rollout.Problems with file and
// line, all at once: the rules are taken whole or not at all. Other errors are
// of the tree or the context.
func Load(ctx context.Context, tree fs.FS, c Config) (*Set, error) {
	c, problems := c.complete()
	own, more, err := readFolder(ctx, tree, c)
	if err != nil {
		return nil, err
	}
	problems = append(problems, more...)
	library, err := readSets(c.Sets)
	if err != nil {
		return nil, err
	}
	src := own
	src.modules = append(src.modules, library...)
	mods, more := parse(src.modules)
	problems = append(problems, more...)
	if problems.Err() != nil {
		return nil, problems.Sorted()
	}
	bare := len(own.modules) == 0 && len(own.dataFiles) > 0 && len(c.Sets) > 0
	problems = append(lint(mods, c, bare), lintTests(own.tests, c)...)
	compiled, more, err := compile(ctx, mods, src.data)
	if err != nil {
		return nil, err
	}
	if problems = append(problems, more...); problems.Err() != nil {
		return nil, problems.Sorted()
	}
	s := &Set{digest: src.digest(c)}
	if err := s.prepare(ctx, compiled); err != nil {
		return nil, err
	}
	if problems = c.missing(s.rules); problems.Err() != nil {
		return nil, problems
	}
	if s.waivers, problems = waiversOf(src.data, s.rules, own.at("waivers")); problems.Err() != nil {
		return nil, problems.Sorted()
	}
	s.at = map[string]rollout.Position{"limits": own.at("limits"), "waivers": own.at("waivers")}
	for _, r := range s.rules {
		if r.Data != "" {
			s.at[r.Data] = own.at(r.Data)
		}
	}
	s.scopes = scopesOf(src.data, s.waivers)
	s.unread = unread(own, src.data, mods, c)
	return s, nil
}

// Digest names everything that can change an answer: the bytes of all rules
// and data, their paths, and the packages that are enforced. The order in
// which any of these are listed does not matter.
func (s *Set) Digest() rollout.Digest { return s.digest }

// Rules lists the rules that are enforced, by id.
func (s *Set) Rules() []Rule { return slices.Clone(s.rules) }

// complete fills in what the configuration leaves out, and says what of it
// cannot be.
func (c Config) complete() (Config, rollout.Problems) {
	var problems rollout.Problems
	report := func(hint, format string, args ...any) {
		problems = append(problems, rollout.Problem{Position: c.where(), Message: fmt.Sprintf(format, args...), Hint: hint})
	}
	if c.Path == "" && len(c.Packages) == 0 && len(c.Sets) == 0 {
		c.Sets = []string{Baseline}
	}
	if c.Path == "" && len(c.Packages) > 0 {
		report("set spec.policies.path to the folder that holds them", "packages %s have no folder", strings.Join(c.Packages, ", "))
	}
	if c.Path != "" && !fs.ValidPath(c.Path) {
		report("write it relative to the repository's root, as in \"policies\"", "%q is no path in the repository", c.Path)
		c.Path = ""
	}
	for _, name := range c.Sets {
		if !slices.Contains(SetNames(), name) {
			report(meant(name, SetNames()), "there is no policy set %q", name)
		}
	}
	c.Sets = slices.DeleteFunc(slices.Clone(c.Sets), func(n string) bool { return !slices.Contains(SetNames(), n) })
	return c, problems
}

// missing are the required rules that are not enforced.
func (c Config) missing(rules []Rule) rollout.Problems {
	var problems rollout.Problems
	for _, id := range c.Required {
		if !slices.ContainsFunc(rules, func(r Rule) bool { return r.ID == id }) {
			problems = append(problems, rollout.Problem{
				Position: c.where(), Message: fmt.Sprintf("the required rule %s is not enforced", id),
				Hint: "bring it back; one that is to go is taken from what is required first, in a change of its own; " + meant(id, ids(rules)),
			})
		}
	}
	return problems
}

// enforces tells whether rules in the package are asked.
func (c Config) enforces(pkg string) bool {
	within := func(p string) bool { return pkg == p || strings.HasPrefix(pkg, p+".") }
	if within(shared) {
		return len(c.Sets) > 0
	}
	if slices.ContainsFunc(SetNames(), within) {
		return slices.ContainsFunc(c.Sets, within)
	}
	return len(c.Packages) == 0 || slices.ContainsFunc(c.Packages, within)
}

// digest covers the files and what of the configuration chooses among them.
func (s sources) digest(c Config) rollout.Digest {
	type part struct {
		Path   string
		Digest rollout.Digest
	}
	var parts []part
	for _, f := range slices.Concat(s.modules, s.dataFiles) {
		parts = append(parts, part{f.path, rollout.DigestBytes(f.data)})
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.Path, b.Path) })
	return rollout.DigestOf(struct {
		Packages []string
		Parts    []part
	}{slices.Sorted(slices.Values(c.Packages)), parts})
}

// prepare makes one prepared query of each rule, in the order of their ids.
func (s *Set) prepare(ctx context.Context, c compiled) error {
	defs := map[string][]*ast.Rule{}
	for _, name := range slices.Sorted(maps.Keys(c.compiler.Modules)) {
		for _, r := range c.compiler.Modules[name].Rules {
			if n := nameOf(r); isRule(n) || n == exception {
				id := packageOf(r.Module) + "." + n
				defs[id] = append(defs[id], r)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(defs)) {
		rule := describe(id, defs[id], c.compiler.GetAnnotationSet())
		q, err := c.query(ctx, rule, defs[id][0])
		if err != nil {
			return err
		}
		if rule.Level == "" {
			s.exceptions = append(s.exceptions, q)
			continue
		}
		s.rules = append(s.rules, rule)
		s.queries = append(s.queries, q)
	}
	return nil
}
