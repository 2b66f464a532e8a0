package simulator

import (
	"slices"
	"strings"
)

// commits is what developers do to the watched branch.
func commits() map[Kind]deed {
	return map[Kind]deed{
		"weights": change(func(w *wish, e Event) bool {
			t := &w.Targets[e.A%len(w.Targets)]
			r := &t.Routes[e.C%len(t.Routes)]
			r.Weights = weights(len(r.Weights), e.B)
			return !t.Absent
		}),
		"steps": change(func(w *wish, e Event) bool {
			p, ok := plan(w, e)
			if !ok {
				w.Default = e.B % len(stepLists)
				return true
			}
			p.Steps = e.B % len(stepLists)
			return true
		}),
		"total": change(func(w *wish, e Event) bool {
			p, ok := plan(w, e)
			if ok {
				p.Total = []int{0, 100, 1000, 10000}[e.B%4]
			}
			return ok
		}),
		"deadline": change(func(w *wish, e Event) bool {
			p, ok := plan(w, e)
			if ok {
				p.Deadline = []int{0, 300, 3600}[e.B%3]
			}
			return ok
		}),
		"group": change(func(w *wish, e Event) bool { // a plan takes in another target, or lets one go
			p, ok := plan(w, e)
			if !ok || p.Absent {
				return false
			}
			i := e.B % len(w.Targets)
			if n := slices.Index(p.Targets, i); n >= 0 && len(p.Targets) > 1 {
				p.Targets = slices.Delete(p.Targets, n, n+1)
				return w.sound()
			}
			for n := range w.Plans {
				if o := &w.Plans[n]; o != p && slices.Contains(o.Targets, i) && (!o.Absent && len(o.Targets) == 1) {
					o.Absent = true
				}
			}
			p.Targets = append(p.Targets, i)
			return w.sound()
		}),
		"plan": change(func(w *wish, e Event) bool {
			p, ok := plan(w, e)
			if ok {
				p.Absent = !p.Absent
			}
			return ok
		}),
		"target": change(func(w *wish, e Event) bool { // removed, or there again
			i := e.A % len(w.Targets)
			w.Targets[i].Absent = !w.Targets[i].Absent
			for n := range w.Plans {
				if slices.Contains(w.Plans[n].Targets, i) {
					w.Plans[n].Absent = w.Targets[i].Absent
				}
			}
			return true
		}),
		"rename": change(func(w *wish, e Event) bool {
			t := &w.Targets[e.A%len(w.Targets)]
			t.Name = t.Host + []string{"", "-b", "-c"}[e.B%3]
			return !t.Absent
		}),
		"route": change(func(w *wish, e Event) bool { // renamed, or matching otherwise
			t := &w.Targets[e.A%len(w.Targets)]
			r := &t.Routes[e.C%len(t.Routes)]
			if r.Protocol == "http" && e.B%2 == 0 {
				r.Name = []string{"primary", "main", "beta"}[e.B/2%3]
			} else {
				r.Match = e.B % 4
			}
			if e.B%5 == 0 {
				r.Weights = weights(len(r.Weights), e.B)
			}
			return !t.Absent && distinct(t.Routes)
		}),
		"extra": change(func(w *wish, e Event) bool {
			t := &w.Targets[e.A%len(w.Targets)]
			t.Extra = e.B % 4
			if e.C%2 == 0 {
				r := &t.Routes[e.C%len(t.Routes)]
				r.Weights = weights(len(r.Weights), e.B)
			}
			return !t.Absent
		}),
		"labels": change(func(w *wish, e Event) bool {
			t := &w.Targets[e.A%len(w.Targets)]
			t.Labels = e.B % builds
			return true
		}),
		"rule": change(func(w *wish, e Event) bool {
			t := &w.Targets[e.A%len(w.Targets)]
			t.NoRule = e.B%3 == 0
			return true
		}),
		"break":   change(func(w *wish, e Event) bool { w.Broken = 1 + e.A%(len(breaks)-1); return true }),
		"mend":    change(func(w *wish, e Event) bool { w.Broken = 0; return true }),
		"suspend": change(func(w *wish, e Event) bool { w.Suspend = e.A%3 == 0; return true }),
		"hold": change(func(w *wish, e Event) bool {
			p, ok := plan(w, e)
			if ok {
				p.Suspend = e.B%2 == 0
			}
			return ok
		}),
		"prune": change(func(w *wish, e Event) bool { w.Prune = !w.Prune; return true }),
		"adopt": change(func(w *wish, e Event) bool { w.Adopt = managers[:e.A%(len(managers)+1)]; return true }),
		"policy": change(func(w *wish, e Event) bool { // alone, or with weights that it would judge
			w.Strict = e.A % len(policyFiles)
			if t := &w.Targets[e.C%len(w.Targets)]; e.B%2 == 0 {
				t.Routes[0].Weights = weights(len(t.Routes[0].Weights), e.B/2)
			}
			return true
		}),
		"revert": func(w *world, e Event) bool { // a commit that says what an earlier one said
			before := w.history[w.commits[max(0, len(w.commits)-2-e.A%3)]]
			w.commit(before.clone())
			w.say("a commit reverts to an earlier one: %s", w.wish)
			return true
		},
		"reset": func(w *world, e Event) bool { // the branch is forced to an earlier commit
			sha := w.commits[max(0, len(w.commits)-2-e.A%3)]
			w.git.Reset(sha)
			w.wish = w.history[sha].clone()
			w.files, w.asked = w.trees[sha], map[string]string{}
			for path, content := range w.files {
				if strings.HasPrefix(path, approvals) {
					w.asked[path] = content
				}
			}
			w.commits = append(w.commits, sha)
			w.say("the branch is reset to an earlier commit: %s", w.wish)
			return true
		},
	}
}

// change commits what it makes of the wish, where that is a change.
func change(f func(w *wish, e Event) bool) deed {
	return func(w *world, e Event) bool {
		next := w.wish.clone()
		if !f(&next, e) || next.String() == w.wish.String() {
			return false
		}
		w.commit(next)
		w.say("a commit: %s", next)
		return true
	}
}

// plan is the event's plan.
func plan(w *wish, e Event) (*planWish, bool) {
	if len(w.Plans) == 0 {
		return nil, false
	}
	return &w.Plans[e.A%len(w.Plans)], true
}

// distinct tells whether no two routes are the same to Istio.
func distinct(routes []routeWish) bool {
	for i, a := range routes {
		for _, b := range routes[:i] {
			if a.Protocol == b.Protocol && (a.Name == b.Name && a.Name != "" || a.Match == b.Match) {
				return false
			}
		}
	}
	return true
}
