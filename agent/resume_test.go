package agent

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/weir-delivery/weir/rollout"
)

// Several rollouts may remember one VirtualService: what was said last of it counts,
// whichever file is read first.
func TestWhatWasSaidLastOfAVirtualServiceCounts(t *testing.T) {
	began := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	said := func(seq int, since time.Time, routes rollout.Routes) rollout.Live {
		return rollout.Live{Routes: routes, State: &rollout.State{Journey: rollout.Journey{ID: "one", Seq: seq, Since: since}}}
	}
	routes := rollout.Routes{{Key: "http:primary", Label: "primary"}}
	stood, removed := said(1, began, routes), said(2, began.Add(time.Minute), nil)
	back, gone := said(2, began, routes), said(3, began.Add(time.Hour), nil)
	told := []rollout.Live{stood, removed, back, gone}
	for i, l := range told {
		for k, was := range told {
			assert.Equal(t, i > k, follows(l, was), "%d after %d", i, k)
		}
	}
}
