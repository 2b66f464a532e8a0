package agent

import (
	"fmt"

	"github.com/weir-delivery/weir/rollout"
)

// careful reads what people wrote. A panic in it is a fault of weir's own and becomes a
// problem of the file: an agent that ended would read the same commit in its next life,
// and could not even go back.
func careful(file string, read func() rollout.Problems) (problems rollout.Problems) {
	defer func() {
		if p := recover(); p != nil {
			problems = rollout.Problems{{
				Position: rollout.Position{File: file}, Message: fmt.Sprintf("weir: internal error while this was read: %v", p),
				Hint: "take the commit back, and report it with the file",
			}}
		}
	}()
	return read()
}
