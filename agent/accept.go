package agent

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
	"github.com/weir-delivery/weir/rollout/spec"
)

// Overlay is one overlay as it was taken: its rollouts' wishes, the objects to
// apply, and the names of what is left alone.
type Overlay struct {
	rollout.Accepted
	// Services are the VirtualServices as Git has them.
	Services map[rollout.Ref]Object
	// Documents are the WeightPlans as Git has them.
	Documents map[rollout.Ref]Object
	// Support are the other objects that weir applies, in order.
	Support []Object
	// Ignored are the objects that belong to whatever applies them today.
	Ignored []string
	// Cautions are what Istio takes and yet is hardly meant, in the objects that
	// weir applies.
	Cautions []caution

	seen string         // the newest revision at which it was taken
	wish rollout.Digest // of all that it asks for

	doubts   []doubt       // changes of which it is not known yet who wrote them
	given    rollout.Rules // those of that revision
	loosened loosened      // what holds besides
}

// names are the overlay's rollouts, and where each is said.
func (o Overlay) names() map[rollout.Name]rollout.Position {
	out := map[rollout.Name]rollout.Position{}
	planned := map[rollout.Ref]bool{}
	for _, p := range o.Plans {
		out[rollout.Name{Environment: o.Environment, Namespace: p.Namespace, Plan: p.Name}] = p.Position
		for _, t := range p.Targets {
			planned[rollout.Ref{Namespace: p.Namespace, Name: t.Name}] = true
		}
	}
	for ref, object := range o.Services {
		if !planned[ref] {
			out[rollout.Name{Environment: o.Environment, Namespace: ref.Namespace, Plan: ref.Name}] = object.Origin
		}
	}
	return out
}

// applied are the kinds that are applied besides VirtualServices, in the order
// in which they are: what others lean on comes first.
var applied = []string{"ServiceEntry", "DestinationRule", "Gateway"}

// istioVersions are what Istio serves of its networking group (its
// CustomResourceDefinitions of 1.31).
var istioVersions = []string{"v1", "v1beta1", "v1alpha3"}

// others are the kinds of that group that are not weir's to apply.
var others = []string{"EnvoyFilter", "ProxyConfig", "Sidecar", "WorkloadEntry", "WorkloadGroup"}

// misspelt is the kind that was meant by one of Istio's networking group that is none;
// what Istio will have besides is not weir's to know.
func misspelt(kind string) string {
	known := slices.Concat([]string{"VirtualService"}, applied, others)
	if slices.Contains(known, kind) {
		return ""
	}
	return rollout.Nearest(kind, known)
}

// Accept takes a rendered overlay whole or not at all. It is pure: agent and
// check read an overlay by this same code.
func Accept(cluster string, d spec.Delivery, env spec.Environment, folder string, rev Revision, objects []Object) (o Overlay, problems rollout.Problems) {
	problems = careful(folder, func() (problems rollout.Problems) {
		o, problems = accept(cluster, d, env, folder, rev, objects)
		return problems
	})
	return o, problems
}

func accept(cluster string, d spec.Delivery, env spec.Environment, folder string, rev Revision, objects []Object) (Overlay, rollout.Problems) {
	a := accepting{Overlay: Overlay{
		Accepted: rollout.Accepted{
			Environment: env.Name, Known: true,
			Source:  asked(rollout.Source{Cluster: cluster, Overlay: folder}, rev, d.Rules(env)),
			Rules:   d.Rules(env),
			Default: d.DefaultPlan,
		},
		Services: map[rollout.Ref]Object{}, Documents: map[rollout.Ref]Object{},
	}, env: env}
	for _, o := range objects {
		a.sort(o)
	}
	a.targets()
	a.plans()
	a.measurable()
	slices.SortFunc(a.Cautions, caution.compare)
	slices.SortFunc(a.Targets, func(x, y rollout.Target) int { return x.Ref.Compare(y.Ref) })
	slices.SortStableFunc(a.Support, func(x, y Object) int {
		return slices.Index(applied, kindOf(x.Value)) - slices.Index(applied, kindOf(y.Value))
	})
	return a.Overlay, a.problems
}

// accepting is an overlay on its way to be accepted.
type accepting struct {
	Overlay
	env      spec.Environment
	problems rollout.Problems
}

// sort puts one object where it belongs.
func (a *accepting) sort(o Object) {
	kind, ref, group := kindOf(o.Value), refOf(o.Value), groupOf(o.Value)
	istioKind := group == "networking.istio.io" && (kind == "VirtualService" || slices.Contains(applied, kind))
	switch {
	case group == "weir.dev" && kind == "WeightPlan":
		plan, problems := spec.DecodePlan(spec.Node(o.Value), o.Where)
		a.problems = append(a.problems, problems...)
		if len(problems) == 0 {
			a.Plans = append(a.Plans, plan.WithDefaults())
			a.Documents[ref] = o
		}
	case group == "weir.dev" || kind == "WeightPlan":
		a.wrong(o.Origin, "the document for an overlay is apiVersion weir.dev/v1alpha1, kind WeightPlan", "weir has no kind %s in %v", kind, o.Value["apiVersion"])
	case group == "networking.istio.io" && misspelt(kind) != "":
		a.wrong(o.Origin, "did you mean "+misspelt(kind)+"?", "Istio has no kind %s", kind)
	case istioKind && !slices.Contains(istioVersions, versionOf(o.Value)):
		a.wrong(o.Origin, "write networking.istio.io/v1", "Istio has no apiVersion %v of %s", o.Value["apiVersion"], kind)
	case !istioKind:
		a.Ignored = append(a.Ignored, strings.TrimSuffix(kind+" "+ref.String(), "/"))
	case ref.Namespace == "":
		a.wrong(o.Origin, "set namespace in the overlay's kustomization", "%s %s has no namespace", kind, ref.Name)
	case len(a.env.Namespaces) > 0 && !slices.Contains(a.env.Namespaces, ref.Namespace):
		a.wrong(o.Origin, "add the namespace under the environment's namespaces in weir.yaml, or move the object",
			"%s %s is in a namespace that environment %s does not name", kind, ref, a.env.Name)
	case kind == "VirtualService":
		if other, twice := a.Services[ref]; twice {
			a.wrong(o.Origin, "keep one of them", "VirtualService %s is rendered twice, also from %s", ref, other.Origin)
			return
		}
		a.Services[ref] = a.taken(o)
	default:
		a.Support = append(a.Support, a.taken(o))
	}
}

// taken is the object as it is applied: in one version, as the served ones share one
// schema, and without nulls, as which nothing is kept in the cluster. What Istio says of
// it is said before.
func (a *accepting) taken(o Object) Object {
	a.validate(o)
	o.Value = istio.Solid(o.Value).(map[string]any)
	o.Value["apiVersion"] = "networking.istio.io/v1"
	return o
}

// targets reads each VirtualService's routes under the plan that names it.
func (a *accepting) targets() {
	for ref, o := range a.Services {
		moves := a.moves(ref)
		routes, _ := istio.Read(o.Value, moves) // what is wrong with them is said by validate
		a.Targets = append(a.Targets, rollout.Target{
			Ref: ref, Rest: istio.Rest(o.Value, moves), Routes: routes, Mirrors: istio.Mirrors(o.Value), Hosts: istio.Hosts(o.Value), Position: o.Origin,
		})
	}
}

// moves says which of the VirtualService's routes its plan moves.
func (a *accepting) moves(ref rollout.Ref) func(string) bool {
	for _, p := range a.Plans {
		if t, ok := p.Target(ref.Name); ok && p.Namespace == ref.Namespace {
			return t.Moves
		}
	}
	return istio.All
}

// plans holds every plan against the targets that there are.
func (a *accepting) plans() {
	owner := map[rollout.Ref]rollout.Plan{}
	for _, p := range a.Plans {
		if p.Namespace == "" {
			a.wrong(p.Position, "set namespace in the overlay's kustomization, or in its metadata", "WeightPlan %s has no namespace", p.Name)
			continue
		}
		if short := a.Rules.Quorum(p.Approvals); short != "" {
			a.wrong(p.Position, "name more approvers in weir.yaml, or require fewer approvals", "WeightPlan %s can never end a pause that waits for approval: it %s", p.Name, short)
		}
		for _, m := range p.Misfits(a.Rules.Levels) {
			a.wrong(p.Position, m.Hint, "WeightPlan %s can never finish beside the windows of weir.yaml: its %s %s", p.Name, m.Path, m.Message)
		}
		for _, t := range p.Targets {
			ref := rollout.Ref{Namespace: p.Namespace, Name: t.Name}
			if other, taken := owner[ref]; taken {
				a.wrong(p.Position, "keep one of them", "VirtualService %s is the target of two WeightPlans, %s and %s (%s)", ref, p.Name, other.Name, other.Position)
				continue
			}
			owner[ref] = p
			a.target(p, ref, t)
		}
	}
	for ref := range a.Services {
		for _, p := range a.Plans {
			if _, planned := owner[ref]; !planned && p.Name == ref.Name && p.Namespace == ref.Namespace {
				a.wrong(p.Position, "rename the plan, or let it target that VirtualService too",
					"WeightPlan %s has the name of VirtualService %s, which it does not target and which goes by the default plan", p.Name, ref)
			}
		}
	}
}

// target checks one target of a plan.
func (a *accepting) target(p rollout.Plan, ref rollout.Ref, t rollout.TargetRef) {
	i := slices.IndexFunc(a.Targets, func(x rollout.Target) bool { return x.Ref == ref })
	if i < 0 {
		var there []string
		for other := range a.Services {
			if other.Namespace == ref.Namespace {
				there = append(there, other.Name)
			}
		}
		slices.Sort(there)
		a.wrong(p.Position, "the overlay has "+orNone(there), "WeightPlan %s targets VirtualService %s, which the overlay does not have", p.Name, ref)
		return
	}
	for _, want := range t.Routes {
		if places := istio.Unnamed(a.Services[ref].Value, want); places > 1 {
			a.wrong(p.Position, "give the route a name, and name that; one that can have none is named by its place only where it is alone, so leave routes out",
				"WeightPlan %s names route %s by its place among %d, which is another's as soon as one is put before it", p.Name, want, places)
		}
		if !slices.ContainsFunc(a.Targets[i].Routes, func(r rollout.Route) bool { return r.Label == want }) {
			var there []string
			for _, r := range a.Targets[i].Routes {
				there = append(there, r.Label)
			}
			a.wrong(p.Position, "its weighted routes are "+orNone(there), "WeightPlan %s names route %s, which VirtualService %s does not have", p.Name, want, ref)
		}
	}
}

func (a *accepting) wrong(at rollout.Position, hint, format string, args ...any) {
	a.problems = append(a.problems, rollout.Problem{Position: at, Message: fmt.Sprintf(format, args...), Hint: hint})
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

func kindOf(o map[string]any) string {
	kind, _ := o["kind"].(string)
	return kind
}

func groupOf(o map[string]any) string {
	version, _ := o["apiVersion"].(string)
	group, _, _ := strings.Cut(version, "/")
	return group
}

func versionOf(o map[string]any) string {
	version, _ := o["apiVersion"].(string)
	return version[strings.LastIndex(version, "/")+1:]
}

func refOf(o map[string]any) rollout.Ref {
	metadata, _ := o["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	namespace, _ := metadata["namespace"].(string)
	return rollout.Ref{Namespace: namespace, Name: name}
}
