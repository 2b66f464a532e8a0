package simulator

import (
	"encoding/json"
	"fmt"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// version is one version of a VirtualService that an agent stored, read for
// the oracle.
type version struct {
	agenttest.Stored
	by            *process
	knew          string // the last good commit that it had as it asked
	before, after side
	// entry is the decision that the annotation names, if it is known.
	entry *entry
	// posted tells that it stands in the outbox of this very version.
	posted bool
}

// side is a version before or after.
type side struct {
	routes rollout.Routes
	state  *rollout.State
}

// version reads what was stored.
func (o *oracle) version(s agenttest.Stored) *version {
	v := &version{Stored: s, by: o.writer, knew: o.knew, before: o.side(s.Before), after: o.side(s.After)}
	if v.after.state == nil {
		o.breaks("state", "agent %d wrote %s without a state that can be read", v.by.n, s.Ref.Name)
		return nil
	}
	digest := v.after.state.Journey.Entry
	for _, r := range v.after.state.Outbox {
		if known, had := o.posted[r.Path]; had && known != string(r.Data) {
			o.breaks("10", "the record %s changed in the outbox", r.Path)
		}
		if rollout.DigestBytes(r.Data) == digest {
			v.posted = true
		}
		o.waits(r)
	}
	v.entry = o.entries[digest]
	return v
}

// side reads a version that is stored, once: who looks at it changes nothing.
func (o *oracle) side(stored object) side {
	if stored == nil {
		return side{}
	}
	at := versionOf(stored)
	s, ok := o.sides[at]
	if !ok {
		s = sideOf(stored)
		o.sides[at] = s
	}
	return s
}

// wanted is the routes of a target as a commit has them.
func (o *oracle) wanted(sha string, target int) rollout.Routes {
	at := fmt.Sprint(sha, " ", target)
	routes, ok := o.wants[at]
	if !ok {
		routes = sideOf(whole(o.w.history[sha].Targets[target].service(false)).(object)).routes
		o.wants[at] = routes
	}
	return routes
}

func sideOf(o object) side {
	if o == nil {
		return side{}
	}
	routes, _ := istio.Read(o, istio.All)
	return side{routes, stateOf(o)}
}

// stateOf reads our annotation; nil where there is none that can be read.
func stateOf(o object) *rollout.State {
	text, ok := below(o, "metadata", "annotations")[annotation].(string)
	if !ok {
		return nil
	}
	var state rollout.State
	if json.Unmarshal([]byte(text), &state) != nil || state.Cluster == "" {
		return nil
	}
	return &state
}

// stateLine is a state in a few words.
func stateLine(o object) string {
	if o == nil {
		return ""
	}
	s := stateOf(o)
	if s == nil {
		return "(no state)"
	}
	return fmt.Sprintf("(journey %s seq %d step %d %s, stable %s, outbox %d)", s.Journey.ID, s.Journey.Seq, s.Journey.Step+1, s.Journey.Phase, s.Member.Stable, len(s.Outbox))
}

// reweighed are the routes whose shares changed with this version, and those
// that it brought.
func (v *version) reweighed() []routeMove {
	var out []routeMove
	for _, r := range v.after.routes {
		was, had := v.before.routes.Find(r.Key)
		if had && was.Split.Equal(r.Split) {
			continue
		}
		out = append(out, routeMove{r.Key, was.Split, r.Split, had})
	}
	return out
}

// routeMove is one route before and after.
type routeMove struct {
	key      string
	from, to rollout.Split
	had      bool
}

// risen are the destinations whose share of the route went up.
func (c routeMove) risen() []rollout.Destination {
	var out []rollout.Destination
	for _, w := range c.to {
		if share(c.to, w.Destination) > share(c.from, w.Destination)+1e-9 {
			out = append(out, w.Destination)
		}
	}
	return out
}

// share is a destination's part of the traffic, from 0 to 1.
func share(s rollout.Split, d rollout.Destination) float64 {
	total := s.Total()
	if total == 0 {
		return 0
	}
	return float64(s.Of(d)) / float64(total)
}
