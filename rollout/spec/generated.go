package spec

import (
	"slices"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// generated stands for a list of steps, in the words that Flagger's users know:
// stepWeight more at each until maxWeight, interval between them, and then all.
type generated struct {
	step, most int
	interval   time.Duration
}

// fields are the document's, which read the steps that it lists too.
func (g *generated) fields(p *rollout.Plan) fields {
	g.most = 100
	return fields{
		"steps":      func(v value) { p.Steps = steps(v) },
		"stepWeight": func(v value) { g.step = v.number(1, 100) },
		"maxWeight":  func(v value) { g.most = v.number(1, 100) },
		"interval":   func(v value) { g.interval = v.duration(1) },
	}
}

// into gives the plan the steps of the object v, unless it lists them.
func (g *generated) into(v value, p *rollout.Plan) {
	const either = "list steps, or give stepWeight and interval, not both"
	words := []string{"stepWeight", "maxWeight", "interval"}
	switch {
	case v.has("steps"):
		for _, name := range words {
			if v.has(name) {
				v.at(name).bad(either, "stands beside steps")
			}
		}
	case !slices.ContainsFunc(words, v.has):
		v.bad("add steps, or stepWeight and interval", "has no steps")
	case !v.has("stepWeight"):
		v.bad("add stepWeight", "has no stepWeight for its generated steps")
	case !v.has("interval"):
		v.bad("add interval", "has no interval between its generated steps")
	case g.step > g.most && g.step > 0 && g.most > 0:
		v.at("stepWeight").bad("give it at most maxWeight", "is %d, more than maxWeight, which is %d", g.step, g.most)
	case g.step > 0 && g.most > 0:
		p.Steps = g.list()
	}
}

// list writes the steps out.
func (g *generated) list() []rollout.Step {
	var out []rollout.Step
	for at := g.step; ; at += g.step {
		at = min(at, g.most)
		s := rollout.Step{SetWeight: at}
		if at < 100 {
			s.Pause = &rollout.Pause{Duration: g.interval}
		}
		if out = append(out, s); at == g.most {
			break
		}
	}
	if g.most < 100 {
		out = append(out, rollout.Step{SetWeight: 100})
	}
	return out
}
