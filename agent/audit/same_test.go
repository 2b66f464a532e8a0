package audit

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/weir-delivery/weir/rollout"
)

// A reshape says nothing of routes and labels but by its commit: another's is
// no permission for it. A step says all that it does.
func TestAReshapeForAnotherCommitIsNotTheSame(t *testing.T) {
	for kind, same := range map[rollout.Kind]bool{rollout.Reshape: false, rollout.Create: false, rollout.Forward: true, rollout.Correct: true} {
		e := Entry{ID: "1", Seq: 2, Operation: kind, Revision: "a"}
		o := e
		assert.True(t, e.Same(o))
		o.Revision = "b"
		assert.Equal(t, same, e.Same(o), kind)
	}
}
