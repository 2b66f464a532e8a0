package simulator

import (
	"bytes"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/rollout"
)

// process is one agent's place: the agent that runs there now, if any, what it
// has of the world, and its clock.
type process struct {
	w     *world
	n     int
	agent *agent.Agent
	cache *agenttest.KubeCache
	clone *agenttest.GitClone
	skew  time.Duration
	leapt time.Time // when its clock jumped last
	wake  time.Time
	life  int

	filled bool // its caches are

	busy   bool // in a step, which may be waiting for a call
	doomed bool // to die at its next call

	// What the oracle knows of it.
	fetched  string    // the commit that it fetched last
	asked    time.Time // when it asked for it
	known    string    // the last good one of these
	resumed  bool      // it has read what its earlier life left on the status branch
	reread   bool      // in this pass
	accepted string    // what was accepted, as that said
	begun    bool      // and has looked at Git since
	trust    int       // whose policies it has in force
	began    time.Time // when its pass began
	hurt     bool      // something struck in this pass
	cut      bool      // Git did not answer in this pass
	heard    string    // the commit of the last pass in which all went well
	listened time.Time // when it read the branch of the approvals last
	deaf     bool      // it could not read who wrote what when it looked at Git last
	stopped  string    // who stopped the line, as it heard last
	seen     map[rollout.Destination]rollout.Readiness
	looking  look // what it read for the rollout that it looks at
	decided  look // what it decided on in this pass
}

// death is what a dying process panics with.
type death struct{ *process }

// interval is how often agents ask Git.
const interval = time.Minute

// start makes a new agent from nothing.
func (p *process) start() {
	w := p.w
	if p.agent != nil {
		return
	}
	p.life++
	p.cache, p.clone = w.kube.Cache(), w.git.Clone()
	p.fetched, p.known, p.heard, p.deaf, p.resumed, p.begun, p.doomed, p.wake = "", "", "", false, false, false, false, w.now
	p.listened = time.Time{}
	p.filled = false
	if w.apiAway {
		p.cache.Freeze(kinds...)
	}
	a, err := agent.New(agent.Options{
		Cluster: cluster, Environments: []string{environment}, Delivery: delivery, StatusBranch: "weir-status",
		Interval: interval, Version: "v0", Policies: w.load,
		Metrics: metrics{p}, Webhooks: webhooks{p}, Clock: func() time.Time { return w.now.Add(p.skew) },
	}, source{p}, renderer{}, caller{p, p.cache}, journal{p}, nil, slog.New(slog.NewTextHandler(diary{p}, nil)))
	if err != nil {
		panic(fmt.Sprintf("simulator: internal error: %v", err))
	}
	p.agent = a
	w.say("agent %d starts", p.n)
}

// kinds are what a cache can fall behind with.
var kinds = []string{"VirtualService", "DestinationRule", "Pod", "Service", "Namespace"}

// step is one step of the agent's loop.
func (p *process) step() {
	w := p.w
	p.busy, p.hurt, p.cut, p.reread, p.seen = true, false, false, false, map[rollout.Destination]rollout.Readiness{}
	p.looking, p.decided = nil, look{}
	defer func() {
		p.busy = false
		switch died := recover().(type) {
		case nil:
		case death:
			p.bury()
		default:
			w.oracle.breaks("panic", "the agent panicked: %v\n%s", died, debug.Stack())
			p.bury()
		}
	}()
	began := w.now
	p.began = began
	now := began.Add(p.skew)
	turns, next := p.agent.Step(w.ctx, now)
	p.wake = began.Add(max(next.Sub(now), time.Millisecond))
	if p.doomed {
		panic(death{p})
	}
	w.steps++
	w.turns += len(turns)
	if decided := len(w.oracle.entries); w.steps > maxSteps || w.turns > maxTurns || decided > maxDecisions {
		w.oracle.breaks("liveness", "the agents never come to rest: %d steps, %d turns, %d decisions, and %s", w.steps, w.turns, decided, w.oracle.settled())
	}
	w.oracle.passed(p, turns)
}

// These bound a story: of 3,000 none had more than 1,308 turns and 37 decisions.
const (
	maxSteps     = 20_000
	maxTurns     = 4000
	maxDecisions = 150
)

// die ends the process where it stands: at once, or at the call that it waits for.
func (p *process) die() {
	if p.busy {
		p.doomed = true
		return
	}
	p.bury()
}

// bury clears up after a death; a new agent starts a little later.
func (p *process) bury() {
	if p.agent == nil {
		return
	}
	p.w.say("agent %d dies", p.n)
	p.cache.Close()
	p.agent, p.doomed = nil, false
	p.w.at(p.w.now.Add(5*time.Second), p.start)
}

// diary is the agent's log, in which no secret may stand.
type diary struct{ *process }

func (d diary) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(secret)) {
		d.w.oracle.breaks("8", "the log says a secret: %s", line)
	}
	if d.w.trace != nil {
		d.w.say("agent %d %s", d.n, bytes.TrimSpace(line[bytes.IndexByte(line, ' ')+1:]))
	}
	return len(line), nil
}
