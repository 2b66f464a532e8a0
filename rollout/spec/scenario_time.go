package spec

import (
	"fmt"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// pass lets time pass until the given one; people approve what waits for them.
func (w *world) pass(until time.Time) {
	for !w.over() {
		if w.due.IsZero() {
			if !w.fold(until, w.approved > 0) {
				break
			}
			w.asked, w.due = w.stand.what, w.now.Add(w.approved)
		}
		if w.due.After(until) {
			w.fold(until, false)
			break
		}
		due := w.due
		w.due = time.Time{}
		if w.fold(due, false); w.stand.what != w.asked {
			continue // what they were asked has come to nothing
		}
		w.now = due
		for _, by := range w.rollout.Imagined(max(w.rollout.Plan.Approvals, 1)) {
			w.ask(rollout.ToApprove, "by "+by, due)
		}
	}
	w.now = until
}

// fold follows the rollout until the given time, or until only a change of the
// facts goes on from there. It stops early, and says so, where people are asked
// anew, if they are to be waited for.
func (w *world) fold(until time.Time, people bool) (asked bool) {
	if len(w.rollout.Targets) == 0 || until.Before(w.now) {
		return false
	}
	waited := ""
	w.stand = stand{}
	for {
		skip := time.Time{}
		for at, m := range rollout.Timeline(w.rollout, w.known, w.judge, w.now, until) {
			w.now, w.last = at, m
			if w.over() {
				return false
			}
			w.stand.see(m, at)
			switch {
			case m.Kind == rollout.Hold && !m.Writes():
				if waited = ""; m.Reason.Code.Awaited() {
					waited = m.Reason.Sentence
				}
				unjudged := m.Reason.Code == rollout.Inconclusive
				if unjudged && !w.unjudged { // people are asked from now on
					w.moves = append(w.moves, Moved{At: at, Kind: m.Kind, Split: w.live(), Reason: m.Reason.Sentence})
				}
				w.unjudged = unjudged
			case m.Writes():
				moved := Moved{At: at, Kind: m.Kind, Reason: m.Reason.Sentence, Waited: waited}
				if to := m.Changes[0].To; len(to) > 0 {
					moved.Split = to[0].Split
				}
				w.moves, waited = append(w.moves, moved), ""
			}
			if people && w.stand.asks && w.stand.what != w.asked {
				return true
			}
			if w.stand.settled(at, w.patience()) && !m.Timer().Equal(m.Again) {
				skip = m.Timer()
				break
			}
		}
		if !skip.After(w.now) || skip.After(until) {
			return false
		}
		w.now = skip
	}
}

// known is what the story says at a time, of the live side if it has moved.
func (w *world) known(now time.Time, live []rollout.Live) rollout.Facts {
	if live != nil {
		w.facts.Live = live
	}
	w.measure(now, w.facts.Live)
	return w.facts
}

func (w *world) judge(*rollout.Rollout, rollout.Facts, rollout.Move, time.Time) rollout.Verdict {
	return w.verdict
}

// stand is what holds the rollout, and since when.
type stand struct {
	what  string
	asks  bool // people, to approve
	looks bool // metrics that have yet to speak
	since time.Time
}

// see takes in what a look found.
func (s *stand) see(m rollout.Move, at time.Time) {
	code := m.Reason.Code
	what := fmt.Sprint(m.Kind, m.Journey.ID, m.Journey.Step, code)
	if m.Writes() || what != s.what {
		*s = stand{what, m.Kind == rollout.Hold && !m.Writes() && (code == rollout.Approval || code == rollout.Adoption), code == rollout.Analyzing, at}
	}
}

// settled tells whether it has held so long that asking the same metrics and webhooks
// once more, which say the same, changes nothing.
func (s *stand) settled(at time.Time, patience time.Duration) bool {
	return !s.looks && at.Sub(s.since) > patience
}

// patience is how long it takes until every metric has spoken as often as counts.
func (w *world) patience() time.Duration {
	out := 5 * time.Minute // for webhooks
	for _, a := range w.rollout.Plan.Analyses() {
		for _, m := range a.Metrics {
			out = max(out, time.Duration(a.Failures(m)+a.InconclusiveLimit+3)*a.Every(m))
		}
	}
	return out
}
