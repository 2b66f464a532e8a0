package agenttest

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// GatesWorld is gates in other hands.
type GatesWorld interface {
	// At is the URL of a gate.
	At(name string) string
	// Say has it answer with the status and the text from now on, and with nothing
	// where the status is 0.
	Say(name string, status int, text string)
	// Asked are all questions so far, the oldest first, as far as a gate sees them.
	Asked() []rollout.Call
}

// TestWebhooks holds agent.Webhooks to its promises.
func TestWebhooks(t *testing.T, webhooks agent.Webhooks, world GatesWorld) {
	t.Helper()
	call := rollout.Call{
		Webhook: rollout.Webhook{Name: "gate", Type: rollout.ConfirmRollout, Metadata: map[string]string{"team": "shop"}},
		Rollout: rollout.Name{Namespace: "bookinfo", Plan: "reviews"}, Phase: rollout.Progressing, Journey: "0123456789ab",
	}
	call.URL = world.At("gate") + "?token=hunter2"
	ask := func(ctx context.Context) (bool, string, error) {
		ctx, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		defer cancel()
		return webhooks.Ask(ctx, call)
	}
	for _, status := range []int{http.StatusOK, http.StatusNoContent, 299} {
		world.Say("gate", status, "")
		yes, _, err := ask(t.Context())
		require.NoError(t, err)
		assert.True(t, yes, status)
	}
	for name, c := range map[string]struct {
		status    int
		text, why string
	}{
		"closed":       {http.StatusForbidden, "Forbidden", "403 Forbidden: Forbidden"},
		"broken":       {http.StatusInternalServerError, "a\nb\x1b[31m", "500 Internal Server Error: a b"},
		"elsewhere":    {http.StatusFound, "", "302 Found"},
		"long answers": {http.StatusTeapot, strings.Repeat("x", 1<<20), "418 I'm a teapot: xxx"},
	} {
		world.Say("gate", c.status, c.text)
		yes, why, err := ask(t.Context())
		require.NoError(t, err, name)
		assert.False(t, yes, name)
		assert.True(t, strings.HasPrefix(why, c.why), "%s: %q", name, why)
		assert.Less(t, len(why), 300, name)
		assert.NotContains(t, why, "\n", name)
	}
	asked := world.Asked()
	require.Len(t, asked, 7, "each was asked once, and nobody was sent elsewhere")
	is := asked[0]
	assert.Equal(t, []any{"bookinfo", "reviews", rollout.Progressing, call.Journey, call.Metadata},
		[]any{is.Rollout.Namespace, is.Rollout.Plan, is.Phase, is.Journey, is.Metadata})

	world.Say("gate", 0, "")
	_, _, err := ask(t.Context())
	require.ErrorContains(t, err, "no answer in time")
	assert.NotContains(t, err.Error(), "hunter2")
	ended, end := context.WithCancel(t.Context())
	end()
	world.Say("gate", http.StatusOK, "")
	_, _, err = ask(ended)
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "hunter2")
}
