package simulator

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/kustomize"
)

// CompareRenderers renders what a story begins with, whole and broken, by both.
func CompareRenderers(ctx context.Context, t *testing.T, s Story) {
	real := kustomize.New()
	for broken := range breaks {
		w := s.Begin.clone()
		w.Broken = broken
		tree := fstest.MapFS{}
		for path, content := range w.files() {
			tree[path] = &fstest.MapFile{Data: []byte(content)}
		}
		want, wrong := real.Render(ctx, tree, folder)
		got, err := renderer{}.Render(ctx, tree, folder)
		require.Equal(t, wrong == nil, err == nil, "%v and %v", wrong, err)
		require.ElementsMatch(t, told(want), told(got)) // kustomize has an order of kinds, which nobody minds
	}
}

// told is each object and where it came from.
func told(objects []agent.Object) []string {
	var out []string
	for _, o := range objects {
		out = append(out, o.Origin.File+" "+text(o.Value))
	}
	return out
}
