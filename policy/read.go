package policy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/util"
	"go.yaml.in/yaml/v3"

	"github.com/weir-delivery/weir/rollout"
)

// Bounds on what is read: OPA has none of its own, and a policy is text that
// somebody else wrote.
const (
	maxFiles = 256
	maxFile  = 128 << 10
	maxBytes = 1 << 20
)

// file is one file of rules or data, by its path in the tree.
type file struct {
	path string
	data []byte
}

// sources is what a policy folder holds.
type sources struct {
	modules, tests, dataFiles []file
	// data is what the data files say: data.json and data.yaml, each under the
	// path of its folder, as in an OPA bundle.
	data map[string]any
}

// readFolder reads the rules, tests and data under the folder. Hidden files
// and folders are not looked at.
func readFolder(ctx context.Context, tree fs.FS, c Config) (sources, rollout.Problems, error) {
	folder := c.Path
	r := reader{ctx: ctx, tree: tree, folder: folder, sources: sources{data: map[string]any{}}}
	if folder == "" {
		return r.sources, nil, nil
	}
	if info, err := fs.Stat(tree, folder); err != nil || !info.IsDir() {
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return r.sources, nil, fmt.Errorf("reading policies: %w", err)
		}
		r.report(c.where().File, c.where().Line, "create it, or set spec.policies.path to the folder that holds the rules", "there is no folder %s", folder)
		return r.sources, r.problems, nil
	}
	err := fs.WalkDir(tree, folder, r.visit)
	if err != nil && !errors.Is(err, errTooMuch) {
		return r.sources, nil, fmt.Errorf("reading policies: %w", err)
	}
	if r.problems.Err() == nil {
		r.decode()
	}
	return r.sources, r.problems, nil
}

// errTooMuch ends a walk that went past the bounds; the problem is reported already.
var errTooMuch = errors.New("too much to read")

type reader struct {
	sources
	ctx      context.Context
	tree     fs.FS
	folder   string
	files    int
	bytes    int
	problems rollout.Problems
}

func (r *reader) report(file string, line int, hint, format string, args ...any) {
	at := rollout.Position{File: file, Line: line}
	r.problems = append(r.problems, rollout.Problem{Position: at, Message: fmt.Sprintf(format, args...), Hint: hint})
}

func (r *reader) visit(name string, d fs.DirEntry, err error) error {
	if err = errors.Join(err, r.ctx.Err()); err != nil {
		return err
	}
	hidden := strings.HasPrefix(d.Name(), ".") && name != r.folder
	switch {
	case hidden && d.IsDir():
		return fs.SkipDir
	case hidden || d.IsDir():
		return nil
	}
	into := r.place(name)
	if into == nil {
		return nil
	}
	data, err := r.read(name)
	if err != nil {
		return err
	}
	*into = append(*into, file{name, data})
	return nil
}

// dataExtensions are those of files of data. It is never changed.
var dataExtensions = []string{".json", ".yaml", ".yml"}

// place says where a file belongs: nil for those that are neither rules, tests nor data.
func (r *reader) place(name string) *[]file {
	base := path.Base(name)
	stem, ext := strings.TrimSuffix(base, path.Ext(base)), path.Ext(base)
	switch {
	case ext == ".rego" && strings.HasSuffix(stem, "_test"):
		return &r.tests
	case ext == ".rego":
		return &r.modules
	case strings.EqualFold(ext, ".rego"):
		r.report(name, 0, "rename it to end in .rego", "this file would not be read")
	case ext != strings.ToLower(ext) && slices.Contains(dataExtensions, strings.ToLower(ext)):
		r.report(name, 0, "rename it to end in "+strings.ToLower(ext), "this file would not be read")
	case slices.Contains(dataExtensions, ext):
		if stem == "data" {
			return &r.dataFiles
		}
		if !strings.HasSuffix(stem, "_test") {
			r.report(name, 0, "name it data"+ext+", as in an OPA bundle, or begin its name with a dot", "this file would not be read as data")
		}
	}
	return nil
}

func (r *reader) read(name string) ([]byte, error) {
	f, err := r.tree.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	r.files++
	r.bytes += len(data)
	switch {
	case len(data) > maxFile:
		r.report(name, 0, "split it", "larger than %d KiB", maxFile>>10)
		return nil, errTooMuch
	case r.files > maxFiles:
		r.report(r.folder, 0, "keep only rules, tests and data there", "more than %d files", maxFiles)
		return nil, errTooMuch
	case r.bytes > maxBytes:
		r.report(r.folder, 0, "keep only rules, tests and data there", "more than %d KiB of rules and data", maxBytes>>10)
		return nil, errTooMuch
	}
	return data, nil
}

// decode reads the data files, each into the object at its folder's path.
func (r *reader) decode() {
	for _, f := range r.dataFiles {
		value := map[string]any{}
		if line, more := second(f.data); more {
			r.report(f.path, line, "one document a file", "more than one YAML document")
			continue
		}
		if line, key, twice := doubled(f.data); twice {
			r.report(f.path, line, "say it once", "%q is said twice", key)
			continue
		}
		if err := util.Unmarshal(f.data, &value); err != nil {
			r.report(f.path, lineIn(err), "data files hold one object", "reading data: %s", firstLine(err.Error()))
			continue
		}
		at := strings.Trim(strings.TrimPrefix(path.Dir(f.path), r.folder), "/")
		if r.folder == "." {
			at = strings.TrimPrefix(path.Dir(f.path), ".")
		}
		r.merge(f.path, at, value)
	}
}

// second finds where another document begins after the first of a file.
func second(data []byte) (line int, is bool) {
	var document yaml.Node
	documents := yaml.NewDecoder(bytes.NewReader(data))
	if documents.Decode(&document) != nil { // no document, which the decoder says
		return 0, false
	}
	document = yaml.Node{}
	err := documents.Decode(&document)
	return document.Line, !errors.Is(err, io.EOF)
}

// doubled finds a key that an object of the file has twice: whoever reads it sees the
// one, and the other would count. What is no YAML at all is for the decoder to say.
func doubled(data []byte) (line int, key string, is bool) {
	var document yaml.Node
	if yaml.Unmarshal(data, &document) != nil {
		return 0, "", false
	}
	todo := []*yaml.Node{&document}
	for len(todo) > 0 {
		n := todo[0]
		todo = append(todo[1:], n.Content...)
		seen := map[string]bool{}
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if k.Kind == yaml.ScalarNode && seen[k.Value] {
				return k.Line, k.Value, true
			}
			seen[k.Value] = true
		}
	}
	return 0, "", false
}

// merge puts a data file's object where its folder says. Nothing is
// overwritten: two files that both say something are a problem.
func (r *reader) merge(name, at string, value map[string]any) {
	var wrapped any = value
	keys := strings.FieldsFunc(at, func(c rune) bool { return c == '/' })
	for _, key := range slices.Backward(keys) {
		wrapped = map[string]any{key: wrapped}
	}
	if twice := overlay(r.data, wrapped.(map[string]any)); twice != "" {
		r.report(name, 0, "say it in one file", "data.%s is said twice", twice)
	}
	for _, key := range reserved() {
		if _, taken := r.data[key]; taken {
			r.report(name, 0, "choose another name", "data.%s is reserved", key)
			delete(r.data, key)
		}
	}
}

// at is where the first of the data files says something of the key, as far as its
// text tells.
func (s sources) at(key string) rollout.Position {
	for _, f := range s.dataFiles {
		for i, line := range bytes.Split(f.data, []byte("\n")) {
			if bytes.HasPrefix(bytes.TrimLeft(line, " \"{"), []byte(key)) {
				return rollout.Position{File: f.path, Line: i + 1}
			}
		}
	}
	return rollout.Position{}
}

// overlay adds the one object to the other and answers with the path at which
// both have a value, if there is one.
func overlay(into, add map[string]any) (twice string) {
	for _, key := range slices.Sorted(maps.Keys(add)) {
		have, taken := into[key]
		if !taken {
			into[key] = add[key]
			continue
		}
		below, ok := have.(map[string]any)
		more, also := add[key].(map[string]any)
		if !ok || !also {
			return key
		}
		if deeper := overlay(below, more); deeper != "" {
			return key + "." + deeper
		}
	}
	return ""
}

var yamlLine = regexp.MustCompile(`line (\d+)`)

// lineIn is the line that a YAML error names; 0 for none.
func lineIn(err error) int {
	found := yamlLine.FindStringSubmatch(err.Error())
	if found == nil {
		return 0
	}
	line, _ := strconv.Atoi(found[1])
	return line
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
