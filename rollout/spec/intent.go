package spec

import (
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/weir-delivery/weir/rollout"
)

// Intent is the document by which a person asks something of a rollout: one
// file of a commit. Who asks, and when, is the commit's author and time, so By
// and At of what is asked are left for whoever read the commit.
type Intent struct {
	// Name is the rollout that is meant; its plan is the document's name.
	Name rollout.Name
	// Asked has the step as the planner counts: -1 before the first one.
	Asked rollout.Intent
	// Position is where the document begins.
	Position rollout.Position
}

// MaxReason bounds the words of an intent, in bytes.
const MaxReason = 500

// DecodeIntent reads an Intent document, one to a file. The file names it in
// problems. With problems the Intent is the zero one.
func DecodeIntent(data []byte, file string) (Intent, rollout.Problems) {
	docs, problems := Documents(data, file)
	switch {
	case len(problems) > 0:
		return Intent{}, problems
	case len(docs) == 0:
		return Intent{}, problem(file, 0, "write an Intent there, or remove the file", "the file is empty")
	case len(docs) > 1:
		return Intent{}, problem(file, docs[1].Line, "keep one Intent a file", "the file holds %d documents", len(docs))
	}
	r := &reader{where: func(path string) rollout.Position {
		return rollout.Position{File: file, Line: Locate(docs[0], path)}
	}}
	i := Intent{Asked: rollout.Intent{Step: -1}, Position: r.where("")}
	value{r, docs[0], ""}.object(document(KindIntent, fields{
		"metadata": func(v value) { i.Name.Plan, i.Name.Namespace = v.named() },
		"spec":     func(v value) { i.read(v) },
	}), "apiVersion", "kind", "metadata", "spec")
	if len(r.problems) > 0 {
		return Intent{}, r.problems.Sorted()
	}
	return i, nil
}

// named is metadata whose namespace must be there: nobody renders the document.
func (v value) named() (name, namespace string) {
	name, namespace = metadata(v)
	if v.node.Kind == yaml.MappingNode && Child(v.node, "namespace") == nil {
		v.bad("add the namespace of the rollout", "has no namespace")
	}
	return name, namespace
}

func (i *Intent) read(v value) {
	var verbs []string
	for _, verb := range rollout.Verbs() {
		verbs = append(verbs, string(verb))
	}
	v.object(fields{
		"environment": func(v value) { i.Name.Environment = v.text(label) },
		"verb":        func(v value) { i.Asked.Verb = rollout.Verb(v.choice(verbs)) },
		"id":          func(v value) { i.Asked.ID = rollout.ID(v.text(rolloutID)) },
		"step":        func(v value) { i.Asked.Step = v.number(0, rollout.MaxSteps+1) - 1 },
		"full":        func(v value) { i.Asked.Full = v.boolean() },
		"reason":      func(v value) { i.Asked.Reason = v.text(limited(MaxReason, oneLine)) },
	}, "environment", "verb", "id")
	promotes, overrides := i.Asked.Verb == rollout.ToPromote, i.Asked.Verb == rollout.ToOverride
	if overrides && Child(v.node, "reason") == nil {
		v.bad("say why it cannot wait for the window; it is recorded", "has no reason, and override needs one")
	}
	if (promotes || overrides || i.Asked.Verb == rollout.ToApprove) && Child(v.node, "step") == nil {
		v.bad("add the step that `weir status` shows, counted from 1; 0 is before the first", "has no step, and %s is for one step alone", i.Asked.Verb)
	}
	if i.Asked.Full && i.Asked.Verb != "" && !promotes && i.Asked.Verb != rollout.ToAbort {
		v.bad("leave full out, or use promote or abort", "has full, which goes with promote and abort, not with %s", i.Asked.Verb)
	}
}

// rolloutID accepts the id of a rollout.
func rolloutID(v value) string {
	return matching(`[0-9a-f]{12}`, "copy the 12 digits that `weir status -o wide` shows, in quotes", "id of a rollout")(v)
}

// oneLine accepts words without control characters.
func oneLine(v value) string {
	if strings.ContainsFunc(v.node.Value, unicode.IsControl) {
		v.bad("write it in one line", "holds a line break or another control character")
		return ""
	}
	return anyText(v)
}
