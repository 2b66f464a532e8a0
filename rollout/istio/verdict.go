package istio

import (
	"fmt"
	"slices"
)

// Verdict is what there is to say of an object.
type Verdict struct {
	// Wrong is what Istio, or the API server with Istio's custom resources,
	// refuses the object for, or what weir itself cannot take.
	Wrong []Wrong
	// Warnings are about what is accepted and yet hardly meant.
	Warnings []Warning
}

// Warning is a Wrong that stops nobody. Rule names what it is about, such as
// "istio-unreachable-route".
type Warning struct {
	Wrong
	Rule string
}

// The rules that only warn.
const (
	UnknownField     = "istio-unknown-field"
	UnknownValue     = "istio-unknown-value"
	Deprecated       = "istio-deprecated"
	UnreachableRoute = "istio-unreachable-route"
	IneffectiveMatch = "istio-ineffective-match"
	IgnoredWeight    = "istio-ignored-weight"
	NoEffect         = "istio-no-effect"
	GatewayName      = "istio-gateway-name"
	SNIAddress       = "istio-sni-address"
	LargeResponse    = "istio-large-response"
	NoOutlier        = "istio-failover-without-outlier-detection"
)

// Validate says all that is wrong with a VirtualService, a DestinationRule, a
// Gateway or a ServiceEntry at once, and what is odd about it. Of other kinds
// it says nothing. It never refuses what Istio accepts but for what
// validation.md lists: what is unsure is a warning, or is not spoken of. So is a field
// that only a newer Istio than fields.go's may have.
func Validate(object map[string]any) Verdict {
	var v Verdict
	root := node{value: object, to: &v}
	kind, _ := object["kind"].(string)
	if kind == "VirtualService" {
		_, v.Wrong = Read(object, All)
	}
	rules, ok := kinds[kind]
	if !ok || generated(root) {
		return v
	}
	whole.check(root)
	annotated(root)
	spec := root.at("spec")
	if !spec.given() {
		spec.wrong("write its fields under spec:", "the %s has no spec", kind)
		return v
	}
	if rules.fields.check(spec); spec.fields() != nil {
		rules.validate(root, spec)
	}
	return v
}

// kinds are the kinds that are judged: the fields that they have, and their rules.
var kinds = map[string]struct {
	fields   object
	validate func(root, spec node)
}{
	"VirtualService":  {virtualService, validateService},
	"DestinationRule": {destinationRule, validateRule},
	"Gateway":         {gateway, validateGateway},
	"ServiceEntry":    {serviceEntry, validateEntry},
}

// generated tells whether Istio made the object out of one of the Gateway API's,
// which it judges by other rules.
func generated(root node) bool {
	annotations := root.at("metadata").at("annotations")
	for _, name := range []string{"route-semantics", "gateway-semantics"} {
		if annotations.at("internal.istio.io/"+name).text() == "gateway" {
			return true
		}
	}
	return false
}

// annotated refuses the annotations that Istio lets no user set on these kinds.
func annotated(root node) {
	annotations := root.at("metadata").at("annotations")
	for _, name := range []string{"istio.io/dry-run", "internal.istio.io/parents", "internal.istio.io/parent-namespace", "internal.istio.io/webhook-always-reject"} {
		if _, set := annotations.fields()[name]; set {
			annotations.at(name).wrong("remove the annotation", "Istio refuses the annotation %s here", name)
		}
	}
}

// wrong adds a problem, unless that place has the same one already.
func (v *Verdict) wrong(path, hint, format string, args ...any) {
	w := Wrong{path, fmt.Sprintf(format, args...), hint}
	if !slices.Contains(v.Wrong, w) {
		v.Wrong = append(v.Wrong, w)
	}
}

// refused tells whether something is wrong at that very place.
func (v *Verdict) refused(path string) bool {
	return slices.ContainsFunc(v.Wrong, func(w Wrong) bool { return w.Path == path })
}

func (v *Verdict) warn(path, rule, hint, format string, args ...any) {
	w := Warning{Wrong{path, fmt.Sprintf(format, args...), hint}, rule}
	if !slices.Contains(v.Warnings, w) {
		v.Warnings = append(v.Warnings, w)
	}
}
