package spec

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Locate finds the line of a field by its path, as in
// "spec.http[0].route[1].weight": the line of its key, or of a list's item.
// Where the document does not hold the field, it is the line of the nearest
// parent that it does hold. Keys with dots in them are found as well.
func Locate(root *yaml.Node, path string) int {
	line, node := root.Line, root
	for path != "" {
		child, at, rest := step(resolve(node), path)
		if child == nil {
			return line
		}
		node, line, path = child, at, strings.TrimPrefix(rest, ".")
	}
	return line
}

// step goes from a node to its child that the path begins with.
func step(node *yaml.Node, path string) (child *yaml.Node, line int, rest string) {
	switch node.Kind {
	case yaml.SequenceNode:
		index, rest, ok := strings.Cut(strings.TrimPrefix(path, "["), "]")
		i, err := strconv.Atoi(index)
		if !ok || err != nil || i < 0 || i >= len(node.Content) {
			return nil, 0, ""
		}
		return node.Content[i], node.Content[i].Line, rest
	case yaml.MappingNode:
		return field(node, path)
	}
	return nil, 0, ""
}

// field finds the longest key that the path begins with.
func field(node *yaml.Node, path string) (child *yaml.Node, line int, rest string) {
	best := -1
	var merged *yaml.Node
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		if key.ShortTag() == "!!merge" {
			merged = resolve(node.Content[i+1])
			continue
		}
		after, ok := strings.CutPrefix(path, key.Value)
		if ok && (after == "" || after[0] == '.' || after[0] == '[') && len(key.Value) > best {
			best, child, line, rest = len(key.Value), node.Content[i+1], key.Line, after
		}
	}
	if child == nil && merged != nil && merged.Kind == yaml.MappingNode {
		return field(merged, path)
	}
	return child, line, rest
}

// Child is the value of a key, through aliases and merge keys; nil where the
// node holds no such key.
func Child(n *yaml.Node, key string) *yaml.Node {
	if n = resolve(n); n.Kind != yaml.MappingNode {
		return nil
	}
	child, _, rest := field(n, key)
	if child == nil || rest != "" {
		return nil
	}
	return resolve(child)
}

// Node is the node of a rendered object, for [DecodePlan]: JSON types with
// int64 and float64. Its keys are in order and it has no lines of its own.
func Node(value map[string]any) *yaml.Node { return node(value) }

func node(value any) *yaml.Node {
	switch v := value.(type) {
	case map[string]any:
		out := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			out.Content = append(out.Content, scalar("!!str", key), node(v[key]))
		}
		return out
	case []any:
		out := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, item := range v {
			out.Content = append(out.Content, node(item))
		}
		return out
	case nil:
		return scalar("!!null", "null")
	case string:
		return scalar("!!str", v)
	case bool:
		return scalar("!!bool", strconv.FormatBool(v))
	case int64:
		return scalar("!!int", strconv.FormatInt(v, 10))
	default:
		return scalar("!!float", fmt.Sprint(v))
	}
}

func scalar(tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}
