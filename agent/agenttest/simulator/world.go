package simulator

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// midnight is when all stories begin: a Monday at eight.
var midnight = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// world is everything but the agents: the clock, Git, the API server, and what
// is to happen yet.
type world struct {
	ctx       context.Context
	story     Story
	now       time.Time
	git       *agenttest.Git
	eyes      *agenttest.GitClone // the oracle's, never away
	kube      *agenttest.Kube
	processes []*process
	pending   []Event // in order of time
	armed     []Event // to strike at a call
	timers    []timer
	timed     int

	wish    wish
	files   map[string]string
	trees   map[string]map[string]string // the files by commit
	history map[string]wish              // by commit
	asked   map[string]string            // intents: files that stand beside the wish's
	commits []string
	askers  map[string]string // who wrote an intent, by its path
	aside   []aside           // intents that lie on a branch of their own
	signers map[string]string // whose key signed it
	signed  []signature
	urged   map[string]time.Time // what people asked for in the end
	stopped bool
	gitAway bool
	apiAway bool

	quality   map[rollout.Destination][]since // of qualities
	hooks     map[string][]since              // of says
	unmetered bool                            // Prometheus is away

	oracle       *oracle
	deeds        map[Kind]deed
	struck       map[Kind]int
	trace        *strings.Builder // nil when nobody reads it
	steps, turns int
	rushed       bool // calls take no time now
	load         func(context.Context, fs.FS, policy.Config) (*policy.Set, error)
}

// timer is something that the simulator itself does at a time.
type timer struct {
	at   time.Time
	seq  int
	what func()
}

func newWorld(s Story, load func(context.Context, fs.FS, policy.Config) (*policy.Set, error), traced bool) *world {
	w := &world{
		ctx: context.Background(), story: s, now: midnight, git: agenttest.NewGit(), history: map[string]wish{},
		files: map[string]string{}, trees: map[string]map[string]string{}, asked: map[string]string{}, askers: map[string]string{}, signers: map[string]string{}, urged: map[string]time.Time{}, struck: map[Kind]int{}, load: load, deeds: deeds(),
		quality: map[rollout.Destination][]since{}, hooks: map[string][]since{},
	}
	if traced {
		w.trace = &strings.Builder{}
	}
	w.git.Clock(func() time.Time { return w.now })
	w.kube = agenttest.NewKube(cluster, func() time.Time { return w.now })
	w.kube.Share()
	w.eyes = w.git.Clone()
	w.oracle = newOracle(w)
	w.pending = slices.Clone(s.Events)
	w.wish = s.Begin.clone()
	w.commit(w.wish)
	for _, h := range hosts {
		w.kube.Service(rollout.Ref{Namespace: namespace, Name: h})
		for n := range 3 {
			for build := range builds {
				w.pod(h, n, build, true)
			}
		}
	}
	for _, m := range s.Alive {
		if m.Target < len(w.wish.Targets) {
			w.byHand(m.Target, m.Weights, m.Manager)
		}
	}
	w.kube.Watch(w.oracle.stored)
	for n := range s.Agents {
		p := &process{w: w, n: n}
		w.processes = append(w.processes, p)
		w.at(w.now.Add(time.Duration(n)*7*time.Second), p.start)
	}
	return w
}

// builds is how many variants of a subset's labels there are pods for.
const builds = 3

// pod makes the pod of a host's subset and build ready or not.
func (w *world) pod(host string, n, build int, ready bool) {
	w.kube.Pod(rollout.Ref{Namespace: namespace, Name: fmt.Sprintf("%s-%s-%d", host, subset(n), build)},
		map[string]string{"app": host, "version": subset(n), "build": fmt.Sprint(build)}, ready)
}

// say adds a line to the trace.
func (w *world) say(format string, args ...any) {
	if w.trace != nil {
		fmt.Fprintf(w.trace, "%-13s %s\n", w.now.Sub(midnight).Round(time.Millisecond), fmt.Sprintf(format, args...))
	}
}

// at has something done at a time.
func (w *world) at(t time.Time, what func()) {
	w.timed++
	w.timers = append(w.timers, timer{t, w.timed, what})
}

// advance lets time pass, with all that happens meanwhile. It is called within
// itself when a call of an agent is slow; the agent waits then, and all else
// goes on.
func (w *world) advance(until time.Time) {
	for w.oracle.broken == nil {
		at, do := w.next()
		if do == nil || at.After(until) {
			break
		}
		if at.After(w.now) {
			w.now = at
		}
		do()
	}
	if until.After(w.now) {
		w.now = until
	}
}

// next is what happens next, and when; nil for nothing.
func (w *world) next() (at time.Time, do func()) {
	sooner := func(t time.Time) bool { return do == nil || t.Before(at) }
	for i, t := range w.timers {
		if sooner(t.at) {
			at, do = t.at, func() {
				w.timers = slices.Delete(w.timers, i, i+1)
				t.what()
			}
		}
	}
	if len(w.pending) > 0 && sooner(midnight.Add(w.pending[0].At)) {
		at, do = midnight.Add(w.pending[0].At), func() {
			e := w.pending[0]
			w.pending = w.pending[1:]
			if e.On != "" {
				w.armed = append(w.armed, e)
				return
			}
			w.strike(e)
		}
	}
	for _, p := range w.processes {
		if p.agent == nil || p.busy {
			continue
		}
		wake := p.wake
		if p.filled && len(p.cache.Changed()) > 0 { // nobody listens before
			wake = w.now
		}
		if sooner(wake) {
			at, do = wake, p.step
		}
	}
	return at, do
}

// strike has an event happen.
func (w *world) strike(e Event) {
	if deed, ok := w.deeds[e.Kind]; ok && deed(w, e) {
		w.struck[e.Kind]++
	}
}

// commit makes the wish a commit on the watched branch.
func (w *world) commit(next wish) { w.commitBy(author, "", next) }

func (w *world) commitBy(who, signer string, next wish) {
	files := next.files()
	maps.Copy(files, w.asked)
	changed := map[string]string{}
	var gone []string
	for path, content := range files {
		if w.files[path] != content {
			changed[path] = content
		}
	}
	for path := range w.files {
		if _, kept := files[path]; !kept {
			gone = append(gone, path)
		}
	}
	w.wish, w.files = next, files
	sha := w.git.CommitSigned(who, signer, changed, gone...)
	if signer != "" {
		w.signed = append(w.signed, signature{signer, changed})
	}
	w.history[sha], w.trees[sha] = next.clone(), files
	w.commits = append(w.commits, sha)
}

// signature is that of a commit, and what the commit changed.
type signature struct {
	signer  string
	changed map[string]string
}

// author is who writes the changes.
const author = "Dev <dev@example.com>"
