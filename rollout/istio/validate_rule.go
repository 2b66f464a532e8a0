package istio

import (
	"slices"
	"strings"
)

// validateRule holds a DestinationRule against Istio's rules.
func validateRule(root, spec node) {
	namespace := root.at("metadata").at("namespace").text()
	host := spec.at("host")
	switch name := host.text(); {
	case !host.given() || host.value == "":
		spec.wrong("name the service under host", "the DestinationRule has no host")
	case name != "" && !isHost(name):
		host.wrong("write a DNS name; * may stand for its first label only", "%q is no host", name)
	}
	validatePolicy(spec.at("trafficPolicy"), namespace)
	validateSubsets(spec.at("subsets"), namespace)
	validateExports(spec.at("exportTo"), namespace)
	validateSelector(spec, namespace)
}

// validateSubsets checks the names, labels and policies of subsets.
func validateSubsets(n node, namespace string) {
	var seen []string
	for _, subset := range n.items() {
		if subset.fields() == nil {
			continue
		}
		field := subset.at("name")
		name := field.text()
		switch {
		case !field.given() || field.value == "":
			subset.wrong("name it, as VirtualServices call it", "the subset has no name")
		case name != "" && !isLabel(name):
			field.wrong("use letters, digits and -, at most 63", "%q is no name of a subset", name)
		case name != "" && slices.Contains(seen, name):
			field.wrong("give one of them another name, or drop it", "subset %s is defined twice", name)
		}
		seen = append(seen, name)
		validateLabels(subset.at("labels"))
		validatePolicy(subset.at("trafficPolicy"), namespace)
	}
}

// validateSelector checks whose traffic the rule is for.
func validateSelector(spec node, namespace string) {
	selector := spec.at("workloadSelector")
	if !selector.given() {
		return
	}
	chosen := selector.at("matchLabels")
	for _, key := range chosen.names() {
		if value := chosen.at(key); key == "" || strings.Contains(key+value.text(), "*") {
			value.wrong("name the label and its value in full", "a workload selector has no wildcard and no empty label")
		}
	}
	if len(chosen.names()) == 0 {
		selector.warn(NoEffect, "name the workloads' labels under matchLabels", "the workload selector has no labels")
	}
	for _, to := range spec.at("exportTo").items() {
		if name := to.text(); name != "." && name != namespace {
			to.wrong("export it to . alone", "a DestinationRule with a workload selector is for its own namespace only")
		}
	}
}
