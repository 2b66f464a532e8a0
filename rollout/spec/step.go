package spec

import (
	"go.yaml.in/yaml/v3"

	"github.com/weir-delivery/weir/rollout"
)

// steps reads the steps, whose weights must rise.
func steps(v value) []rollout.Step {
	if n := len(v.node.Content); n > rollout.MaxSteps {
		v.bad("use fewer and larger steps", "has %d steps, and at most %d are allowed", n, rollout.MaxSteps)
		return nil
	}
	var out []rollout.Step
	last, lastAt := 0, ""
	v.list(func(v value) {
		var s rollout.Step
		v.object(fields{
			"setWeight": func(v value) {
				s.SetWeight = v.number(1, 100)
				if s.SetWeight == 0 {
					return
				}
				rises(v, s.SetWeight, last, lastAt)
				last, lastAt = s.SetWeight, v.path
			},
			"pause":    func(v value) { s.Pause = pause(v) },
			"windows":  func(v value) { s.Windows = windows(v) },
			"analysis": func(v value) { s.Analysis = analysis(v) },
		}, "setWeight")
		out = append(out, s)
	}, "write at least one step, as in {setWeight: 100}")
	return out
}

func rises(v value, weight, last int, lastAt string) {
	const hint = "each step must set a higher weight than the one before it; to take traffic back, revert the change in Git"
	switch {
	case weight < last:
		v.bad(hint, "goes down to %d from %d of %s", weight, last, lastAt)
	case weight == last:
		v.bad(hint, "is %d, the same as %s", weight, lastAt)
	}
}

// pause reads {duration: 10m}, or {} for until approved.
func pause(v value) *rollout.Pause {
	if v.node.Kind != yaml.MappingNode {
		v.bad("write pause: {duration: 10m}, or pause: {} to wait for approval", "must be an object, not %s", v.kind())
		return nil
	}
	p := &rollout.Pause{UntilApproved: len(v.node.Content) == 0}
	v.object(fields{"duration": func(v value) {
		p.Duration = v.durationOr(1, "write it as 45s, 10m or 1h30m; for none leave the whole pause out, as pause: {} waits for approval")
	}})
	return p
}
