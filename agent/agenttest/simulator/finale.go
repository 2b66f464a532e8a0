package simulator

import (
	"slices"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// finale ends a story: all that was wrong is mended, people approve what
// waits, and then every rollout has to come to its end.
func (w *world) finale() {
	w.heal()
	for end := w.now.Add(patience); w.now.Before(end) && w.oracle.broken == nil; {
		w.advance(w.now.Add(10 * time.Minute))
		w.encourage()
		if w.oracle.settled() != "" {
			continue
		}
		if w.advance(w.now.Add(time.Minute)); w.oracle.settled() == "" { // and all is said and done
			w.rest()
			return
		}
	}
	if left := w.oracle.settled(); left != "" {
		w.oracle.breaks("liveness", "%s after all was mended, %s", patience, left)
	}
}

// heal mends the world.
func (w *world) heal() {
	w.say("---- all is mended")
	w.pending, w.armed = nil, nil
	w.gitAway = false
	if w.apiAway {
		w.apiAway = false
		w.kube.Away(false)
	}
	w.thaw()
	for _, p := range w.processes {
		if p.skew != 0 {
			p.skew, p.leapt = 0, w.now
		}
		if p.agent != nil {
			p.wake = w.now
		}
	}
	for _, h := range hosts {
		for n := range 3 {
			for build := range builds {
				w.pod(h, n, build, true)
			}
		}
	}
	w.kube.Stop("")
	w.mendByHand()
	w.open()
	next := w.wish.clone()
	next.Freeze, next.Approvers = 0, 0
	next.Broken, next.Suspend, next.Strict, next.Adopt = 0, false, 0, append(managers, "other-controller")
	if next.Default >= allowedSteps {
		next.Default = 0
	}
	for i := range next.Targets {
		next.Targets[i].Absent, next.Targets[i].NoRule = false, false
		w.unrename(&next.Targets[i])
	}
	for i := range next.Plans {
		p := &next.Plans[i]
		p.Absent, p.Suspend, p.Deadline = false, false, 0
		if p.Steps >= allowedSteps {
			p.Steps = 0
		}
	}
	for i := range next.Plans { // each target has one plan
		for n := range next.Plans[:i] {
			next.Plans[i].Targets = slices.DeleteFunc(next.Plans[i].Targets, func(t int) bool { return slices.Contains(next.Plans[n].Targets, t) })
		}
		next.Plans[i].Absent = len(next.Plans[i].Targets) == 0
	}
	w.commit(next)
	w.say("a commit: %s", next)
	w.advance(w.now.Add(10 * time.Minute))
	w.asked["notes.md"] = "Policies are in force with the commit after theirs.\n"
	w.commit(w.wish.clone())
	w.advance(w.now.Add(10 * time.Minute))
	next = w.wish.clone()
	for i := range next.Targets {
		w.unrename(&next.Targets[i]) // an agent may just have called them by another name
		for n := range next.Targets[i].Routes {
			r := &next.Targets[i].Routes[n]
			r.Weights = others(*r, int(w.story.Seed%64)+i+n)
		}
	}
	w.commit(next)
	w.say("a commit: %s", next)
}

// open has all gates let pass what is good, for good.
func (w *world) open() {
	w.unmetered = false
	for d := range w.quality {
		w.quality[d] = append(w.quality[d], since{w.now, good})
	}
	for name := range w.hooks {
		w.hooks[name] = append(w.hooks[name], since{w.now, map[bool]int{false: yes, true: no}[name == "alarm"]})
	}
}

// unrename calls routes as the cluster does: a route that is renamed and weighed
// anew at once is held until a developer does one after the other.
func (w *world) unrename(t *targetWish) {
	live := w.kube.Get("VirtualService", rollout.Ref{Namespace: namespace, Name: t.Name})
	if live == nil {
		return
	}
	for _, protocol := range []string{"http", "tcp", "tls"} {
		routes, _ := below(live, "spec")[protocol].([]any)
		n := 0
		for i := range t.Routes {
			r := &t.Routes[i]
			if r.Protocol != protocol || n >= len(routes) {
				continue
			}
			had := routes[n].(object)
			n++
			if protocol == "http" {
				r.Name, _ = had["name"].(string)
			}
			for match := range 4 {
				r.Match = match
				if again := whole(t.service(false)).(object); rollout.DigestOf(matchOf(again, protocol, n-1)) == rollout.DigestOf(had["match"]) {
					break
				}
			}
		}
	}
}

func matchOf(service object, protocol string, n int) any {
	return below(service, "spec")[protocol].([]any)[n].(object)["match"]
}

// rest is the day after: it costs no request and no commit.
func (w *world) rest() {
	requests, commits := w.kube.Requests(), len(w.git.StatusLog())
	w.say("---- all is well; a day passes")
	w.advance(w.now.Add(24 * time.Hour))
	if n := w.kube.Requests() - requests; n > 0 {
		w.oracle.breaks("quiet", "a day in which nothing happened cost %d requests", n)
	}
	if n := len(w.git.StatusLog()) - commits; n > 0 {
		w.oracle.breaks("quiet", "a day in which nothing happened cost %d commits", n)
	}
}
