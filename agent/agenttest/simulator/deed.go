package simulator

import (
	"maps"
	"time"
)

// deed has something happen in the world; false when there was nothing to do it to.
type deed func(w *world, e Event) bool

// deeds is what can happen besides faults of calls.
func deeds() map[Kind]deed {
	all := map[Kind]deed{}
	maps.Copy(all, commits())
	maps.Copy(all, handiwork())
	maps.Copy(all, weather())
	maps.Copy(all, requests())
	maps.Copy(all, gates())
	all[midway] = halfway
	return all
}

// clock is one that jumps.
const clock Kind = "clock"

// weather is what befalls machines.
func weather() map[Kind]deed {
	return map[Kind]deed{
		"kill": func(w *world, e Event) bool {
			p := w.process(e)
			if p.agent == nil {
				return false
			}
			p.die()
			return true
		},
		clock: func(w *world, e Event) bool { // it jumps forward or back
			jump := time.Duration(e.A-32) * time.Duration(1+e.B%30) * 5 * time.Second
			w.process(e).skew, w.process(e).leapt = jump, w.now
			w.say("the clock of agent %d is %s off", w.process(e).n, jump)
			return jump != 0
		},
		"overlap": func(w *world, e Event) bool { // another agent acts meanwhile
			for _, p := range w.processes {
				if p.n != e.Agent && p.agent != nil && !p.busy {
					w.say("agent %d acts meanwhile", p.n)
					p.step()
					return true
				}
			}
			return false
		},
		"git-away": func(w *world, e Event) bool {
			return w.outage(&w.gitAway, "Git", minutes(e), func() {}, func() {})
		},
		"api-away": func(w *world, e Event) bool {
			return w.outage(&w.apiAway, "the API server", minutes(e), func() {
				w.kube.Away(true)
				w.freeze(kinds...)
			}, func() {
				w.kube.Away(false)
				w.thaw()
			})
		},
		"lag": func(w *world, e Event) bool { // a cache falls behind
			p := w.process(e)
			if p.agent == nil {
				return false
			}
			lagging := kinds
			if e.B%2 == 0 {
				lagging = kinds[e.C%len(kinds):][:1]
			}
			w.say("the cache of agent %d falls behind with %s", p.n, lagging)
			cache := p.cache
			cache.Freeze(lagging...)
			w.at(w.now.Add(time.Duration(1+e.A)*10*time.Second), func() {
				if !w.apiAway {
					cache.Thaw()
				}
			})
			return true
		},
		"pods": func(w *world, e Event) bool {
			host, n := hosts[e.A%len(hosts)], e.B%3
			ready := e.C%3 == 0
			w.say("the pods of %s %s are ready: %t", host, subset(n), ready)
			for build := range builds {
				w.pod(host, n, build, ready)
			}
			return true
		},
	}
}

func minutes(e Event) time.Duration { return time.Duration(1+e.A%20) * time.Minute }

func (w *world) process(e Event) *process { return w.processes[e.Agent%len(w.processes)] }

// outage takes something away for a while.
func (w *world) outage(away *bool, name string, d time.Duration, begin, end func()) bool {
	if *away {
		return false
	}
	*away = true
	w.say("%s is away", name)
	begin()
	w.at(w.now.Add(d), func() {
		if *away {
			*away = false
			w.say("%s is back", name)
			end()
		}
	})
	return true
}

func (w *world) freeze(kinds ...string) {
	for _, p := range w.processes {
		if p.agent != nil {
			p.cache.Freeze(kinds...)
		}
	}
}

func (w *world) thaw() {
	for _, p := range w.processes {
		if p.agent != nil {
			p.cache.Thaw()
		}
	}
}
