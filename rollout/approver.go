package rollout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Approves tells whether a person is one of the approvers.
func (r Rules) Approves(person string) bool {
	mail := strings.ToLower(cmp.Or(address(person), person))
	return len(r.Approvers) == 0 || slices.ContainsFunc(r.Approvers, func(a string) bool {
		a = strings.ToLower(a)
		return mail == a || strings.HasPrefix(a, "@") && strings.HasSuffix(mail, a)
	})
}

// Imagined are so many people who may approve the rollout, for what is foreseen:
// fewer where weir.yaml names no more who did not write the change.
func (r *Rollout) Imagined(n int) []string {
	some := func(domain string) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprintf("approver-%d%s", i+1, domain))
		}
		return out
	}
	named := r.Rules.people()
	if len(named) == 0 && !r.Rules.Signed {
		return some("")
	}
	var out []string
	for _, a := range named {
		people := []string{a}
		if strings.HasPrefix(a, "@") {
			people = some(a)
		}
		out = append(out, slices.DeleteFunc(people, r.Source.Wrote)...)
	}
	return out[:min(len(out), n)]
}

// Quorum says why so many approvals can never come together, or nothing.
func (r Rules) Quorum(required int) string {
	domain := func(a string) bool { return strings.HasPrefix(a, "@") }
	who, named := "approvers", r.Approvers
	if r.Signed { // an approver without a key approves nothing
		named = slices.DeleteFunc(Rules{Signers: r.Signers}.people(), func(p string) bool { return !r.Approves(p) })
		if len(r.Approvers) == 0 {
			who = "signers"
		} else {
			who = "approvers that are signers too"
		}
	}
	if len(named) == 0 && !r.Signed || slices.ContainsFunc(named, domain) || required <= len(named) {
		return ""
	}
	approvals := "approvals"
	if required == 1 {
		approvals = "approval"
	}
	return fmt.Sprintf("requires %d %s, and %s in weir.yaml names %d", required, approvals, who, len(named))
}

// people are the approvers; the signers, where nobody else is named.
func (r Rules) people() []string {
	if len(r.Approvers) > 0 {
		return r.Approvers
	}
	var out []string
	for _, s := range r.Signers {
		if !slices.Contains(out, s.Person) {
			out = append(out, s.Person)
		}
	}
	return out
}

// samePerson compares people by their mail addresses, where both have one.
func samePerson(a, b string) bool {
	return strings.EqualFold(cmp.Or(address(a), a), cmp.Or(address(b), b))
}

// address is the part in angle brackets of "Name <address>".
func address(person string) string {
	_, rest, _ := strings.Cut(person, "<")
	mail, _, _ := strings.Cut(rest, ">")
	return strings.TrimSpace(mail)
}
