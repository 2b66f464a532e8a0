package rollout

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// What weir may not move it holds, and says why: these are the rules that no
// story of the simulator can do without noticing.
func TestWhatWeirMayNotMoveItHolds(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*Facts)
		code  Code
	}{
		"the cluster does not answer":       {func(f *Facts) { f.Seen = false }, ClusterUnknown},
		"it is another cluster's":           {func(f *Facts) { f.Live[0].State.Cluster = "elsewhere" }, OtherCluster},
		"its state cannot be read":          {func(f *Facts) { f.Live[0].State, f.Live[0].Damaged = nil, "no JSON" }, Damaged},
		"somebody stopped the line":         {func(f *Facts) { f.Stopped = "ann: incident" }, Stopped},
		"another controller applies it now": {func(f *Facts) { f.Live[0].State, f.Live[0].Appliers = nil, []string{"flux"} }, Foreign},
	} {
		t.Run(name, func(t *testing.T) {
			r, f := wish()
			state := *f.Live[0].State
			f.Live[0].State = &state
			c.spoil(&f)
			m := Next(r, f, noon)
			assert.Equal(t, Hold, m.Kind)
			assert.Equal(t, c.code, m.Reason.Code, m.Reason)
			assert.Empty(t, m.Changes)
		})
	}
}
