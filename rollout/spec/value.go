package spec

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/weir-delivery/weir/rollout"
)

// maxDuration bounds every duration: what is longer is a slip of the pen.
const maxDuration = 366 * 24 * time.Hour

// maxProblems bounds what is told of one document: nobody reads more.
const maxProblems = 100

// reader collects the problems of one document.
type reader struct {
	where    func(path string) rollout.Position
	problems rollout.Problems
}

// value is one node of a document at its path. Its methods return the zero
// value after a problem, so that reading goes on and finds the next one.
type value struct {
	*reader
	node *yaml.Node
	path string
}

// bad records a problem at the value. The message begins with the path.
func (v value) bad(hint, format string, args ...any) {
	if len(v.problems) == maxProblems {
		return
	}
	v.problems = append(v.problems, rollout.Problem{
		Position: v.where(v.path), Hint: hint,
		Message: v.name() + " " + fmt.Sprintf(format, args...),
	})
}

// name is how messages call the value.
func (v value) name() string {
	if v.path == "" {
		return "the document"
	}
	return v.path
}

func (v value) field(key string, node *yaml.Node) value {
	path := key
	if v.path != "" {
		path = v.path + "." + key
	}
	return value{v.reader, resolve(node), path}
}

// at is the object's field, which need not be there, to say something of it.
func (v value) at(key string) value { return v.field(key, v.node) }

// has tells whether the object has the field.
func (v value) has(key string) bool {
	for i := 0; v.node.Kind == yaml.MappingNode && i+1 < len(v.node.Content); i += 2 {
		if v.node.Content[i].Value == key {
			return true
		}
	}
	return false
}

// item is the list's item, to say something of it.
func (v value) item(i int) value {
	return value{v.reader, v.node, fmt.Sprintf("%s[%d]", v.path, i)}
}

// fields says how each known field of an object is read.
type fields map[string]func(value)

// object reads the fields in the document's order. Fields that are not known
// and required ones that are missing are problems.
func (v value) object(known fields, required ...string) {
	if v.node.Kind != yaml.MappingNode {
		v.bad("write it as fields and values", "must be an object, not %s", v.kind())
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		key := v.node.Content[i].Value
		child := v.field(key, v.node.Content[i+1])
		seen[key] = true
		read, ok := known[key]
		switch {
		case !ok:
			child.bad(rollout.Suggest(key, slices.Sorted(maps.Keys(known))), "is not a known field")
		case isNull(child.node):
			child.bad("give it a value or leave it out", "has no value")
		default:
			read(child)
		}
	}
	for _, key := range required {
		if !seen[key] {
			v.bad("add "+key, "has no %s", key)
		}
	}
}

// list reads each item. An empty list is a problem that the hint solves.
func (v value) list(each func(value), empty string) {
	if v.node.Kind != yaml.SequenceNode {
		v.bad("write it as a list", "must be a list, not %s", v.kind())
		return
	}
	if len(v.node.Content) == 0 {
		v.bad(empty, "is an empty list")
	}
	for i, item := range v.node.Content {
		child := value{v.reader, resolve(item), fmt.Sprintf("%s[%d]", v.path, i)}
		if isNull(child.node) {
			child.bad("give it a value or remove the item", "has no value")
			continue
		}
		each(child)
	}
}

// texts reads a list of distinct strings that pass the check.
func (v value) texts(check func(value) string, empty string) []string {
	var out []string
	seen := firsts{}
	v.list(func(v value) {
		text := v.text(check)
		seen.once(v, text, "keep one of them")
		out = append(out, text)
	}, empty)
	return out
}

// firsts remembers at which path a text stood first.
type firsts map[string]string

// once refuses a text that stood before. The empty text, which a problem left,
// may repeat.
func (f firsts) once(v value, text, hint string) {
	if before, twice := f[text]; twice && text != "" {
		v.bad(hint, "repeats %q of %s", text, before)
		return
	}
	f[text] = v.path
}

// text reads a string; check says what is wrong with it, or nothing.
func (v value) text(check func(value) string) string {
	if v.node.Kind != yaml.ScalarNode || v.node.ShortTag() != "!!str" {
		v.bad("put quotes around it if it looks like something else", "must be a string, not %s", v.kind())
		return ""
	}
	return check(v)
}

// number reads a whole number from least to most.
func (v value) number(least, most int) int {
	var n int64
	if v.node.Kind != yaml.ScalarNode || v.node.ShortTag() != "!!int" || v.node.Decode(&n) != nil {
		v.bad("write digits without quotes", "must be a whole number from %d to %d, not %s", least, most, v.kind())
		return 0
	}
	if n < int64(least) || n > int64(most) {
		v.bad(fmt.Sprintf("use a number from %d to %d", least, most), "must be from %d to %d, not %d", least, most, n)
		return 0
	}
	return int(n)
}

func (v value) boolean() bool {
	var b bool
	if v.node.Kind != yaml.ScalarNode || v.node.ShortTag() != "!!bool" || v.node.Decode(&b) != nil {
		v.bad("write true or false without quotes", "must be true or false, not %s", v.kind())
	}
	return b
}

// duration reads "1h30m" or whole seconds, at least the given one.
func (v value) duration(least time.Duration) time.Duration {
	return v.durationOr(least, "write it as 45s, 10m or 1h30m, or as whole seconds")
}

// durationOr is duration, with a hint of its own for what is too short or too long.
func (v value) durationOr(least time.Duration, otherwise string) time.Duration {
	const hint = "write it as 45s, 10m or 1h30m, or as whole seconds"
	var d time.Duration
	var err error
	switch v.node.ShortTag() {
	case "!!int":
		var seconds int64
		if err = v.node.Decode(&seconds); err == nil {
			d = time.Duration(min(max(seconds, -1), int64(maxDuration/time.Second)+1)) * time.Second
		}
	case "!!str":
		d, err = time.ParseDuration(v.node.Value)
	default:
		v.bad(hint, "must be a duration, not %s", v.kind())
		return 0
	}
	switch {
	case err != nil && strings.HasSuffix(v.node.Value, "d"):
		v.bad("write days as hours: 24h", "is no duration: %q", v.node.Value)
	case err != nil:
		v.bad(hint, "is no duration: %q", v.node.Value)
	case d < least || d > maxDuration:
		v.bad(otherwise, "must be %s and at most %s, not %s", atLeast(least), rollout.Short(maxDuration), v.node.Value)
	default:
		return d
	}
	return 0
}

func atLeast(d time.Duration) string {
	if d == 0 {
		return "0 or more"
	}
	return "more than 0"
}

// choice reads one of the words. Words in later are known and not supported.
func (v value) choice(words []string, later ...string) string {
	return v.text(func(v value) string {
		word := v.node.Value
		switch {
		case slices.Contains(words, word):
			return word
		case slices.Contains(later, word):
			v.bad("use "+strings.Join(words, " or "), "is %s, which this version of weir does not support yet", word)
		default:
			v.bad(rollout.Suggest(word, words), "must be %s, not %q", strings.Join(words, " or "), word)
		}
		return ""
	})
}

// kind names what stands there instead.
func (v value) kind() string {
	switch v.node.Kind {
	case yaml.MappingNode:
		return "an object"
	case yaml.SequenceNode:
		return "a list"
	}
	switch v.node.ShortTag() {
	case "!!str":
		return strconv.Quote(v.node.Value)
	case "!!null":
		return "nothing"
	}
	return v.node.Value
}
