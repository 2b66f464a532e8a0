package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// renderer is a kustomize of which only `resources` is left, because the real
// one takes longer than all else together. A test holds both to give the same.
type renderer struct{}

var _ agent.Renderer = renderer{}

// Render is agent.Renderer's.
func (renderer) Render(_ context.Context, tree fs.FS, folder string) ([]agent.Object, error) {
	root, err := read(tree, path.Join(folder, "kustomization.yaml"))
	if err != nil {
		return nil, err
	}
	resources, _ := root["resources"].([]any)
	var out []agent.Object
	for _, r := range resources {
		name, _ := r.(string)
		file := path.Join(folder, name)
		value, err := read(tree, file)
		if err != nil {
			return nil, err
		}
		at := rollout.Position{File: file, Line: 1}
		out = append(out, agent.Object{Value: value, Origin: at, Where: func(string) rollout.Position { return at }})
	}
	return out, nil
}

// read decodes a file of one document: JSON, which is quick, or else YAML.
func read(tree fs.FS, file string) (object, error) {
	data, err := fs.ReadFile(tree, file)
	if err != nil {
		return nil, rollout.Problems{{Position: rollout.Position{File: file}, Message: "is not in the repository"}}
	}
	var out object
	if bytes.HasPrefix(data, []byte("{")) {
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		err = decoder.Decode(&out)
		out, _ = plain(out).(object)
	} else {
		err = yaml.Unmarshal(data, &out)
	}
	if err != nil {
		return nil, rollout.Problems{{Position: rollout.Position{File: file, Line: 1}, Message: err.Error()}}
	}
	return out, nil
}

// plain has whole numbers as int64 and others as float64, as agent.Object says.
func plain(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			x[k] = plain(e)
		}
	case []any:
		for i, e := range x {
			x[i] = plain(e)
		}
	case json.Number:
		if n, err := x.Int64(); err == nil && !strings.ContainsAny(x.String(), ".eE") {
			return n
		}
		f, _ := x.Float64()
		return f
	}
	return v
}
