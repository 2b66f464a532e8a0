package istio

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// shape is the type of a value in Istio's custom resources. A value of another
// type is refused by the API server. What is null counts as left out.
type shape interface{ check(n node) }

// object has the fields of these names. The API server refuses an apply with any
// other, while it drops that of a create: such an object would stay unapplied. One
// that is like none of them a newer Istio may have.
type object map[string]shape

func (o object) check(n node) {
	if n.fields() == nil {
		n.misshapen("an object", "write its fields under it, as name: value")
		return
	}
	for _, name := range n.names() {
		of, known := o[name]
		switch field := n.at(name); {
		case !field.given():
		case !known && novel(n, name, o):
			field.warn(UnknownField, "leave it out, unless the cluster's Istio is newer and has it", "Istio 1.31 has no field %s in %s; where the cluster has none, the API server refuses to apply the object", name, n.path)
		case !known:
			field.wrong(o.suggest(name), "Istio has no field %s in %s, so the API server refuses to apply it", name, cmp.Or(n.path, "the object"))
		default:
			of.check(field)
		}
	}
}

// novel tells whether an unknown field may be one of a newer Istio: within the spec, like
// none that belongs there, and none that belongs elsewhere.
func novel(of node, name string, o object) bool {
	return strings.HasPrefix(of.path, "spec") && rollout.Nearest(name, slices.Collect(maps.Keys(o))) == "" &&
		!has(virtualService, name) && !has(destinationRule, name) && !has(gateway, name) && !has(serviceEntry, name)
}

// has tells whether a field of the name belongs anywhere in the shape.
func has(s shape, name string) bool {
	switch s := s.(type) {
	case object:
		_, known := s[name]
		return known || slices.ContainsFunc(slices.Collect(maps.Values(s)), func(field shape) bool { return has(field, name) })
	case list:
		return has(s.of, name)
	case dictionary:
		return has(s.of, name)
	case oneOf:
		return has(s.object, name)
	}
	return false
}

// suggest is the hint for a field that the object does not have. Istio's own
// documents write some names with underscores.
func (o object) suggest(name string) string {
	for known := range o {
		if strings.EqualFold(strings.ReplaceAll(name, "_", ""), known) {
			return "did you mean " + known + "?"
		}
	}
	return rollout.Suggest(name, slices.Sorted(maps.Keys(o)))
}

// list has items of one shape.
type list struct{ of shape }

func (l list) check(n node) {
	if _, ok := n.value.([]any); !ok {
		n.misshapen("a list", "begin each entry with a -")
		return
	}
	for _, item := range n.items() {
		if !item.given() {
			item.wrong("fill the entry in or remove it", "the entry is null")
			continue
		}
		l.of.check(item)
	}
}

// dictionary has values of one shape under any names.
type dictionary struct{ of shape }

func (d dictionary) check(n node) {
	if n.fields() == nil {
		n.misshapen("an object", "write its entries under it, as name: value")
	}
	for _, name := range n.names() {
		if value := n.at(name); value.given() {
			d.of.check(value)
		}
	}
}

// oneOf is an object of which no two of these fields may be given.
type oneOf struct {
	object
	fields []string
}

func (o oneOf) check(n node) {
	o.object.check(n)
	if given := n.among(o.fields...); len(given) > 1 {
		n.wrong("keep one of them", "%s cannot both be given", strings.Join(given, " and "))
	}
}

// leaf is a value that has no parts: what it is called, and whether it is one.
type leaf struct {
	called, hint string
	is           func(value any) bool
}

func (l leaf) check(n node) {
	if !l.is(n.value) {
		n.misshapen(l.called, l.hint)
	}
}

// words is a string of a given few. A newer Istio may know more.
type words []string

func (w words) check(n node) {
	text.check(n)
	if word, ok := n.value.(string); ok && !slices.Contains(w, word) {
		n.warn(UnknownValue, rollout.Suggest(word, w), "%s is %q, which the API server refuses unless its Istio is newer", last(n.path), word)
	}
}

// The leaves there are.
var (
	text    = leaf{"a string", "put it in quotes", func(v any) bool { _, ok := v.(string); return ok }}
	flag    = leaf{"true or false", "write it without quotes", func(v any) bool { _, ok := v.(bool); return ok }}
	decimal = leaf{"a number", "write it without quotes", func(v any) bool { _, ok := node{value: v}.number(); return ok }}

	int32s  = within(math.MinInt32, math.MaxInt32)
	uint32s = within(0, math.MaxUint32)
	uint64s = within(0, math.MaxInt64)

	// anything is judged elsewhere.
	anything = leaf{"a value", "", func(any) bool { return true }}
)

func within(least, most int64) leaf {
	return leaf{fmt.Sprintf("a whole number from %d to %d", least, most), "write it as a number in that range, without quotes", func(v any) bool {
		n, ok := integer(v)
		return ok && least <= n && n <= most
	}}
}

// misshapen says that the value is not what belongs there, unless that place
// has been spoken of.
func (n node) misshapen(want, hint string) {
	if !n.to.refused(n.path) {
		n.wrong(hint, "%s is %s, not %s", last(n.path), named(n.value, want), want)
	}
}

// named is what a message calls a value of a wrong type. The value itself may
// be a header's, and is nobody's to read; only a number out of range is shown.
func named(value any, want string) string {
	switch value.(type) {
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case string:
		return "a string"
	case bool:
		return "true or false"
	}
	if strings.HasPrefix(want, "a whole number") {
		return literal(value)
	}
	return "a number"
}

// last is the end of a path, as messages name a field.
func last(path string) string { return path[strings.LastIndex(path, ".")+1:] }

// period is a duration; least is the shortest that Istio takes.
type period struct{ least time.Duration }

func (p period) check(n node) {
	text.check(n)
	written, ok := n.value.(string)
	if !ok {
		return
	}
	const hint = "write it like 500ms, 10s, 5m or 1h30m"
	switch d, err := time.ParseDuration(written); {
	case err != nil:
		n.wrong(hint, "%s is no duration: %q", last(n.path), written)
	case d < p.least:
		n.wrong("use 1ms or more, or leave it out", "%s is %s, and Istio takes no duration below 1ms here", last(n.path), written)
	case p.least > 0 && d%time.Millisecond != 0:
		n.wrong("use whole milliseconds", "%s is %s, and Istio's durations are exact to the millisecond only", last(n.path), written)
	}
}
