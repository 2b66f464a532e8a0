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

func TestNobodyRaisesAWeightWhileItIsNotKnownWhoWroteTheChange(t *testing.T) {
	r := &Rollout{Source: Source{Author: "Dev <dev@example.com>"}.Beside(Source{Author: "Bob <bob@example.com>", Unsure: true})}
	for _, verb := range Verbs() {
		i := Intent{Verb: verb, By: "Ann <ann@example.com>", Reason: "because"}
		if err := Authorise(r, i); i.Raises() {
			assert.ErrorContains(t, err, "who wrote the change is not known yet: it may be Ann <ann@example.com>, and somebody else has to", verb)
		} else {
			assert.NoError(t, err, verb)
		}
		if i.By = "bob@example.com"; i.Raises() {
			assert.ErrorContains(t, Authorise(r, i), "bob@example.com wrote the change", verb)
		}
	}
}
