package kustomize_test

import (
	"context"
	"io/fs"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/kustomize"
)

// This is the first test of the package to build anything, as its file sorts
// first: kustomize's schema is not read yet, and under -race a Renderer that
// does not read it beforehand fails here.
func TestManyRenderAtOnce(t *testing.T) {
	type overlay struct {
		tree   fs.FS
		folder string
	}
	overlays := []overlay{
		{bookinfo(t), "base"}, {bookinfo(t), "overlays/staging"}, {bookinfo(t), "overlays/production"}, {repository(named), "base"},
	}
	r, results := kustomize.New(), make([][]agent.Object, 64)
	var wg sync.WaitGroup
	for n := range results {
		wg.Go(func() {
			var err error
			o := overlays[n%len(overlays)]
			results[n], err = r.Render(context.Background(), o.tree, o.folder)
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	for n, objects := range results {
		o := overlays[n%len(overlays)]
		require.Equal(t, printed(t, render(t, o.tree, o.folder)), printed(t, objects))
	}
}
