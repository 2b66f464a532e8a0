package rollout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// RouteID says of one route what the journey's identity holds: its shares.
type routeID struct {
	Ref    Ref    `json:"ref"`
	Route  string `json:"route"`
	Stable string `json:"stable"`
	Target string `json:"target"`
}

// identity is the journey's id: a digest of cluster, environment, targets,
// stable and target shares, the resolved plan, the attempt, and the journeys
// before it. Commits, approvals and drift are not in it, nor is suspend, which
// holds a journey without making another.
func (s *situation) identity(before []ID, attempt int) ID {
	plan := s.r.Plan
	plan.Suspend = false
	routes := make([]routeID, 0, len(s.members))
	for _, m := range s.members {
		for _, t := range m.target.Routes.Moving() {
			routes = append(routes, routeID{m.target.Ref, t.Key, shares(m.stableOf(t)), shares(t.Split)})
		}
	}
	digest := DigestOf(struct {
		Cluster, Environment string
		Routes               []routeID
		Plan                 Plan
		Attempt              int
		Before               []ID
	}{s.r.Source.Cluster, s.r.Name.Environment, routes, plan, attempt, before})
	return ID(digest.Short())
}

// shares writes a split so that equal splits read the same: reduced, ordered,
// without the destinations that get nothing.
func shares(s Split) string {
	divisor := 0
	for _, w := range s {
		divisor = gcd(divisor, s.effective(w))
	}
	var parts []string
	for _, w := range s {
		if e := s.effective(w); e > 0 {
			parts = append(parts, fmt.Sprintf("%s/%s:%d=%d", w.Host, w.Subset, w.Port, e/divisor))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// after is the sequence number of the journey's next allowed move.
func (s *situation) after(j Journey) int { return max(j.Seq, s.f.Taken[j.ID]) + 1 }

// begun is when the journey's step began. A time in the future, from a clock
// that was wrong, counts as now.
func (j Journey) entered(now time.Time) time.Time {
	if j.Since.After(now) {
		return now
	}
	return j.Since
}

// Memory is what a group remembers: the journey of its most advanced member;
// false while none of them carries any.
func Memory(group []Ref, live []Live) (Journey, bool) {
	var out Journey
	found := false
	for _, ref := range group {
		l, ok := find(live, ref)
		if ok && l.State != nil && (!found || l.State.Journey.After(out)) {
			out, found = l.State.Journey, true
		}
	}
	return out, found
}

// Remembered is what the group of a rollout remembers. A member that is not
// there, or that lost our annotation, counts as it was recorded last: where
// nobody else remembers anything, or where it was further on the way of all.
func Remembered(r *Rollout, f Facts) (Journey, bool) {
	j, ok := Memory(r.Refs(), f.Live)
	if !ok {
		return Memory(r.Refs(), f.Recorded)
	}
	if lost, had := Memory(r.Refs(), f.stood()); had && lost.ID == j.ID && lost.Seq > j.Seq {
		return lost, true
	}
	return j, true
}

// stood are the records of what was not removed.
func (f Facts) stood() []Live {
	return slices.DeleteFunc(slices.Clone(f.Recorded), func(l Live) bool { return l.Removed() })
}

// After tells whether the journey came after the other: it names that one, it is
// further on the same way, or it began later.
func (j Journey) After(o Journey) bool {
	switch {
	case j.ID == o.ID:
		return cmp.Or(cmp.Compare(j.Seq, o.Seq), j.Since.Compare(o.Since)) > 0
	case slices.Contains(j.Before, o.ID):
		return true
	case slices.Contains(o.Before, j.ID):
		return false
	}
	return j.Since.After(o.Since)
}
