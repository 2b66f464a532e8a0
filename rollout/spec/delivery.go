package spec

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/weir-delivery/weir/rollout"
)

// Delivery is weir.yaml, with what it leaves out filled in.
type Delivery struct {
	Name         string
	Environments []Environment // at least one, in the file's order
	Suspend      bool
	Prune        bool
	Adopt        []string // field managers that may be taken over from
	Policies     Policies
	Approvals    Approvals
	Journal      Journal
	// DefaultPlan is the plan of VirtualServices that no WeightPlan names. It
	// has no name and no targets.
	DefaultPlan rollout.Plan
	// Windows and Freezes hold for all environments, but for a freeze that names some.
	Windows []rollout.Window
	Freezes []rollout.Freeze
	// Position is where the document begins.
	Position rollout.Position
}

// Environment is a name and the overlays that are taken together.
type Environment struct {
	Name string
	// Overlays are clean paths of folders, or globs of path.Match over them.
	Overlays []string
	// Namespaces bound what the overlays may hold; none means no bound.
	Namespaces []string
	Windows    []rollout.Window
	Freezes    []rollout.Freeze
	// Approvers stand in place of the Delivery's.
	Approvers []string
	Position  rollout.Position
	// At are the positions of Overlays, in the same order.
	At []rollout.Position
}

// Policies says which rules judge: those of the packages under the path in
// this repository, or in the one that whoever runs weir names for them, and the named sets of weir's own library.
type Policies struct {
	Path     string
	Packages []string
	Sets     []string
	// Required are the ids of rules that may not vanish.
	Required []string
	// Revision is the commit whose rules judge, by its full id; empty for the watched
	// branch's own.
	Revision string
	// Position is where all that is said.
	Position rollout.Position
}

// Approvals says where intents stand, who counts as their author, and who may raise
// weights by them.
type Approvals struct {
	Path, Identity string
	Branch         string   // empty is the watched branch
	Approvers      []string // as rollout.Rules has them
	Signers        []rollout.Signer
}

// Journal is the status branch, and what to do while it cannot be written.
type Journal struct{ Branch, Mode string }

// What holds where weir.yaml is silent, and the words of its choices.
const (
	DefaultSet        = "baseline"
	DefaultApprovals  = "approvals"
	DefaultBranch     = "weir-status"
	IdentityAuthor    = "author"
	IdentitySignature = "signature"
	JournalRequired   = "required"
)

// DecodeDelivery reads weir.yaml. The file names it in problems. With problems
// the Delivery is the zero one.
func DecodeDelivery(data []byte, file string) (Delivery, rollout.Problems) {
	docs, problems := Documents(data, file)
	switch {
	case len(problems) > 0:
		return Delivery{}, problems
	case len(docs) == 0:
		return Delivery{}, problem(file, 0, "write a Delivery there", "the file is empty")
	case len(docs) > 1:
		return Delivery{}, problem(file, docs[1].Line, "keep one Delivery a file", "the file holds %d documents", len(docs))
	}
	r := &reader{where: func(path string) rollout.Position {
		return rollout.Position{File: file, Line: Locate(docs[0], path)}
	}}
	d := quiet()
	d.Position = r.where("")
	var mentions []mention
	value{r, docs[0], ""}.object(document(KindDelivery, fields{
		"metadata": func(v value) { d.Name, _ = metadata(v) },
		"spec":     func(v value) { v.object(deliveryFields(&d, &mentions), "environments") },
	}), "apiVersion", "kind", "metadata", "spec")
	known(mentions, d.Environments)
	if b := d.Approvals.Branch; b != "" && b == d.Journal.Branch {
		at := value{r, nil, "spec.approvals.branch"}
		at.bad("name another branch", "is %s, the status branch, which weir alone writes", b)
	}
	if len(r.problems) == 0 {
		d.fit(r)
	}
	if len(r.problems) > 0 {
		return Delivery{}, r.problems.Sorted()
	}
	return d, nil
}

// quiet is the Delivery of a file that says nothing.
func quiet() Delivery {
	pause := &rollout.Pause{Duration: 5 * time.Minute}
	plan := silent()
	plan.Default = true
	plan.Steps = []rollout.Step{{SetWeight: 10, Pause: pause}, {SetWeight: 50, Pause: pause}, {SetWeight: 100}}
	return Delivery{
		Policies:    Policies{Sets: []string{DefaultSet}},
		Approvals:   Approvals{Path: DefaultApprovals, Identity: IdentityAuthor},
		Journal:     Journal{Branch: DefaultBranch, Mode: JournalRequired},
		DefaultPlan: plan.WithDefaults(),
	}
}

// Rules is what the Delivery decides for all rollouts of one of its environments.
func (d Delivery) Rules(e Environment) rollout.Rules {
	rules := rollout.Rules{Suspend: d.Suspend, Prune: d.Prune, Adopt: d.Adopt, Approvers: d.Approvals.Approvers, Signed: d.Approvals.Identity == IdentitySignature, Signers: d.Approvals.Signers}
	if len(e.Approvers) > 0 {
		rules.Approvers = e.Approvers
	}
	ours := rollout.Level{Name: "the Delivery", Windows: d.Windows}
	for _, f := range d.Freezes {
		if f.Holds(e.Name) {
			ours.Freezes = append(ours.Freezes, f)
		}
	}
	for _, l := range []rollout.Level{ours, {Name: "environment " + e.Name, Windows: e.Windows, Freezes: e.Freezes}} {
		if len(l.Windows)+len(l.Freezes) > 0 {
			rules.Levels = append(rules.Levels, l)
		}
	}
	return rules
}

// fit refuses windows that leave a default plan no time to finish.
func (d Delivery) fit(r *reader) {
	if misfits(r, "spec.defaultPlan", d.DefaultPlan, nil); len(r.problems) > 0 {
		return
	}
	for i, e := range d.Environments {
		at := value{r, nil, fmt.Sprintf("spec.environments[%d]", i)}
		if short := d.Rules(e).Quorum(d.DefaultPlan.Approvals); short != "" {
			at.bad("name more approvers, or require fewer approvals", "can never end a pause of the default plan, which %s", short)
		}
		for _, m := range d.DefaultPlan.Misfits(d.Rules(e).Levels) {
			at.bad(m.Hint, "has windows that the default plan can never finish in: its %s %s", m.Path, m.Message)
		}
	}
}

func deliveryFields(d *Delivery, mentions *[]mention) fields {
	return fields{
		"environments": func(v value) { d.Environments = environments(v) },
		"suspend":      func(v value) { d.Suspend = v.boolean() },
		"prune":        func(v value) { d.Prune = v.boolean() },
		"adopt": func(v value) {
			d.Adopt = v.texts(limited(128, anyText), "leave the field out to take over from nobody")
		},
		"policies":  func(v value) { d.Policies = policies(v) },
		"approvals": func(v value) { approvals(v, &d.Approvals) },
		"journal": func(v value) {
			v.object(fields{
				"branch": func(v value) { d.Journal.Branch = v.text(branchName) },
				"mode":   func(v value) { d.Journal.Mode = v.choice([]string{JournalRequired}, "bestEffort") },
			})
		},
		"defaultPlan": func(v value) {
			plan := silent()
			plan.Default, plan.Position = true, v.where(v.path)
			readPlan(v, &plan, nil)
			d.DefaultPlan = plan.WithDefaults()
		},
		"freezes": func(v value) { d.Freezes = freezes(v, mentions) },
		"windows": func(v value) { d.Windows = windows(v) },
	}
}

// approvals reads where intents stand, and who counts as whom.
func approvals(v value, a *Approvals) {
	v.object(fields{
		"path":      func(v value) { a.Path = v.text(folder) },
		"identity":  func(v value) { a.Identity = v.choice([]string{IdentityAuthor, IdentitySignature}) },
		"branch":    func(v value) { a.Branch = v.text(branchName) },
		"approvers": func(v value) { a.Approvers = approvers(v) },
		"signers":   func(v value) { a.Signers = signers(v) },
	})
	switch signed := a.Identity == IdentitySignature; {
	case signed && !v.has("signers"):
		v.at("identity").bad("add signers, or leave it at author", "is signature, and there are no signers whose signatures could count")
	case a.Identity == IdentityAuthor && v.has("signers"):
		v.at("signers").bad("add identity: signature, or leave the signers out", "count for nothing while identity is author")
	}
}

// approvers reads who may raise weights.
func approvers(v value) []string {
	address := limited(254, matching(`[^@\s<>*?!,"]*@[^@\s<>*?!,"]+`, "write a mail address, as in ann@example.com, or @example.com for all of a domain", "mail address"))
	var out []string
	seen := firsts{}
	v.list(func(v value) {
		out = append(out, v.text(address))
		seen.once(v, strings.ToLower(out[len(out)-1]), "keep one of them") // they are compared like that
	}, "name somebody, or leave the field out to let everybody approve who did not write the change")
	return out
}

// policies reads which rules judge. Nothing at all cannot be said here.
func policies(v value) Policies {
	p := Policies{Position: v.where(v.path)}
	v.object(fields{
		"path":     func(v value) { p.Path = v.text(folder) },
		"packages": func(v value) { p.Packages = v.texts(packageName, "name the packages whose rules judge") },
		"sets":     func(v value) { p.Sets = v.texts(label, "leave the field out to use no set of weir's library") },
		"required": func(v value) {
			p.Required = v.texts(limited(200, matching(`[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)+`, "write its package and its name, as in canary.deny_first_step", "id of a rule")), "leave the field out to require none")
		},
		"revision": func(v value) {
			p.Revision = v.text(matching(`[0-9a-f]{40}`, "write the full id of a commit; a branch or a tag may come to mean another", "id of a commit"))
		},
		"repo": elsewhere, "branch": elsewhere,
	})
	has := func(key string) bool {
		at, _, _ := field(v.node, key)
		return at != nil
	}
	switch {
	case v.node.Kind != yaml.MappingNode:
	case !has("path") && !has("sets"):
		v.bad("give it a path or sets; leave the whole field out for the baseline set", "names no rules")
	case has("packages") && !has("path"):
		v.bad("add the path of the folder that holds the packages", "has packages and no path")
	case has("revision") && !has("path"):
		v.at("revision").bad("leave it out; the sets come with weir itself", "pins no rules, as there is no path")
	case has("path") && !has("packages") && !has("sets"):
		v.bad("add packages, as in packages: [canary], or sets that heed the data there", "has a path and neither packages nor sets")
	}
	return p
}

// elsewhere refuses what the watched repository cannot say: whose policies judge it.
func elsewhere(v value) {
	if v.node.Kind == yaml.ScalarNode && v.node.Value == "" || v.node.Kind != yaml.ScalarNode && len(v.node.Content) == 0 {
		return
	}
	v.bad("name the repository where the agent is started, with --policies-repo, and for weir check a clone of it, with --policies",
		"is not for the repository to say that the policies judge")
}

// environments reads the environments. A name or an overlay stands once.
func environments(v value) []Environment {
	var out []Environment
	names, overlays := firsts{}, firsts{}
	v.list(func(v value) {
		e := Environment{Position: v.where(v.path)}
		v.object(fields{
			"name": func(v value) {
				e.Name = v.text(label)
				names.once(v, e.Name, "give each environment a name of its own")
			},
			"overlays": func(v value) {
				v.list(func(v value) {
					text := v.text(glob)
					overlays.once(v, text, "an overlay stands once and belongs to one environment")
					e.Overlays, e.At = append(e.Overlays, text), append(e.At, v.where(v.path))
				}, "name a folder that holds a kustomization")
			},
			"namespaces": func(v value) {
				e.Namespaces = v.texts(label, "name the namespaces, or leave the field out for no bound")
			},
			"windows":   func(v value) { e.Windows = windows(v) },
			"freezes":   func(v value) { e.Freezes = freezes(v, nil) },
			"approvers": func(v value) { e.Approvers = approvers(v) },
		}, "name", "overlays")
		out = append(out, e)
	}, "add an environment with a name and overlays")
	return out
}
