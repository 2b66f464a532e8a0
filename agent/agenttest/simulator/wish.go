package simulator

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Where everything is.
const (
	namespace   = "shop"
	cluster     = "east"
	environment = "production"
	folder      = "overlays/production"
	delivery    = "weir.yaml"
)

// wish is what Git says at one commit, as the simulator means it. It is written
// out as files, which the agent reads by its own code.
type wish struct {
	Targets []targetWish
	Plans   []planWish
	Suspend bool
	Prune   bool
	Adopt   []string
	Default int // of stepLists
	Strict  int // of policyFiles
	Broken  int // of breaks

	Freeze    int `json:",omitempty"` // of freezeLists
	Level     int `json:",omitempty"` // of levelWindows
	Approvers int `json:",omitempty"` // of approverLists
	// Aside has the approvals lie on a branch of their own.
	Aside bool `json:",omitempty"`
}

// targetWish is one VirtualService and the DestinationRule of its host.
type targetWish struct {
	Host   string
	Name   string // of the VirtualService
	Absent bool
	Routes []routeWish
	Extra  int // a field outside the weights
	// Labels is the variant of the subsets' labels.
	Labels int
	// NoRule leaves the DestinationRule out.
	NoRule bool
}

// routeWish is one route with weights.
type routeWish struct {
	Protocol string
	Name     string
	Match    int
	Weights  []int // of subsets v1, v2, ...
}

// planWish is one WeightPlan.
type planWish struct {
	Name    string
	Absent  bool
	Targets []int // of the wish's targets
	Routes  []string
	Steps   int // of stepLists
	Total   int
	Suspend bool
	// Deadline is progressDeadlineSeconds.
	Deadline int
	Gate     gateWish `json:",omitzero"`
}

// breaks are the ways in which a commit is wrong.
var breaks = []string{"", "weir.yaml is no YAML", "the overlay is no YAML", "a weight is negative", "a plan targets nothing", "the environment is gone", "a plan's field is misspelt"}

// stepLists are the steps that plans choose from. The last of them are refused
// by the baseline policies, which allow no move of more than 50 points.
var stepLists = []string{
	`[{"setWeight":10,"pause":{"duration":"5m"}},{"setWeight":50,"pause":{"duration":"5m"}},{"setWeight":100}]`,
	`[{"setWeight":5,"pause":{"duration":"2m"}},{"setWeight":50,"pause":{}},{"setWeight":100}]`,
	`[{"setWeight":25},{"setWeight":50},{"setWeight":75},{"setWeight":100}]`,
	`[{"setWeight":20,"pause":{"duration":"30s"}},{"setWeight":60,"pause":{"duration":"1h"}},{"setWeight":100,"pause":{"duration":"10m"}}]`,
	`[{"setWeight":1,"pause":{"duration":"1m"}},{"setWeight":2},{"setWeight":33,"pause":{"duration":"1m"}},{"setWeight":66,"pause":{"duration":"3m"}}]`,
	`[{"setWeight":50,"pause":{}},{"setWeight":100,"pause":{}}]`,
	`[{"setWeight":1,"pause":{"duration":"1m"}},{"setWeight":100}]`,
}

// allowedSteps is how many of stepLists the policies let through.
const allowedSteps = 6

// clone is a copy to change.
func (w wish) clone() wish {
	w.Targets, w.Plans, w.Adopt = slices.Clone(w.Targets), slices.Clone(w.Plans), slices.Clone(w.Adopt)
	for i := range w.Targets {
		w.Targets[i].Routes = slices.Clone(w.Targets[i].Routes)
		for j := range w.Targets[i].Routes {
			w.Targets[i].Routes[j].Weights = slices.Clone(w.Targets[i].Routes[j].Weights)
		}
	}
	for i := range w.Plans {
		w.Plans[i].Targets = slices.Clone(w.Plans[i].Targets)
	}
	return w
}

// valid tells whether an agent has to take it. The tests hold that it does
// take these, and no others.
func (w wish) valid() bool {
	return !w.wrong() && w.sound()
}

// wrong tells whether what is broken shows: a plan's mistakes need a plan, a
// target's a target.
func (w wish) wrong() bool {
	switch breaks[w.Broken] {
	case "":
		return false
	case "a plan targets nothing", "a plan's field is misspelt":
		return slices.ContainsFunc(w.Plans, func(p planWish) bool { return !p.Absent })
	case "a weight is negative":
		return slices.ContainsFunc(w.Targets, func(t targetWish) bool { return !t.Absent })
	}
	return true
}

// sound tells whether its plans fit its targets.
func (w wish) sound() bool {
	owned := map[int]bool{}
	names := map[string]int{}
	for i, p := range w.Plans {
		for _, t := range p.Targets {
			if !p.Absent && (owned[t] || w.Targets[t].Absent) {
				return false
			}
			owned[t] = owned[t] || !p.Absent
		}
		if !p.Absent {
			names[p.Name] = i
		}
	}
	for i, t := range w.Targets {
		if _, taken := names[t.Name]; taken && !t.Absent && !owned[i] {
			return false
		}
	}
	return true
}

// planOf is the plan that moves a target; false for the default plan.
func (w wish) planOf(target int) (planWish, bool) {
	for _, p := range w.Plans {
		if !p.Absent && slices.Contains(p.Targets, target) {
			return p, true
		}
	}
	return planWish{}, false
}

// target finds a present target by the name of its VirtualService.
func (w wish) target(name string) (int, bool) {
	i := slices.IndexFunc(w.Targets, func(t targetWish) bool { return !t.Absent && t.Name == name })
	return i, i >= 0
}

// secret is what must never be seen outside the cluster and the watched branch.
const secret = "hunter2"

// files writes the wish out.
func (w wish) files() map[string]string {
	out := map[string]string{}
	var resources []any
	add := func(name string, document any) {
		out[folder+"/"+name] = text(document)
		resources = append(resources, name)
	}
	for _, t := range w.Targets {
		if !t.Absent {
			add(t.Name+".yaml", t.service(w.Broken == 3))
		}
		if !t.NoRule && (!t.Absent || t.Name == t.Host) {
			add(t.Host+"-rule.yaml", t.rule())
		}
	}
	for _, p := range w.Plans {
		if !p.Absent {
			add(p.Name+"-plan.yaml", p.document(w))
		}
	}
	add("keys.yaml", object{"apiVersion": "v1", "kind": "Secret", "metadata": object{"name": "keys", "namespace": namespace}, "stringData": object{"key": secret}})
	out[folder+"/kustomization.yaml"] = text(object{"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": resources})
	if w.Broken == 2 {
		out[folder+"/"+w.Targets[0].Host+"-rule.yaml"] = "kind: [DestinationRule\n"
		if !slices.Contains(resources, any(w.Targets[0].Host+"-rule.yaml")) {
			out[folder+"/kustomization.yaml"] = "resources: [nothing.yaml]\n"
		}
	}
	out[delivery] = text(w.delivery())
	if w.Broken == 1 {
		out[delivery] = "kind: [Delivery\n"
	}
	if w.Strict > 0 {
		out["policies/strict.rego"] = policyFiles[w.Strict]
	}
	return out
}

// policyFiles are policies of the repository's own.
var policyFiles = []string{"", `package strict

# METADATA
# title: No step reaches half
# custom:
#   fix: Take smaller steps.
deny_half contains finding if {
	input.operation == "step"
	some target in input.targets
	some route in target.routes
	route.exposure.to >= 50
	finding := {"msg": sprintf("%s reaches half", [target.name])}
}
`}

// object is a JSON object.
type object = map[string]any

func text(document any) string {
	data, err := json.MarshalIndent(document, "", " ")
	if err != nil {
		panic(fmt.Sprintf("simulator: internal error: %v", err))
	}
	return string(data) + "\n"
}
