package agent_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/kustomize"
)

// kustomize passes over a file that no kustomization names: whoever forgets that line is
// told, and only then.
func TestAPlanThatNoOverlayReadsIsSaid(t *testing.T) {
	plan := planYAML("{setWeight: 50}, {setWeight: 100}")
	kustomization := "resources: [plan.yaml]\n"
	for name, c := range map[string]struct {
		change map[string]string
		at     string
	}{
		"beside the base":                          {map[string]string{"base/plan.yaml": plan}, "base/plan.yaml:2"},
		"as the second document":                   {map[string]string{"base/more.yml": "kind: Sidecar\n---\n" + plan}, "base/more.yml:4"},
		"in an overlay that came":                  {map[string]string{"overlays/new/plan.yaml": plan, "overlays/new/kustomization.yaml": ""}, "overlays/new/plan.yaml:2"},
		"and is named":                             {map[string]string{"base/plan.yaml": plan, "base/kustomization.yaml": bookinfo(t)["base/kustomization.yaml"] + "\n- plan.yaml\n"}, ""},
		"in a folder that is nobody's":             {map[string]string{"node_modules/x/plan.yaml": plan}, ""},
		"in an overlay that nobody lists":          {map[string]string{"elsewhere/plan.yaml": plan, "elsewhere/kustomization.yaml": kustomization}, "elsewhere/plan.yaml:2"},
		"another kind":                             {map[string]string{"base/plan.yaml": "kind: WeightPlanned\n"}, ""},
		"no YAML":                                  {map[string]string{"base/plan.md": plan}, ""},
		"while nobody knows what an overlay reads": {map[string]string{"base/plan.yaml": plan, "overlays/production/kustomization.yaml": "helmCharts: []\n"}, ""},
	} {
		base, head := fstest.MapFS{}, fstest.MapFS{}
		nothing := agent.Revision{Tree: agent.Base()}
		for path, text := range bookinfo(t) {
			base[path], head[path] = &fstest.MapFile{Data: []byte(text)}, &fstest.MapFile{Data: []byte(text)}
		}
		for path, text := range c.change {
			head[path] = &fstest.MapFile{Data: []byte(text)}
		}
		found := agent.Unused(kustomize.New(), agent.Revision{Tree: base}, agent.Revision{Tree: head}, "weir.yaml")
		first := agent.Unused(kustomize.New(), nothing, agent.Revision{Tree: head}, "weir.yaml")
		assert.Equal(t, found, first, name+", at first")
		if c.at == "" {
			assert.Empty(t, found, name)
			continue
		}
		if assert.Len(t, found, 1, name) {
			assert.Equal(t, c.at, found[0].Position.String(), name)
		}
	}
}
