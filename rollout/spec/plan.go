package spec

import (
	"maps"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/weir-delivery/weir/rollout"
)

// APIVersion is the version of all documents.
const APIVersion = "weir.dev/v1alpha1"

// The kinds of the documents.
const (
	KindPlan     = "WeightPlan"
	KindDelivery = "Delivery"
	KindIntent   = "Intent"
)

// hold is what documents call it when a closing window keeps the weights.
const hold = "hold"

// Bounds of a plan's numbers.
const (
	minTotal    = 100 // a step of 1 % must be a whole weight
	maxSettle   = 3600
	maxApprover = 100
	maxReady    = 1000
	maxDeadline = 366 * 24 * 3600
	maxRollback = time.Hour // longer than that is a rollout
)

// DecodePlan reads a WeightPlan. The node is the document's root, or [Node] of
// a rendered object; where finds the position of a field by its path, as in
// "spec.steps[0].setWeight", and of the document by "". What the document
// leaves out is filled in. With problems the plan is the zero one.
func DecodePlan(node *yaml.Node, where func(path string) rollout.Position) (rollout.Plan, rollout.Problems) {
	r := &reader{where: where}
	plan := silent()
	plan.Position = where("")
	v := value{r, resolve(node), ""}
	v.object(document(KindPlan, fields{
		"metadata": func(v value) { plan.Name, plan.Namespace = metadata(v) },
		"spec": func(v value) {
			readPlan(v, &plan, fields{"targets": func(v value) { plan.Targets = targets(v) }}, "targets")
		},
	}), "apiVersion", "kind", "metadata", "spec")
	if len(r.problems) == 0 {
		misfits(r, "spec", plan, nil)
	}
	if len(r.problems) > 0 {
		return rollout.Plan{}, r.problems.Sorted()
	}
	return plan.WithDefaults(), nil
}

// silent is the plan of a document that says nothing. Zero means zero for
// these two, so their defaults are set before reading.
func silent() rollout.Plan {
	return rollout.Plan{RollbackWindow: rollout.DefaultRollbackWindow, Settle: rollout.DefaultSettle}
}

// document adds the fields that all documents begin with.
func document(kind string, known fields) fields {
	exactly := func(want string) func(value) {
		return func(v value) { v.choice([]string{want}) }
	}
	known["apiVersion"], known["kind"] = exactly(APIVersion), exactly(kind)
	return known
}

// metadata reads the name and the namespace, which may be left out.
func metadata(v value) (name, namespace string) {
	v.object(fields{
		"name":        func(v value) { name = v.text(objectName) },
		"namespace":   func(v value) { namespace = v.text(label) },
		"labels":      value.texted,
		"annotations": value.texted,
	}, "name")
	return name, namespace
}

// texted wants an object of strings.
func (v value) texted() {
	if v.node.Kind != yaml.MappingNode {
		v.bad("write it as names and strings", "must be an object, not %s", v.kind())
		return
	}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		v.field(v.node.Content[i].Value, v.node.Content[i+1]).text(func(v value) string { return v.node.Value })
	}
}

// readPlan reads what a WeightPlan and a default plan share, and more.
func readPlan(v value, p *rollout.Plan, more fields, required ...string) {
	var g generated
	known := planFields(p)
	maps.Copy(known, g.fields(p))
	maps.Copy(known, more)
	v.object(known, required...)
	if v.node.Kind == yaml.MappingNode {
		g.into(v, p)
	}
	spacious(v, *p, !v.has("steps"))
}

func planFields(p *rollout.Plan) fields {
	return fields{
		"totalWeight": func(v value) { p.TotalWeight = v.number(minTotal, rollout.MaxTotal) },
		"approvals": func(v value) {
			v.object(fields{"required": func(v value) { p.Approvals = v.number(1, maxApprover) }})
		},
		"rollbackWindow": func(v value) { p.RollbackWindow = v.duration(0) },
		"readiness": func(v value) {
			p.Readiness = rollout.ReadinessMode(v.choice([]string{string(rollout.Required), string(rollout.WhenKnown)}))
		},
		"readyPercentOfStable":    func(v value) { p.ReadyPercentOfStable = v.number(1, maxReady) },
		"settleSeconds":           func(v value) { p.Settle = time.Duration(v.number(0, maxSettle)) * time.Second },
		"progressDeadlineSeconds": func(v value) { p.ProgressDeadline = time.Duration(v.number(1, maxDeadline)) * time.Second },
		"suspend":                 func(v value) { p.Suspend = v.boolean() },
		"whenWindowCloses": func(v value) {
			if p.WhenWindowCloses = rollout.Closing(v.choice([]string{hold, string(rollout.Finish), string(rollout.GoBack)})); p.WhenWindowCloses == hold {
				p.WhenWindowCloses = rollout.KeepWeights // said or left out, it is the same plan
			}
		},
		"rollback": func(v value) { p.Rollback = rollback(v) },
		"windows":  func(v value) { p.Windows = windows(v) },
		"startAt":  func(v value) { p.StartAt = v.moment() },
		"schedule": func(v value) { p.Schedule = schedule(v) },
		"analysis": func(v value) { p.Analysis = analysis(v) },
		"webhooks": func(v value) { p.Webhooks = webhooks(v) },
	}
}

// rollback reads how the weights go back.
func rollback(v value) *rollout.Rollback {
	var b rollout.Rollback
	v.object(fields{
		"stepWeight": func(v value) { b.StepWeight = v.number(1, 99) },
		"interval":   func(v value) { b.Interval = v.duration(1) },
	}, "stepWeight", "interval")
	if b.StepWeight == 0 || b.Interval == 0 {
		return nil
	}
	if most := b.Most(); b.Interval > maxRollback || most > maxRollback {
		v.bad("take larger steps or a shorter interval: what fails should be gone soon", "may take %s to go back, %d%% every %s, and at most %s are allowed",
			rollout.Short(most), b.StepWeight, rollout.Short(b.Interval), rollout.Short(maxRollback))
	}
	return &b
}

// targets reads the VirtualServices that the plan moves.
func targets(v value) []rollout.TargetRef {
	var out []rollout.TargetRef
	seen := firsts{}
	v.list(func(v value) {
		var t rollout.TargetRef
		v.object(fields{
			"kind": func(v value) {
				v.choice([]string{"VirtualService"}, "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute")
			},
			"name": func(v value) {
				t.Name = v.text(objectName)
				seen.once(v, t.Name, "keep one of them and list all its routes there")
			},
			"routes": func(v value) {
				t.Routes = v.texts(anyText, "name the routes, or leave the field out to move every weighted route")
			},
		}, "kind", "name")
		out = append(out, t)
	}, "name the VirtualService whose weights the plan moves")
	return out
}
