package simulator

import (
	"encoding/json"
	"time"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/rollout"
)

// fate is what became of a decision: by the API server, which knows, and by the
// status branch, which has to say the same.
type fate struct {
	carried bool         // a version was stored that names it
	said    audit.Result // its outcome on the branch
	lost    bool         // the version that named it was thrown away, by a person or with its cluster
}

// fateOf is a decision's, to be changed.
func (o *oracle) fateOf(digest rollout.Digest) *fate {
	if o.fates[digest] == nil {
		o.fates[digest] = &fate{}
	}
	return o.fates[digest]
}

// forgets notes that the cluster was thrown away: of what was applied there and
// not told yet, nobody can know.
func (o *oracle) forgets() {
	for _, f := range o.fates {
		f.lost = f.lost || f.carried && f.said == ""
	}
}

// carries notes that a version names its decision: it was applied.
func (o *oracle) carries(v *version) {
	if v.entry == nil {
		return
	}
	f := o.fateOf(v.after.state.Journey.Entry)
	f.carried = true
	if f.said != "" && f.said != audit.Applied && !f.lost {
		o.breaks("10", "%s takes decision %q, which the status branch calls %s", v.Ref.Name, v.after.state.Journey.Entry, f.said)
	}
}

// told reads an outcome: what was applied is called so, and nothing else is. A
// removal leaves nothing that could name it, and what a person threw away
// nobody can know. Who gives up a write after two minutes counts them by a clock
// that does not jump, which a story's agents do not have.
func (o *oracle) told(p *process, path string, data []byte) {
	var said audit.Outcome
	if err := json.Unmarshal(data, &said); err != nil {
		o.breaks("10", "%s cannot be read: %v", path, err)
		return
	}
	f, e := o.fateOf(said.Decision), o.entries[said.Decision]
	f.said = said.Result
	f.lost = f.lost || !p.leapt.IsZero() && o.w.now.Sub(p.leapt) < 3*time.Minute
	switch {
	case f.lost || e == nil || e.Operation == rollout.Remove:
	case f.carried && said.Result != audit.Applied:
		o.breaks("10", "%s says %s (%s), and the API server stored it", path, said.Result, said.Why)
	case !f.carried && said.Result == audit.Applied:
		o.breaks("10", "%s says applied, and the API server never stored it", path)
	}
}
