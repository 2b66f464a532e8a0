package simulator

import (
	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/rollout"
)

// look is what an agent read of VirtualServices for one rollout: the version of
// each, or nothing where there was none. What is read of them alone, without
// the endpoints behind them, decides nothing.
type look map[rollout.Ref]string

// looks notes what the cache says of a VirtualService.
func (p *process) looks(ref rollout.Ref, version string) {
	if p.looking == nil {
		p.looking = look{}
	}
	p.looking[ref] = version
}

// looked notes that the facts of a rollout are complete: what is decided next
// is decided on them.
func (p *process) looked() {
	for ref, version := range p.looking {
		p.decided[ref] = version
	}
	p.looking = nil
}

// compared holds of section 4 that a write carries the version that it was
// decided for: nobody's change is written over unseen, and nothing that was
// deleted meanwhile comes back. A write that takes effect late was decided in a
// pass that is over.
func (o *oracle) compared(s agenttest.Stored) {
	if o.w.rushed {
		return
	}
	was := resourceVersion(s.Before)
	if saw, ok := o.writer.decided[s.Ref]; !ok || saw != was {
		o.breaks("6", "agent %d writes over version %q of %s (%s), and what it decided on was %q", o.writer.n, was, s.Ref.Name, splitsOf(s.Before), saw)
	}
}

// resourceVersion is an object's resourceVersion; "" for none.
func resourceVersion(o object) string {
	if o == nil {
		return ""
	}
	version, _ := below(o, "metadata")["resourceVersion"].(string)
	return version
}
