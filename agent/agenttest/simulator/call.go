package simulator

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
)

// The faults that can befall a call.
const (
	Slow      Kind = "slow"      // it takes A seconds, before or after its effect
	Lost      Kind = "lost"      // it, or its answer, is lost
	Late      Kind = "late"      // the answer is lost, and the effect comes A seconds later, with the line stopped perhaps
	Twice     Kind = "twice"     // it takes effect twice
	Conflict  Kind = "conflict"  // 409
	Throttled Kind = "throttled" // 429
	Failed    Kind = "failed"    // 5xx
	Forbidden Kind = "forbidden" // 403
	Dies      Kind = "dies"      // the process does
)

// faults lists them.
var faults = []Kind{Slow, Lost, Late, Twice, Conflict, Throttled, Failed, Forbidden, Dies}

func (k Kind) fault() bool { return slices.Contains(faults, k) }

// severs tells whether the fault is no more than Git that does not answer.
func (k Kind) severs(op Op) bool {
	git := slices.Contains([]Op{OpFetch, OpBranch, OpOpen, OpAuthors, OpJournal, OpRecord}, op)
	return git && (slices.Contains([]Kind{Lost, Conflict, Throttled, Failed, Forbidden}, k) || k == Late && op != OpRecord)
}

// What the other side answers.
var (
	errAway      = errors.New("dial tcp 10.0.0.1:443: connect: connection refused")
	errLost      = errors.New("read: connection reset by peer")
	errThrottled = errors.New("the server has received too many requests, please try again later (429)")
	errFailed    = errors.New("an internal error has occurred (500)")
	errForbidden = errors.New("it is forbidden (403)")
)

// call is one call of the agent: what strikes there strikes, and it takes
// effect or not. effect is told whether its answer will be heard.
func (p *process) call(op Op, effect func(heard bool) error) error {
	w := p.w
	p.alive()
	e, ok := p.struckAt(op)
	if !ok {
		return p.through(op, effect)
	}
	if e.Kind.severs(op) {
		p.cut, p.deaf = true, p.deaf || op == OpAuthors || op == OpBranch
	} else {
		p.hurt = true
	}
	if !e.Kind.fault() { // something else happens in the middle of the pass
		w.struck["in a pass"]++
		if !e.After {
			w.strike(e)
			p.alive()
			return p.through(op, effect)
		}
		err := p.through(op, effect)
		w.strike(e)
		p.alive()
		return err
	}
	if op == OpRead && e.Kind != Dies && e.Kind != Slow {
		return p.through(op, effect) // reading what is in memory does not fail
	}
	w.say("    agent %d: %s strikes its %s", p.n, e.Kind, op)
	w.struck[at(e.Kind, op, e.After && op != OpRead)]++
	return p.befallen(e, op, effect)
}

// befallen is a call that a fault strikes.
func (p *process) befallen(e Event, op Op, effect func(heard bool) error) error {
	w := p.w
	wait := time.Duration(1+e.A) * time.Second
	switch e.Kind {
	case Slow:
		if !e.After {
			w.advance(w.now.Add(wait))
			p.alive()
			return p.through(op, effect)
		}
		err := p.through(op, effect)
		w.advance(w.now.Add(wait))
		p.alive()
		return err
	case Lost:
		if e.After {
			_ = p.through(op, func(bool) error { return effect(false) })
		}
		return errLost
	case Late:
		if op != OpApply && op != OpRecord && op != OpSupport && op != OpRemove {
			return errLost
		}
		tip := len(w.git.StatusLog())
		w.at(w.now.Add(wait), func() {
			if op == OpRecord && len(w.git.StatusLog()) != tip {
				return // it found another tip, as pushes are refused then
			}
			w.oracle.writer, w.rushed = p, true
			_ = p.through(op, func(bool) error { return effect(false) })
			w.oracle.writer, w.rushed = nil, false
		})
		if e.B%2 == 0 {
			w.strike(Event{Kind: "stop", A: e.A})
		}
		return errLost
	case Twice:
		_ = p.through(op, func(bool) error { return effect(false) })
		return p.through(op, effect)
	case Dies:
		if e.After {
			_ = p.through(op, func(bool) error { return effect(false) })
		}
		panic(death{p})
	case Conflict:
		if op == OpApply || op == OpRemove || op == OpSupport {
			return agent.ErrConflict
		}
		return errFailed
	case Throttled:
		return errThrottled
	case Forbidden:
		return errForbidden
	}
	return errFailed
}

// through lets the call reach the other side, if it is there.
func (p *process) through(op Op, effect func(heard bool) error) error {
	w := p.w
	switch op {
	case OpFetch, OpBranch, OpOpen, OpAuthors, OpJournal, OpRecord:
		if w.gitAway {
			p.cut, p.deaf = true, p.deaf || op == OpAuthors || op == OpBranch
			return errAway
		}
	case OpSynced:
		if w.apiAway {
			p.hurt = true
			return errAway
		}
	}
	took := takes[op]
	w.pause(p, took/2)
	was := w.oracle.writer
	w.oracle.writer = p
	err := effect(true)
	w.oracle.writer = was
	w.pause(p, took/2)
	if err != nil {
		p.hurt = p.hurt || errors.Is(err, agenttest.ErrClusterAway)
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// takes is how long calls take when nothing is wrong.
var takes = map[Op]time.Duration{
	OpFetch: 100 * time.Millisecond, OpBranch: 100 * time.Millisecond, OpOpen: 100 * time.Millisecond, OpAuthors: 20 * time.Millisecond, OpJournal: 100 * time.Millisecond,
	OpRecord: 300 * time.Millisecond, OpApply: 20 * time.Millisecond, OpSupport: 20 * time.Millisecond, OpRemove: 20 * time.Millisecond,
}

// pause lets time pass in the middle of a call.
func (w *world) pause(p *process, d time.Duration) {
	if d > 0 && !w.rushed {
		w.advance(w.now.Add(d))
		p.alive()
	}
}

// alive panics if the process was killed while it waited.
func (p *process) alive() {
	if p.doomed {
		panic(death{p})
	}
}

// struckAt takes the armed event that strikes at this call.
func (p *process) struckAt(op Op) (Event, bool) {
	w := p.w
	for i := range w.armed {
		e := &w.armed[i]
		if e.Agent != p.n || e.On != op && (e.On != Any || op == OpRead) {
			continue
		}
		if e.Skip > 0 {
			e.Skip--
			continue
		}
		struck := *e
		w.armed = slices.Delete(w.armed, i, i+1)
		return struck, true
	}
	return Event{}, false
}
