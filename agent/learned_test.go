package agent_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// Two agents at once, of which one saw a VirtualService that lived for a moment only:
// what it recorded is not lost by what the other says of its own, so that the
// VirtualService comes back where it was.
func TestWhatAnotherAgentRecordedIsNotLost(t *testing.T) {
	story(t, func(w *world) {
		const at = "status/eu1/production/bookinfo.reviews.json"
		text, ok := w.git.StatusFile(at)
		require.True(t, ok)
		var status agent.Status
		require.NoError(t, json.Unmarshal([]byte(text), &status))
		other := w.git.Clone()
		write := func(s agent.Status) {
			data, err := json.MarshalIndent(s, "", "  ")
			require.NoError(t, err)
			_, _, err = other.Record(t.Context(), agent.Commit{Message: "another agent", Time: time.Now(), Replace: map[string][]byte{at: append(data, '\n')}})
			require.NoError(t, err)
		}
		w.stop()
		seen := status.Live
		status.Live = []rollout.Live{}
		write(status)
		w.kube.Stop("Ann: an incident")
		w.kube.Delete("VirtualService", reviews)
		w.start()
		w.pass(time.Minute)
		require.Equal(t, "gone", w.live(reviews))

		seen[0].State.Journey.Seq += 3
		seen[0].Routes[0].Split = rollout.Split{}
		for i, weight := range []int{60, 0, 40} {
			d := rollout.Destination{Host: "reviews", Subset: []string{"v1", "v2", "v3"}[i]}
			seen[0].Routes[0].Split = append(seen[0].Routes[0].Split, rollout.Weight{Destination: d, Weight: weight})
		}
		status.Live = seen
		write(status)
		w.weigh(0, 0, 100) // and this one has something to say
		w.pass(2 * time.Minute)
		text, _ = w.git.StatusFile(at)
		assert.Contains(t, text, `"weight": 60`, "what it wrote of its own has that in it")
		w.kube.Stop("")
		w.pass(time.Minute)
		assert.Contains(t, w.git.StatusLog(), "production/bookinfo/reviews: create to v1 60 · v2 0 · v3 40")
	})
}
