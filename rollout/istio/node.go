package istio

import (
	"maps"
	"slices"
	"strconv"
)

// node is a value of an object, where it stands, and the verdict that it is
// spoken of in. A value that is not there is a node too, so that rules go down
// without asking. A value of another type than a rule reads is as if it were
// not there: that it is wrong is said by its shape.
type node struct {
	path  string
	value any
	to    *Verdict
}

func (n node) wrong(hint, format string, args ...any) { n.to.wrong(n.path, hint, format, args...) }

func (n node) warn(rule, hint, format string, args ...any) {
	n.to.warn(n.path, rule, hint, format, args...)
}

// at is the field of that name, or nothing.
func (n node) at(name string) node {
	path := name
	if n.path != "" {
		path = n.path + "." + name
	}
	return node{path, n.fields()[name], n.to}
}

// given tells whether there is a value, of whatever type. An empty text, list
// or number 0 is one.
func (n node) given() bool { return n.value != nil }

// fields is the object or dictionary that the node is; nil if it is none.
func (n node) fields() map[string]any {
	fields, _ := n.value.(map[string]any)
	return fields
}

// names are those of the fields, in order.
func (n node) names() []string { return slices.Sorted(maps.Keys(n.fields())) }

// items are those of the list that the node is.
func (n node) items() []node {
	list, _ := n.value.([]any)
	out := make([]node, len(list))
	for i, item := range list {
		out[i] = node{n.path + "[" + strconv.Itoa(i) + "]", item, n.to}
	}
	return out
}

// text is the string that the node is; "" if it is none, as if it were left out.
func (n node) text() string {
	text, _ := n.value.(string)
	return text
}

// texts are the strings of the list that the node is.
func (n node) texts() []string {
	var out []string
	for _, item := range n.items() {
		out = append(out, item.text())
	}
	return out
}

// whole is the whole number that the node is; 0 if it is none.
func (n node) whole() int64 {
	number, _ := integer(n.value)
	return number
}

// number is the number that the node is, and whether it is one.
func (n node) number() (float64, bool) {
	if f, ok := n.value.(float64); ok {
		return f, true
	}
	whole, ok := integer(n.value)
	return float64(whole), ok
}

// truth tells whether the node is true.
func (n node) truth() bool { return n.value == true }

// among are those of the names that are given.
func (n node) among(names ...string) []string {
	var out []string
	for _, name := range names {
		if n.at(name).given() {
			out = append(out, name)
		}
	}
	return out
}
