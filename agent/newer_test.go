package agent_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/rollout/istio"
)

// noting is a cluster that notes the labels of v3 in each DestinationRule that is applied.
type noting struct {
	*agenttest.Kube
	mu     sync.Mutex
	labels []string
}

func (n *noting) ApplyOther(ctx context.Context, object map[string]any, adopt ...string) error {
	if spec, _ := object["spec"].(map[string]any); spec["host"] == "reviews" {
		n.mu.Lock()
		n.labels = append(n.labels, labelOf(spec))
		n.mu.Unlock()
	}
	return n.Kube.ApplyOther(ctx, object, adopt...)
}

// labelOf is the version label of v3 in a DestinationRule's spec.
func labelOf(spec map[string]any) string {
	subsets, _ := spec["subsets"].([]any)
	for _, s := range subsets {
		if subset := s.(map[string]any); subset["name"] == "v3" {
			return subset["labels"].(map[string]any)["version"].(string)
		}
	}
	return ""
}

// Another agent knows a newer commit, and applies its DestinationRule first: this one looks
// at Git before it would change that back.
func TestWhatAnotherAgentAppliedOfANewerCommitIsNotChangedBack(t *testing.T) {
	story(t, func(w *world) {
		w.stop()
		synctest.Wait()
		cluster, clone := &noting{Kube: w.kube}, w.git.Clone()
		w.startIn(cluster, clone, clone)
		w.pass(time.Minute)
		w.pod("reviews three", true)
		w.git.Commit(map[string]string{"base/reviews.yaml": strings.Replace(reviewsYAML("100", "0", "0"), "{version: v3}", "{version: three}", 1)})
		cluster.mu.Lock()
		cluster.labels = nil
		cluster.mu.Unlock()
		w.kube.Edit("weir", "DestinationRule", reviews, func(o map[string]any) {
			for _, s := range o["spec"].(map[string]any)["subsets"].([]any) {
				if subset := s.(map[string]any); subset["name"] == "v3" {
					subset["labels"] = map[string]any{"version": "three"}
				}
			}
		})
		w.pass(time.Hour)
		host, _ := istio.Subsets(w.kube.Get("DestinationRule", reviews))
		require.Equal(t, "reviews", host)
		assert.NotContains(t, cluster.labels, "v3", "that is the older commit's: %s", w.log)
		assert.Equal(t, "three", labelOf(w.kube.Get("DestinationRule", reviews)["spec"].(map[string]any)))
	})
}
