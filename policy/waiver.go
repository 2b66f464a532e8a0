package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// Waiver is who let a finding pass: an exception rule, by conftest's convention, or
// an entry of data.waivers.
type Waiver struct {
	// Rule is the exception rule; empty for an entry of the data.
	Rule       string `json:"rule,omitempty"`
	Reason     string `json:"reason,omitempty"`
	Ticket     string `json:"ticket,omitempty"`
	ApprovedBy string `json:"approvedBy,omitempty"`
	// Expires is when it counts no more.
	Expires time.Time `json:"expires,omitzero"`
}

// String says in a few words who waives, until when and why.
func (w Waiver) String() string {
	if w.Rule != "" {
		return w.Rule
	}
	return fmt.Sprintf("%s until %s (%s): %s", w.ApprovedBy, w.Expires.UTC().Format(time.RFC3339), w.Ticket, w.Reason)
}

// waiver is an entry of data.waivers: which findings it lets pass, and why.
type waiver struct {
	Waiver
	rule, environment, target string
}

// waiverFields are what an entry may say, and whether it has to.
var waiverFields = map[string]bool{
	"rule": true, "reason": true, "ticket": true, "approvedBy": true, "expires": true, "environment": false, "target": false,
}

// waiversOf reads data.waivers. An entry that is wrong waives nothing and is a
// problem, as one is that names a rule which is not enforced.
func waiversOf(data map[string]any, rules []Rule, at rollout.Position) ([]waiver, rollout.Problems) {
	var problems rollout.Problems
	bad := func(hint, format string, args ...any) {
		problems = append(problems, rollout.Problem{Position: at, Message: fmt.Sprintf(format, args...), Hint: hint})
	}
	said, there := data["waivers"]
	if !there {
		return nil, nil
	}
	list, ok := said.([]any)
	if !ok {
		bad("write it as a list of objects with rule, reason, ticket, approvedBy and expires", "data.waivers is %s, and no list", typeName(said))
		return nil, problems
	}
	var out []waiver
	for i, item := range list {
		where := fmt.Sprintf("data.waivers[%d]", i)
		entry, ok := item.(map[string]any)
		if !ok {
			bad("write it as an object with rule, reason, ticket, approvedBy and expires", "%s is %s, and no object", where, typeName(item))
			continue
		}
		before := len(problems)
		text := map[string]string{}
		for _, field := range slices.Sorted(maps.Keys(entry)) {
			if _, known := waiverFields[field]; !known {
				bad(meant(field, slices.Sorted(maps.Keys(waiverFields))), "%s.%s is not known", where, field)
				continue
			}
			s, ok := entry[field].(string)
			if !ok || strings.TrimSpace(s) == "" {
				bad("write words, in quotes where they look like something else", "%s.%s is %s", where, field, short(entry[field]))
			}
			text[field] = s
		}
		for _, field := range slices.Sorted(maps.Keys(waiverFields)) {
			if _, there := entry[field]; waiverFields[field] && !there {
				bad("add it", "%s has no %s", where, field)
			}
		}
		w := waiver{Waiver{Reason: text["reason"], Ticket: text["ticket"], ApprovedBy: text["approvedBy"]}, text["rule"], text["environment"], text["target"]}
		var err error
		if w.Expires, err = expiry(text["expires"]); err != nil && text["expires"] != "" {
			bad("write a day or a time, as in 2027-01-31 or 2027-01-31T12:00:00Z", "%s.expires is no time: %q", where, text["expires"])
		}
		if by := text["approvedBy"]; by != "" && !mailAddress.MatchString(by) {
			bad("write who waives as in ann@example.org, as the commits of a change name its authors", "%s.approvedBy is no mail address: %q", where, by)
		}
		if w.rule != "" && !slices.ContainsFunc(rules, func(r Rule) bool { return w.names(r) }) {
			bad(meant(w.rule, ids(rules)), "%s waives a rule that is not enforced: %s", where, w.rule)
		}
		if several := w.packages(rules); len(several) > 1 {
			bad("name one rule by its id", "%s waives rules of several packages, %s, which share the label %s", where, strings.Join(several, " and "), w.rule)
		}
		for _, r := range rules {
			if r.Data != "" && w.names(r) {
				bad("mend the data instead", "%s waives %s, which is about the policies' data: %s", where, w.rule, r.Data)
			}
		}
		if len(problems) == before {
			out = append(out, w)
		}
	}
	return out, problems
}

// mailAddress is what commits know people by.
var mailAddress = regexp.MustCompile(`^[^@\s<>]+@[^@\s<>]+$`)

// expiry reads a time, or a day, which is meant to its end in UTC.
func expiry(text string) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.AddDate(0, 0, 1), nil
	}
	return time.Parse(time.RFC3339, text)
}

func ids(rules []Rule) []string {
	var out []string
	for _, r := range rules {
		out = append(out, r.ID)
	}
	return out
}

// packages are those of the rules that the waiver names: a label may be that of more
// than one rule.
func (w waiver) packages(rules []Rule) []string {
	var out []string
	for _, r := range rules {
		if at := r.ID[:max(strings.LastIndex(r.ID, "."), 0)]; w.names(r) && !slices.Contains(out, at) {
			out = append(out, at)
		}
	}
	slices.Sort(out)
	return out
}

// names tells whether the waiver is of the rule: by its id, or by its label.
func (w waiver) names(r Rule) bool { return w.rule == r.ID || r.Label != "" && w.rule == r.Label }

// fits tells whether the waiver is meant for the finding, whatever its time.
func (w waiver) fits(r Rule, f Finding) bool {
	about := w.target == "" || f.Target != nil && (w.target == f.Target.Name || w.target == f.Target.Namespace+"/"+f.Target.Name)
	return w.names(r) && about && (w.environment == "" || w.environment == f.Environment)
}

// void is why a waiver that fits does not count for the question; empty where it does.
// Who wrote the change cannot be the one who waives it.
func (w waiver) void(q Question) string {
	switch {
	case !q.Time.Now.Before(w.Expires):
		return fmt.Sprintf("the waiver of %s (%s) expired at %s", w.ApprovedBy, w.Ticket, w.Expires.UTC().Format(time.RFC3339))
	case (rollout.Source{Author: q.Change.Author, Authors: q.Change.Authors}).Wrote(w.ApprovedBy):
		return fmt.Sprintf("the waiver (%s) is by %s, who wrote the change", w.Ticket, w.ApprovedBy)
	}
	return ""
}

// waived is the finding with the waiver that lets it pass, or with why none that fits
// does.
func (s *Set) waived(r Rule, f Finding, q Question) Finding {
	for _, w := range s.waivers {
		if !w.fits(r, f) {
			continue
		}
		if f.Void = w.void(q); f.Void == "" {
			f.Waiver = &w.Waiver
			return f
		}
	}
	return f
}
