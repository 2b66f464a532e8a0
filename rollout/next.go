package rollout

import "time"

// Next says what to do now. It is pure, and the same rollout, facts and time
// give the same Move. It is an ordered list of named rules: the first that
// answers wins, so what stands above cannot be overruled by what stands below.
func Next(r *Rollout, f Facts, now time.Time) Move {
	s := situate(r, f, now)
	for _, rule := range rules {
		if m, ok := rule.answer(s); ok {
			m.was = s.begun()
			return s.closing(s.heeded(s.watched(s.timed(m))))
		}
	}
	panic("rollout: internal error: no rule answered for " + r.Name.String())
}

// rule is one reason to move or to hold.
type rule struct {
	name   string
	answer func(*situation) (Move, bool)
}

// rules is the order of precedence. It is never changed.
var rules = []rule{
	{"the cluster does not answer", unseen},
	{"the target is another cluster's", elsewhere},
	{"going back", back},
	{"the state cannot be read", damaged},
	{"Git's side is not known", unknown},
	{"somebody stopped the line", stopped},
	{"Git has no such target any more", gone},
	{"another controller applies it", foreign},
	{"nothing is left to do", settled},
	{"the target is new to the cluster", create},
	{"the rollout is suspended or paused", suspended},
	{"the target is new to weir", adopt},
	{"someone edited the weights", drift},
	{"a member of the group is behind", level},
	{"a route was renamed and weighed anew at once", renamed},
	{"Git changed more than weights", reshape},
	{"it went back for good", quiet},
	{"a first install waits for a wish", adoption},
	{"no metric can be asked for", unmetered},
	{"the metrics say nothing", blind},
	{"the target's own pause is over", complete},
	{"the step's pause is not over", pause},
	{"the step's analysis is not over", analysed},
	{"a webhook says no", gated},
	{"the next step", forward},
}

// Needs names the facts that Next would want now beside those that are known, the
// live side, what people asked for and whether the line is stopped: the endpoints
// of every destination that Git, live or stable uses, what they would be with the
// labels that Git has and the state does not, the samples of the current step's
// analysis, and the answers of webhooks. Next gives the same Move when Facts holds
// these and nothing else.
func Needs(r *Rollout, f Facts, now time.Time) []Query {
	var out []Query
	if len(r.Plan.Analyses())+len(r.Plan.Webhooks) > 0 {
		s := situate(r, f, now)
		out = s.queries()
		for _, c := range s.calls() {
			out = append(out, Query{Call: &c})
		}
	}
	seen := map[Destination]bool{}
	add := func(rs Routes) {
		for _, d := range rs.Carrying() {
			if !seen[d] {
				seen[d] = true
				out = append(out, Query{Destination: d})
			}
		}
	}
	for _, t := range r.Targets {
		add(t.Routes)
		if l, ok := f.LiveOf(t.Ref); ok {
			add(l.Routes)
			if l.State != nil {
				add(l.State.Member.Stable)
				add(l.State.Member.Previous)
				add(l.State.Member.Applied)
			}
			if l.State == nil || l.State.Member.Selects != t.Selects() {
				for _, d := range t.Routes.With(l.Routes).all() {
					if labels, ok := t.Subsets[d]; ok {
						out = append(out, Query{Destination: d, Labels: labels})
						if !seen[d] {
							seen[d] = true
							out = append(out, Query{Destination: d})
						}
					}
				}
			}
		}
	}
	return out
}
