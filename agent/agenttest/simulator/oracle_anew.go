package simulator

import (
	"encoding/json"
	"slices"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/rollout"
)

// lived is what a VirtualService was since it is there: all its splits. A
// deletion that nobody asked for in Git ends nothing.
type lived struct {
	splits   []rollout.Routes
	commits  int      // how many there were when it was seen last
	recorded bool     // the status branch has known it
	keeper   *process // who wrote so, and where
	file     string
}

// lives notes every version of a VirtualService, whoever stored it.
func (o *oracle) lives(s agenttest.Stored) {
	l := o.lived[s.Ref]
	switch {
	case s.After == nil && o.writer != nil:
		delete(o.lived, s.Ref) // what comes after a removal is new
		return
	case s.After == nil || l == nil && o.side(s.After).state == nil:
		return
	case l == nil || s.Before == nil && l.gone(o.w, s.Ref):
		l = &lived{}
	}
	if o.side(s.After).state == nil {
		l.recorded = false // somebody threw away what it stood for
	}
	l.splits, l.commits = append(l.splits, o.side(s.After).routes), len(o.w.commits)
	o.lived[s.Ref] = l
}

// gone tells whether Git was without it since it was seen last.
func (l *lived) gone(w *world, ref rollout.Ref) bool {
	for _, sha := range w.commits[l.commits-1:] {
		if _, there := w.history[sha].target(ref.Name); !there {
			return true
		}
	}
	return false
}

// rebuilt holds that what the status branch knows comes back with a split that
// it had: a rebuilt cluster is not at Git's target at once. Routes that it did not
// have last come as Git has them.
func (o *oracle) rebuilt(v *version) {
	l := o.lived[v.Ref]
	if o.w.rushed || v.Before != nil || l == nil || l.gone(o.w, v.Ref) || !l.recorded {
		return
	}
	for _, r := range v.after.routes {
		_, known := l.splits[len(l.splits)-1].Find(r.Key)
		had := slices.ContainsFunc(l.splits, func(splits rollout.Routes) bool {
			was, ok := splits.Find(r.Key)
			return ok && was.Split.Equal(r.Split)
		})
		if known && !had {
			o.breaks("rebuilt", "%s comes back at %s, where it never was: %s", v.Ref.Name, r.Split, l.splits[len(l.splits)-1])
		}
	}
}

// recalls notes that a status on the branch has splits: whoever comes after
// has to know them. What one agent never saw it does not keep for another: one
// leads.
func (o *oracle) recalls(p *process, file string, data []byte) {
	var status struct{ Live []rollout.Live }
	if err := json.Unmarshal(data, &status); err != nil {
		o.breaks("10", "a status cannot be read: %v", err)
	}
	for _, l := range o.lived {
		if l.file == file && l.keeper != p {
			l.recorded = false
		}
	}
	for _, of := range status.Live {
		if l := o.lived[of.Ref]; l != nil && len(of.Routes) > 0 {
			l.recorded, l.keeper, l.file = true, p, file
		}
	}
}
