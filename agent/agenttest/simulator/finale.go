package simulator

import (
	"strings"
	"time"
)

// finale ends a story: all that was wrong is mended, people approve what
// waits, and then every rollout has to come to its end.
func (w *world) finale() {
	w.heal()
	for end := w.now.Add(patience); w.now.Before(end) && w.oracle.broken == nil; {
		w.advance(w.now.Add(10 * time.Minute))
		if w.oracle.settled() == "" {
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
		p.skew = 0
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
	next := w.wish.clone()
	next.Broken, next.Suspend, next.Strict, next.Adopt = 0, false, 0, managers
	if next.Default >= allowedSteps || strings.Contains(stepLists[next.Default], `"pause":{}`) {
		next.Default = 0
	}
	for i := range next.Targets {
		t := &next.Targets[i]
		t.Absent, t.NoRule = false, false
		for n := range t.Routes {
			r := &t.Routes[n]
			r.Weights = allowed(len(r.Weights), int(w.story.Seed%64)+i+n)
		}
	}
	for i := range next.Plans {
		p := &next.Plans[i]
		p.Absent, p.Suspend = false, false
		if p.Steps >= allowedSteps || strings.Contains(stepLists[p.Steps], `"pause":{}`) {
			p.Steps = 0
		}
	}
	w.commit(next)
	w.say("a commit: %s", next)
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
