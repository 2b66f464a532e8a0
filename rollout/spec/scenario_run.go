package spec

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// Told is what a scenario's beat came to.
type Told struct {
	Beat     Beat
	Phase    rollout.Phase
	Split    string
	Sentence string
	Live     rollout.Split
	Moves    []Moved // since the beat before
}

// Moved is one move of a scenario.
type Moved struct {
	At    time.Time
	Kind  rollout.Kind
	Split rollout.Split
	// Reason says where it led, Waited which window, freeze or tick was waited for.
	Reason, Waited string
}

func (m Moved) String() string {
	return fmt.Sprintf("%s %s: %s", m.At.Format(time.RFC3339), m.Kind, m.Split)
}

// String prints the beat as a scenario writes it.
func (t Told) String() string {
	return fmt.Sprintf("-> %-11s %s  %s", t.Phase, t.Split, t.Sentence)
}

// Differs says how the beat did not end as expected, or nothing.
func (t Told) Differs() string {
	e := t.Beat.Expect
	if e == nil || (e.Phase == t.Phase && (e.Split == "" || e.Split == t.Split) && strings.Contains(t.Sentence, e.Sentence)) {
		return ""
	}
	return fmt.Sprintf("expected %s %s  %s", e.Phase, e.Split, e.Sentence)
}

// Run tells the story: time passes from beat to beat as Timeline makes it, and
// each event happens at its time. It ends early once it is over for whoever asked, with
// what was told until then.
func (s Scenario) Run(over func() bool) ([]Told, error) {
	w := newWorld(s, over)
	var out []Told
	for _, b := range s.Beats {
		if over() {
			return out, nil
		}
		w.moves = nil
		w.pass(b.At.Add(-1))
		if err := w.happen(b); err != nil {
			return out, rollout.Problem{Position: rollout.Position{File: s.File, Line: b.Line}, Message: err.Error()}
		}
		w.now = b.At
		w.pass(b.At)
		split := "nothing"
		if live := w.live(); live != nil {
			split = live.String()
		}
		out = append(out, Told{b, w.last.Journey.Phase, split, w.last.Reason.Sentence, w.live(), w.moves})
	}
	return out, nil
}

// world is what a scenario's rollout lives in.
type world struct {
	rollout *rollout.Rollout
	facts   rollout.Facts
	now     time.Time
	last    rollout.Move
	verdict rollout.Verdict
	moves   []Moved
	told    []told
	away    string // why the metrics do not answer

	approved time.Duration // how long people take to approve; zero for never
	asked    string        // what they were asked last
	due      time.Time     // when they will; zero for not asked
	stand    stand
	unjudged bool        // a metric says nothing for longer than the plan bears
	over     func() bool // nobody waits for the story any more
	named    map[rollout.Destination]bool
}

// live is the live split; none where there is nothing.
func (w *world) live() rollout.Split {
	if len(w.facts.Live) == 0 || len(w.facts.Live[0].Routes) == 0 {
		return nil
	}
	return w.facts.Live[0].Routes[0].Split
}

const routeKey = "http:primary"

var ref = rollout.Ref{Namespace: "scenario", Name: "app"}

func newWorld(s Scenario, over func() bool) *world {
	plan := s.Plan
	plan.Targets = []rollout.TargetRef{{Name: ref.Name}}
	w := &world{
		rollout: &rollout.Rollout{
			Name: rollout.Name{Environment: "scenario", Namespace: ref.Namespace, Plan: plan.Name}, Want: rollout.Known,
			Source: rollout.Source{Cluster: "scenario", Author: "author"}, Plan: plan, Rules: s.Rules,
		},
		facts:   rollout.Facts{Seen: true, Ready: map[rollout.Destination]rollout.Readiness{}},
		verdict: rollout.Verdict{Allow: true}, approved: s.Approved, over: over, named: s.destinations(),
	}
	w.facts.Hopeful = s.Hopeful
	if len(s.Beats) > 0 {
		w.now = s.Beats[0].At
	}
	if s.Stable != nil {
		w.want(s.Stable)
		w.pass(w.now)
	}
	return w
}

func routes(s rollout.Split) rollout.Routes {
	return rollout.Routes{{Key: routeKey, Protocol: rollout.HTTP, Label: "primary", Split: s}}
}

// want is what Git says from now on. Destinations are ready unless the story
// says otherwise.
func (w *world) want(s rollout.Split) {
	w.rollout.Want = rollout.Known
	w.rollout.Targets = []rollout.Target{{Ref: ref, Rest: "rest", Routes: routes(s)}}
	for _, weight := range s {
		if _, told := w.facts.Ready[weight.Destination]; !told {
			w.facts.Ready[weight.Destination] = rollout.Readiness{Defined: true, Known: true, Ready: 1, Want: 1}
		}
	}
}

// happen is one event.
func (w *world) happen(b Beat) error {
	word, rest, _ := strings.Cut(b.Event, " ")
	rest = strings.TrimSpace(rest)
	switch word {
	case "", "look":
		return nil
	case "git":
		return w.git(rest)
	case "live":
		s, err := ParseSplit(rest)
		w.facts.Live = []rollout.Live{{Ref: ref, UID: "1", Version: "1", Routes: routes(s)}}
		return err
	case "edit":
		return w.edit(rest)
	case "window":
		return addWindow(&w.rollout.Plan, &w.rollout.Rules, rest)
	case "freeze":
		return addFreeze(&w.rollout.Rules, rest)
	case "thaw":
		return thaw(&w.rollout.Rules, rest)
	case "approve", "pause", "resume", "promote", "abort", "retry", "override":
		w.ask(rollout.Verb(word), rest, b.At)
	case "stop":
		w.facts.Stopped = rest
	case "go":
		w.facts.Stopped = ""
	case "ready", "undefined", "defined":
		return w.ready(word, strings.Fields(rest), b.At)
	case "deny":
		w.verdict = rollout.Verdict{Why: rest}
	case "allow":
		w.verdict = rollout.Verdict{Allow: true}
	case "samples":
		return w.samples(rest, b.At)
	case "metrics":
		w.away = strings.TrimPrefix(strings.TrimPrefix(rest, "back"), "away: ")
	case "webhook":
		return w.webhook(rest)
	case "suspend":
		w.rollout.Rules.Suspend = true
	case "unsuspend":
		w.rollout.Rules.Suspend = false
	case "plan":
		p, err := ParsePlan(w.rollout.Plan.Name + ": " + rest)
		p.Targets, p.Windows = w.rollout.Plan.Targets, w.rollout.Plan.Windows
		w.rollout.Plan = p
		return err
	case "lost":
		w.facts.Recorded, w.facts.Live = w.facts.Live, nil
	default:
		return fmt.Errorf("no event is called %q", word)
	}
	return nil
}

// ask is what a person asks of the journey that the story shows now.
func (w *world) ask(verb rollout.Verb, rest string, now time.Time) {
	who, reason, _ := strings.Cut(strings.TrimPrefix(rest, "by "), ":")
	who, full := strings.CutSuffix(strings.TrimSpace(who), " in full")
	j := w.last.Journey
	w.facts.Intents = append(w.facts.Intents, rollout.Intent{
		Verb: verb, ID: j.ID, Step: j.Step, Full: full, By: who, At: now, Reason: strings.TrimSpace(reason),
	})
}

func (w *world) git(rest string) error {
	switch rest {
	case "gone":
		w.rollout.Want = rollout.Gone
		return nil
	case "unknown":
		w.rollout.Want = rollout.Unknown
		return nil
	}
	s, err := ParseSplit(rest)
	if err == nil {
		w.want(s)
	}
	return err
}

// edit is a hand edit of the live weights.
func (w *world) edit(rest string) error {
	who, text, ok := strings.Cut(strings.TrimPrefix(rest, "by "), ":")
	s, err := ParseSplit(strings.TrimSpace(text))
	if !ok || err != nil || len(w.facts.Live) == 0 {
		return fmt.Errorf("an edit is written as: edit by WHO: v1 100 · v3 0")
	}
	l := w.facts.Live[0]
	l.Editor, l.Routes = who, routes(s)
	w.facts.Live = []rollout.Live{l}
	return nil
}

func (w *world) ready(word string, words []string, now time.Time) error {
	if len(words) == 0 {
		return fmt.Errorf("%s names a destination", word)
	}
	d := subset(words[0])
	if !w.named[d] {
		return fmt.Errorf("%s names %s, which is in no split of the story", word, d.Subset)
	}
	r := w.facts.Ready[d]
	switch word {
	case "undefined":
		r.Defined = false
	case "defined":
		r.Defined, r.SeenSince = true, now
	default:
		if len(words) != 4 || words[2] != "of" {
			return fmt.Errorf("readiness is written as: ready v3 0 of 2")
		}
		var err1, err2 error
		r.Ready, err1 = strconv.Atoi(words[1])
		r.Want, err2 = strconv.Atoi(words[3])
		if err1 != nil || err2 != nil {
			return fmt.Errorf("readiness is written as: ready v3 0 of 2")
		}
		r.Known = true
	}
	w.facts.Ready[d] = r
	return nil
}
