package agent_test

import (
	"context"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/kustomize"
	"github.com/weir-delivery/weir/rollout"
)

// patched is the change of the example in which a JSON patch of the overlay
// gives half of the traffic to v3, and a rule about its first step.
func patched(rule string) (base, head map[string]string) {
	about := `package canary

deny_about contains finding if {
	input.operation == "step"
	input.step == 0
	some target in input.targets
	some route in target.routes
	some d in route.destinations
	d.subset == "v1"
	finding := object.union({"msg": "so"}, ` + rule + `)
}
`
	return map[string]string{"policies/about.rego": about}, map[string]string{
		"policies/about.rego": about,
		"overlays/production/weightplan.yaml": planYAML(`
  {setWeight: 10, pause: {duration: 10m}},
  {setWeight: 25, pause: {duration: 10m}}
  `),
		"overlays/production/kustomization.yaml": `namespace: bookinfo
resources: [../../base, weightplan.yaml]
patches:
- target: {kind: VirtualService, name: reviews}
  patch: |-
    - op: replace
      path: /spec/http/0/route/0/weight
      value: 50
    - op: replace
      path: /spec/http/0/route/2/weight
      value: 50
`}
}

func TestAFindingAboutAWeightPointsAtTheLineThatSetsIt(t *testing.T) {
	const plan, patch = "overlays/production/weightplan.yaml", "overlays/production/kustomization.yaml"
	for name, c := range map[string]struct{ rule, at string }{
		"a rule about Git's weights":        {`{"route": "primary", "weight": true}`, patch + ":11"},
		"a rule about one destination":      {`{"route": "primary", "weight": d}`, patch + ":8"},
		"one that says where for others":    {`{"route": "primary", "weight": d, "_loc": {"file": target.file, "line": target.line}}`, patch + ":8"},
		"a rule about a route":              {`{"route": route.label}`, plan + ":8"},
		"a rule about another step of it":   {`{"route": route.label, "step": 1}`, plan + ":9"},
		"a rule about what comes after it":  {`{"route": route.label, "step": 2}`, patch + ":11"},
		"a rule that says where":            {`{"route": route.label, "_loc": {"file": target.file, "line": target.line}}`, "base/reviews.yaml:1"},
		"a rule that names no route":        {`{}`, plan + ":1"},
		"weights of a route that is not":    {`{"route": "secondary", "weight": true}`, "base/reviews.yaml:1"},
		"a weight that is only a detail, 7": {`{"weight": 7}`, plan + ":1"},
	} {
		t.Run(name, func(t *testing.T) {
			base, head := patched(c.rule)
			report := checked(t, base, head)
			require.NoError(t, report.Problems.Err())
			require.NotEmpty(t, report.Findings)
			assert.Equal(t, c.at, report.Findings[0].Position.String())
		})
	}
}

// watched renders and notes the weights whose lines were asked for.
type watched struct {
	*kustomize.Renderer
	asked *[]string
}

func (w watched) Render(ctx context.Context, tree fs.FS, folder string) ([]agent.Object, error) {
	objects, err := w.Renderer.Render(ctx, tree, folder)
	for i, o := range objects {
		objects[i].Where = func(path string) rollout.Position {
			if strings.HasSuffix(strings.ToLower(path), "weight") {
				*w.asked = append(*w.asked, path)
			}
			return o.Where(path)
		}
	}
	return objects, err
}

func TestNobodyAsksForLinesThatNoFindingNeeds(t *testing.T) {
	var asked []string
	check := func(base, head map[string]string) agent.CheckReport {
		var sides []agent.Side
		for _, changes := range []map[string]string{base, head} {
			tree := fstest.MapFS{}
			for _, files := range []map[string]string{bookinfo(t), changes} {
				for path, text := range files {
					tree[path] = &fstest.MapFile{Data: []byte(text)}
				}
			}
			sides = append(sides, agent.ReadSide(t.Context(), watched{kustomize.New(), &asked}, agent.Revision{SHA: "x", Tree: tree}, "weir.yaml", []string{"production"}))
		}
		return agent.Check(t.Context(), sides[0], sides[1], noon)
	}
	require.Len(t, check(nil, weights("50", "0", "50")).Rollouts, 1)
	require.Len(t, check(patched(`{}`)).Rollouts, 1)
	assert.Empty(t, asked)
	check(patched(`{"route": "primary", "weight": true}`))
	assert.Equal(t, []string{"spec.http[0].route[2].weight"}, asked)
}

func TestTheAgentPointsAtTheSameLinesAsACheck(t *testing.T) {
	story(t, func(w *world) {
		base, head := patched(`{"route": "primary", "weight": true}`)
		w.git.Commit(base)
		w.pass(10 * time.Minute)
		w.git.Commit(head)
		w.pass(10 * time.Minute)
		require.NotEmpty(t, w.view().Findings)
		assert.Equal(t, "overlays/production/kustomization.yaml:11", w.view().Findings[0].Position.String())
	})
}
