package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
	"sigs.k8s.io/yaml"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/kube"
	"github.com/weir-delivery/weir/cmd/weir/report"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// errLooking is what happens to a write of somebody who only looks.
var errLooking = errors.New("weir diff writes nothing")

// onlooker is the cluster for reading alone.
type onlooker struct{ *kube.Cluster }

func (onlooker) Apply(context.Context, agent.Write) error { return errLooking }
func (onlooker) ApplyOther(context.Context, map[string]any, ...string) error {
	return errLooking
}
func (onlooker) Remove(context.Context, rollout.Ref, string, string) error { return errLooking }
func (onlooker) Tell(rollout.Ref, string, rollout.Code, bool, string)      {}

// onlookersJournal is the status branch for reading alone.
type onlookersJournal struct{ from *origin }

func (j onlookersJournal) Read(ctx context.Context) (fs.FS, error) { return j.from.Read(ctx) }
func (onlookersJournal) Record(context.Context, agent.Commit) (string, map[string][]byte, error) {
	return "", nil, errLooking
}

// unified shows the fields outside the weights that Git and the cluster have
// differently, as a unified diff of YAML in which lists keep their order; ""
// when there are none, or one side is missing. What others wrote beside Git's
// fields would stay, so it is no difference.
func unified(p agent.Pair) (string, error) {
	if p.Live == nil || p.Wanted == nil {
		return "", nil
	}
	wanted := told(istio.Overlay(p.Wanted, p.Routes, p.Live))
	live := told(p.Live)
	if p.Owned != nil {
		live = among(live, wanted, told(p.Owned)).(map[string]any)
	}
	return between(p.Ref, live, wanted)
}

// prop is what differs of another object than a VirtualService.
func prop(p agent.Prop) (report.Prop, error) {
	out := report.Prop{Kind: p.Kind, Namespace: p.Ref.Namespace, Name: p.Ref.Name, Absent: p.Live == nil, Refused: p.Refused}
	if p.Live == nil {
		return out, nil
	}
	wanted := told(p.Wanted)
	var err error
	out.Diff, err = between(p.Ref, among(told(p.Live), wanted, nil).(map[string]any), wanted)
	return out, err
}

// between is the unified diff of two objects; "" when they are the same.
func between(ref rollout.Ref, live, wanted map[string]any) (string, error) {
	texts := make([]string, 2)
	for i, object := range []map[string]any{live, wanted} {
		text, err := yaml.Marshal(object)
		if err != nil {
			return "", fmt.Errorf("writing %s as YAML: %w", ref, err)
		}
		texts[i] = string(text)
	}
	if texts[0] == texts[1] {
		return "", nil
	}
	return difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: difflib.SplitLines(texts[0]), B: difflib.SplitLines(texts[1]),
		FromFile: ref.String() + " in the cluster", ToFile: ref.String() + " in Git", Context: 3,
	})
}

// told is an object without what no Git has: what the API server writes, our
// own annotations, and kubectl's memory.
func told(object map[string]any) map[string]any {
	out := map[string]any{}
	for _, key := range []string{"apiVersion", "kind", "spec"} {
		if value, ok := object[key]; ok {
			out[key] = value
		}
	}
	from, _ := object["metadata"].(map[string]any)
	metadata := map[string]any{}
	for _, key := range []string{"name", "namespace"} {
		if value, ok := from[key]; ok {
			metadata[key] = value
		}
	}
	for _, key := range []string{"labels", "annotations"} {
		words, _ := from[key].(map[string]any)
		words = maps.Clone(words)
		maps.DeleteFunc(words, func(name string, _ any) bool {
			return strings.HasPrefix(name, "weir.dev/") || name == "kubectl.kubernetes.io/last-applied-configuration"
		})
		if len(words) > 0 {
			metadata[key] = words
		}
	}
	out["metadata"] = metadata
	return out
}

// among leaves out of a live value the fields that neither Git nor we have.
// Lists belong to one writer as a whole, so they stay as they are.
func among(live, wanted, owned any) any {
	fields, ok := live.(map[string]any)
	if !ok {
		return live
	}
	git, _ := wanted.(map[string]any)
	ours, _ := owned.(map[string]any)
	out := map[string]any{}
	for key, value := range fields {
		_, inGit := git[key]
		_, isOurs := ours[key]
		if inGit || isOurs {
			out[key] = among(value, git[key], ours[key])
		}
	}
	return out
}
