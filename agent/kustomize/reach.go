package kustomize

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/weir-delivery/weir/agent"
)

var _ agent.Reacher = (*Renderer)(nil)

// Reaching looks at the kustomizations of a tree alone, each once, whoever asks.
//
// What it answers errs on one side only: it may name a file that a build would not
// read, and never leaves one out. Where a kustomization cannot be read, or names
// what is not there, it does not know, and a build says what is wrong.
func (r *Renderer) Reaching(tree fs.FS) func(folder string) (agent.Reach, bool) {
	l := &looking{tree: tree, known: map[string]func() *looked{}}
	return l.reach
}

// looking is a look at a tree's kustomizations. It may be used by many at once.
type looking struct {
	tree  fs.FS
	mu    sync.Mutex
	known map[string]func() *looked // by folder
}

// looked is what one kustomization says of its own; nil where nobody can tell.
type looked struct {
	files, folders []string
	composed       bool
}

func (l *looking) reach(folder string) (agent.Reach, bool) {
	var out agent.Reach
	seen, todo := map[string]bool{folder: true}, []string{folder}
	for len(todo) > 0 {
		at := l.look(todo[0])()
		if todo = todo[1:]; at == nil {
			return agent.Reach{}, false
		}
		out.Files = append(out.Files, at.files...)
		out.Composed = out.Composed || at.composed
		for _, f := range at.folders {
			if !seen[f] {
				seen[f] = true
				todo = append(todo, f)
			}
		}
	}
	return out, true
}

func (l *looking) look(folder string) func() *looked {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known[folder] == nil {
		l.known[folder] = sync.OnceValue(func() *looked { return look(l.tree, folder) })
	}
	return l.known[folder]
}

// look reads the folder's kustomization.
func look(tree fs.FS, folder string) *looked {
	out := &looked{}
	var data []byte
	for _, name := range fileNames() {
		file := path.Join(folder, name)
		out.files = append(out.files, file) // the one that is not there too: it could come
		content, err := fs.ReadFile(tree, file)
		switch {
		case err == nil && data != nil: // two of them
			return nil
		case err == nil:
			data = content
		}
	}
	var document yaml.Node
	if bytes.Contains(data, []byte("\n---")) || yaml.Unmarshal(data, &document) != nil ||
		len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return nil
	}
	for i, root := 0, document.Content[0]; i+1 < len(root.Content); i += 2 {
		field := root.Content[i].Value
		whole := slices.Contains(verbatim, field)
		if !whole && !slices.Contains(composing, field) {
			return nil
		}
		out.composed = out.composed || !whole
		if slices.Contains(pathless, field) {
			continue
		}
		if !out.follow(tree, folder, root.Content[i+1], slices.Contains(named, field)) {
			return nil
		}
	}
	return out
}

// Of the fields of a kustomization, verbatim are those which leave names as some file
// has them, whole, and composing those that may put names together; pathless are those
// that name no file and no folder, named those that name nothing else.
var (
	verbatim = []string{
		"apiVersion", "kind", "metadata", "namespace", "commonLabels", "commonAnnotations", "labels", "images", "replicas",
		"generatorOptions", "sortOptions", "buildMetadata", "resources", "bases", "components", "patches", "patchesJson6902",
		"patchesStrategicMerge", "configMapGenerator", "secretGenerator",
	}
	composing = []string{"namePrefix", "nameSuffix", "replacements", "vars", "configurations"}
	pathless  = []string{
		"apiVersion", "kind", "metadata", "namespace", "namePrefix", "nameSuffix", "commonLabels", "commonAnnotations",
		"labels", "images", "replicas", "generatorOptions", "sortOptions", "buildMetadata", "vars",
	}
	named = []string{"resources", "bases", "components", "configurations"}
)

// follow notes every path in a field, and tells whether it can be known: what is
// certainly a path has to be there. Texts that are patches themselves, or say what to
// patch, are none.
func (l *looked) follow(tree fs.FS, folder string, n *yaml.Node, certain bool) bool {
	switch n.Kind {
	case yaml.SequenceNode:
		for _, item := range n.Content {
			if !l.follow(tree, folder, item, certain) {
				return false
			}
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if !slices.Contains([]string{"patch", "target", "options", "literals"}, key) && !l.follow(tree, folder, n.Content[i+1], key == "path") {
				return false
			}
		}
	case yaml.ScalarNode:
		if n.Value == "" || inline(n.Value) {
			return true
		}
		_, file, pair := strings.Cut(n.Value, "=")
		return l.add(tree, folder, n.Value, certain) && (!pair || l.add(tree, folder, file, false))
	default: // an alias may lead round in a circle
		return false
	}
	return true
}

// add notes what a path names.
func (l *looked) add(tree fs.FS, folder, name string, certain bool) bool {
	full := path.Join(folder, name)
	if !fs.ValidPath(full) {
		return !certain
	}
	info, err := fs.Stat(tree, full)
	switch {
	case err != nil && certain:
		return false
	case err == nil && info.IsDir():
		l.folders = append(l.folders, full)
		return true
	}
	l.files = append(l.files, full)
	return true
}
