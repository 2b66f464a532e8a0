package rollout

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Who asks on the cluster is not known, so that lets nothing go forward; by a commit
// each verb is somebody's.
func TestOnTheClusterOneCanHoldAndGoBackAlone(t *testing.T) {
	r := &Rollout{Source: Source{Author: "Dev <dev@example.com>"}}
	for verb, now := range map[Verb]bool{
		ToPause: true, ToResume: true, ToAbort: true,
		ToApprove: false, ToPromote: false, ToOverride: false, ToRetry: false,
	} {
		i := Intent{Verb: verb, By: "Ann <ann@example.com>", Reason: "because"}
		assert.NoError(t, Authorise(r, i), verb)
		i.Now = true
		if now {
			assert.NoError(t, Authorise(r, i), verb)
		} else {
			assert.ErrorContains(t, Authorise(r, i), "is a commit: on the cluster one can only pause, resume and abort", verb)
		}
	}
	assert.Len(t, Verbs(), 7)
}
