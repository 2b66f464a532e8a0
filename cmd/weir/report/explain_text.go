package report

import (
	"fmt"
	"io"
	"slices"

	"github.com/weir-delivery/weir/rollout"
)

// Explanations is what `weir explain` found under a word.
type Explanations struct {
	Reasons []rollout.Explanation `json:"reasons"`
	Fields  []Field               `json:"fields"`
}

// Field is one field of a document that users write.
type Field struct {
	Path    string `json:"path"`
	Meaning string `json:"meaning"`
	Takes   string `json:"takes,omitempty"`
}

// ExplainText writes what is known of a word, or lists every word by its name.
func ExplainText(w io.Writer, e Explanations, list bool) error {
	p := &page{}
	if list {
		p.list(e)
		return p.writeTo(w)
	}
	for _, r := range e.Reasons {
		p.line("%s (%s)", clean(string(r.Code)), clean(string(r.Phase)))
		p.para("  ", r.Meaning, p.plain)
		p.para("  ", "What to do: "+r.WayOut, p.plain)
		p.line("")
	}
	for i, f := range e.Fields {
		same := func(o Field) bool { return o.Meaning == f.Meaning && o.Takes == f.Takes }
		if slices.ContainsFunc(e.Fields[:i], same) {
			continue // said with the first of them
		}
		for _, o := range e.Fields[i:] {
			if same(o) {
				p.line("%s", clean(o.Path))
			}
		}
		p.para("  ", f.Meaning, p.plain)
		if f.Takes != "" {
			p.line("  Takes %s.", clean(f.Takes))
		}
		p.line("")
	}
	return p.writeTo(w)
}

func (p *page) list(e Explanations) {
	p.line("Reasons of a rollout:")
	var t table
	for _, r := range e.Reasons {
		t = append(t, []cell{{string(r.Code), nil}, {string(r.Phase), nil}, {clean(r.Meaning), nil}})
	}
	t.lines(p, "  ")
	p.line("")
	p.line("Fields:")
	t = nil
	for _, f := range e.Fields {
		t = append(t, []cell{{clean(f.Path), nil}, {clean(firstLine(f.Meaning)), nil}})
	}
	t.lines(p, "  ")
	p.line("")
	p.line("%s", fmt.Sprintf("weir explain NAME says more: %s and %s.", plural(len(e.Reasons), "reason"), plural(len(e.Fields), "field")))
}
