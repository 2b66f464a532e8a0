package kustomize

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// exchange is the sources of an overlay in which a number of its own stands for
// every weight.
type exchange struct {
	files  map[string][]byte
	marks  map[string]mark // by number
	values map[string]bool // of the weights that were rendered
	feeds  []feed
	taken  map[string]bool // numbers that stand in the sources
	last   int
	done   map[*yaml.Node]string // what is exchanged, with the value that it had
	read   map[string]bool       // files
}

// mark is what a number stands for: the value in the source, as it is rendered.
type mark struct {
	at    rollout.Position
	value string
}

// firstNumber is below the first that stands for a weight. From there to the
// largest weight that Istio can hold there are 200 million.
const firstNumber = 1_900_000_000

// exchanged exchanges every weight in the sources, and with wide also what
// replacements and vars copy, where that is the value of a weight that was
// rendered.
func exchanged(s written, values map[string]bool, wide bool) *exchange {
	x := &exchange{
		files: map[string][]byte{}, marks: map[string]mark{}, values: values, taken: map[string]bool{},
		last: firstNumber, done: map[*yaml.Node]string{}, read: map[string]bool{},
	}
	for name, data := range s.files {
		x.files[name] = []byte(data.Value())
		for _, number := range tenDigits.FindAllString(data.Value(), -1) {
			x.taken[number] = true
		}
	}
	var all []*kustomization
	for _, name := range s.kustomizations {
		if k, problems := parse(name, x.files[name]); len(problems) == 0 {
			all = append(all, k)
		}
	}
	if wide {
		for _, k := range all {
			x.feeds = append(x.feeds, feedsOf(k, x.files)...)
		}
	}
	for _, k := range all {
		x.kustomization(k)
	}
	for _, k := range all {
		x.generated(k)
	}
	return x
}

// number is the next that no source holds.
func (x *exchange) number(at rollout.Position, value string) string {
	for x.last++; x.taken[strconv.Itoa(x.last)]; x.last++ {
	}
	out := strconv.Itoa(x.last)
	x.marks[out] = mark{at, value}
	return out
}

// home is where the number that landed comes from, if what landed was rendered
// as wanted without the exchange.
func (x *exchange) home(landed, wanted string) (rollout.Position, bool) {
	var at []rollout.Position
	before := digits.ReplaceAllStringFunc(landed, func(number string) string {
		m, ours := x.marks[number]
		if !ours {
			return number
		}
		at = append(at, m.at)
		return m.value
	})
	if len(at) == 0 || before != wanted {
		return rollout.Position{}, false
	}
	return at[0], true
}

// kustomization exchanges in a kustomization, and in the files of objects and of
// patches that it names.
func (x *exchange) kustomization(k *kustomization) {
	t, before := whole(k.file, k.data), len(x.done)
	for _, list := range []string{"patches", "patchesJson6902", "patchesStrategicMerge"} {
		for _, item := range items(k.root, list) {
			switch {
			case item.Kind == yaml.MappingNode:
				x.inlined(t, spec.Child(item, "patch"))
			case inline(item.Value):
				x.inlined(t, item)
			}
		}
	}
	x.constants(t, items(k.root, "replacements"))
	x.literals(t, k)
	if len(x.done) > before {
		x.files[k.file] = encoded(k.root)
	}
	for _, ref := range k.references() {
		file, r := resolved(k.folder(), ref.name)
		data, reached := x.files[file]
		if r != nil || !reached || x.read[file] || ref.holds == anything || ref.holds == component {
			continue
		}
		x.read[file] = true
		if data, changed := x.documents(whole(file, data), ref); changed {
			x.files[file] = data
		}
	}
}

// inlined exchanges in a patch that stands in a kustomization.
func (x *exchange) inlined(t passage, n *yaml.Node) {
	if n == nil || n.Kind != yaml.ScalarNode {
		return
	}
	if _, again := x.done[n]; again { // by an alias
		return
	}
	if data, changed := x.documents(t.inside(n), reference{holds: patch}); changed {
		x.done[n], n.Value, n.Style = n.Value, string(data), yaml.DoubleQuotedStyle
	}
}

// documents exchanges in objects, patches or replacements, and says whether
// there was anything to exchange.
func (x *exchange) documents(t passage, ref reference) ([]byte, bool) {
	docs, problems := spec.Documents([]byte(t.data), t.file)
	if len(problems) > 0 {
		return nil, false
	}
	before := len(x.done)
	for _, doc := range docs {
		switch {
		case ref.holds == settings && strings.HasPrefix(ref.field, "replacements"):
			x.constants(t, listed(doc))
		case ref.holds == settings:
		case doc.Kind == yaml.SequenceNode:
			x.operations(t, doc)
		default:
			x.weights(t, doc)
			for _, d := range split([]*yaml.Node{doc}) {
				x.copied(t, d)
			}
		}
	}
	if len(x.done) == before {
		return nil, false
	}
	return encoded(docs...), true
}

// weights exchanges every weight below the node. What an alias stands for is
// exchanged where it is written, but an alias that is itself a weight is one.
func (x *exchange) weights(t passage, n *yaml.Node) {
	switch n.Kind {
	case yaml.SequenceNode:
		for _, item := range n.Content {
			x.weights(t, item)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if key, value := n.Content[i], n.Content[i+1]; !weighs(key.Value) || !x.weight(t, key, value) {
				x.weights(t, value)
			}
		}
	}
}

// weight exchanges the value of a key, unless it is no value, or is made of vars.
func (x *exchange) weight(t passage, key, value *yaml.Node) bool {
	holder := value
	if value.Kind == yaml.AliasNode {
		holder = value.Alias
	}
	if holder.Kind != yaml.ScalarNode || holder.ShortTag() == "!!null" || strings.Contains(holder.Value, "$(") {
		return false
	}
	had, exchanged := x.done[holder]
	if !exchanged {
		had = rendered(holder)
	}
	x.put(value, x.number(t.at(t.offset(key)), had), had, holder.ShortTag() == "!!str")
	return true
}

// put writes a scalar anew. It stays a string if it was one.
func (x *exchange) put(n *yaml.Node, value, had string, isText bool) {
	*n = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: value, Anchor: n.Anchor, Line: n.Line, Column: n.Column}
	if isText {
		n.Tag, n.Style = "!!str", yaml.DoubleQuotedStyle
	}
	x.done[n] = had
}

// rendered is the scalar's value as a rendered object has it.
func rendered(n *yaml.Node) string {
	var value any
	if n.Decode(&value) != nil {
		return n.Value
	}
	return fmt.Sprint(value)
}

// operations exchanges in a JSON patch. Its tests have passed when the overlay
// was rendered and would fail now, so each becomes what changes nothing.
func (x *exchange) operations(t passage, list *yaml.Node) {
	for _, op := range list.Content {
		if op.Kind != yaml.MappingNode {
			continue
		}
		if text(op, "op") == "test" {
			op.Content = []*yaml.Node{word("op"), word("copy"), word("from"), word("/kind"), word("path"), word("/kind")}
			x.done[op] = "test"
			continue
		}
		to := pointer(text(op, "path"))
		for i := 0; i+1 < len(op.Content); i += 2 {
			key, value := op.Content[i], op.Content[i+1]
			if key.Value != "value" || len(to) > 0 && weighs(to[len(to)-1]) && x.weight(t, key, value) {
				continue
			}
			x.weights(t, value)
			for _, f := range x.feeds {
				if rest, below := f.below(to); below {
					x.fed(t, value, rest)
				}
			}
		}
	}
}

// pointer is the path of a JSON patch.
func pointer(path string) []string {
	out := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, key := range out {
		out[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(key)
	}
	return out
}

func word(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

// items are those of the list under the key.
func items(n *yaml.Node, key string) []*yaml.Node {
	if list := child(n, key); list != nil && list.Kind == yaml.SequenceNode {
		return list.Content
	}
	return nil
}

// listed are the items of a list, or the one that stands in its place.
func listed(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

// encoded writes the documents out, plainly: what is not said of a value but of
// its looks is left out.
func encoded(docs ...*yaml.Node) []byte {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	for _, doc := range docs {
		bare(doc)
		if encoder.Encode(doc) != nil {
			return nil
		}
	}
	_ = encoder.Close() // into memory
	return out.Bytes()
}

func bare(n *yaml.Node) {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	if n.Style &= yaml.TaggedStyle | yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle; n.Style&^yaml.TaggedStyle != 0 {
		n.Style = n.Style&yaml.TaggedStyle | yaml.DoubleQuotedStyle
	}
	for _, child := range n.Content {
		bare(child)
	}
}
