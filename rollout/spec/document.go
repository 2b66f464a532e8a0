// Package spec decodes the documents that a user of weir writes: the Delivery
// (weir.yaml), the WeightPlan and the Intent. It alone knows YAML. It does not read files,
// render overlays or know policies: bytes or nodes come in, values of package
// rollout or problems go out.
//
// Decoding is strict. A field that is not known, or known and not supported by
// this version, is a problem and never ignored; all problems of a document come
// back at once, each with its line and the way out.
//
// Start reading at [DecodePlan], [DecodeDelivery] and [DecodeIntent]; the schemas
// for editors are in the folder schema beside this file.
package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/weir-delivery/weir/rollout"
)

// Limits of one YAML file: its documents, and its nodes once every alias is
// written out.
const (
	MaxDocuments = 10_000
	MaxNodes     = 2_000_000
)

// Documents parses all YAML documents of a file and returns their root nodes;
// empty documents are left out. It refuses what YAML readers disagree about or
// choke on: text that is not UTF-8, keys given twice, aliases that hold
// themselves or expand beyond MaxNodes. What it returns without a problem is
// safe to walk recursively through its aliases.
func Documents(data []byte, file string) ([]*yaml.Node, rollout.Problems) {
	if at := invalidUTF8(data); at > 0 {
		return nil, problem(file, at, "save the file as UTF-8", "the text is not valid UTF-8")
	}
	var docs []*yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			if problems := check(docs, file); len(problems) > 0 {
				return nil, problems
			}
			return docs, nil
		}
		if err != nil {
			line, why := syntax(err)
			return nil, problem(file, line, "mend the YAML at or near this line", "the YAML cannot be parsed: %s", why)
		}
		if root := doc.Content[0]; !isNull(root) {
			docs = append(docs, root)
		}
		if len(docs) > MaxDocuments {
			return nil, problem(file, doc.Line, "split the file", "the file holds more than %d documents", MaxDocuments)
		}
	}
}

func problem(file string, line int, hint, format string, args ...any) rollout.Problems {
	return rollout.Problems{{
		Position: rollout.Position{File: file, Line: line}, Message: fmt.Sprintf(format, args...), Hint: hint,
	}}
}

// invalidUTF8 is the line of the first byte that is not UTF-8, 0 for none.
func invalidUTF8(data []byte) int {
	if utf8.Valid(data) {
		return 0
	}
	for i, line := range bytes.Split(data, []byte("\n")) {
		if !utf8.Valid(line) {
			return i + 1
		}
	}
	return 1
}

// syntax takes the line out of the parser's error and the prefix off it. The
// library counts the lines of these errors, and of no others, from 0.
func syntax(err error) (line int, why string) {
	why = strings.TrimPrefix(err.Error(), "yaml: ")
	if m := regexp.MustCompile(`^line (\d+): `).FindStringSubmatch(why); m != nil {
		line, _ = strconv.Atoi(m[1])
		why = strings.TrimPrefix(why, m[0])
	}
	if regexp.MustCompile(`^did not find expected (node content|key|',' or|'-' indicator|<)`).MatchString(why) {
		line++
	}
	return max(line, 1), why
}

// checker walks the nodes of one file as they are written.
type checker struct {
	file     string
	sizes    map[*yaml.Node]int // of anchored nodes, aliases written out; none while inside
	problems rollout.Problems
}

func check(docs []*yaml.Node, file string) rollout.Problems {
	c := &checker{file: file, sizes: map[*yaml.Node]int{}}
	total := 0
	for _, doc := range docs {
		total += c.size(doc)
		if total > MaxNodes {
			c.problems = append(c.problems, problem(file, doc.Line, "write the document with fewer aliases", "the aliases expand to more than %d nodes", MaxNodes)...)
			break
		}
	}
	return c.problems
}

// Size counts the nodes of what Documents returned, with every alias written out.
func Size(docs []*yaml.Node) int {
	c := &checker{sizes: map[*yaml.Node]int{}}
	total := 0
	for _, doc := range docs {
		total += c.size(doc)
	}
	return total
}

// size counts the nodes with every alias written out, up to MaxNodes+1.
func (c *checker) size(n *yaml.Node) int {
	if n.Kind == yaml.AliasNode {
		if c.sizes[n.Alias] == 0 {
			c.problems = append(c.problems, problem(c.file, n.Line, "an alias cannot stand inside what it names", "alias %q holds itself", n.Value)...)
		}
		return c.sizes[n.Alias]
	}
	if n.Kind == yaml.MappingNode {
		c.keys(n)
	}
	total := 1
	for _, child := range n.Content {
		total = min(total+c.size(child), MaxNodes+1)
	}
	if n.Anchor != "" {
		c.sizes[n] = total
	}
	return total
}

// keys refuses keys that are given twice or are no plain words.
func (c *checker) keys(n *yaml.Node) {
	first := make(map[string]int, len(n.Content)/2)
	for i := 0; i < len(n.Content); i += 2 {
		key := resolve(n.Content[i])
		switch line, twice := first[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			c.problems = append(c.problems, problem(c.file, key.Line, "write the key as a plain word", "a key is a list or an object")...)
		case twice:
			c.problems = append(c.problems, problem(c.file, key.Line, "keep one of them", "key %q is given twice, first in line %d", key.Value, line)...)
		default:
			first[key.Value] = key.Line
		}
	}
}

func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }
