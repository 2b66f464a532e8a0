package simulator

import (
	"slices"
	"time"
)

// Shrink cuts a story as long as it breaks the same promise, and returns the
// shortest one found. It takes a while.
func (s *Simulator) Shrink(story Story) Story {
	broken := s.Play(story, false).Broken
	if broken == nil {
		return story
	}
	still := func(cut Story) bool {
		b := s.Play(cut, false).Broken
		return b != nil && b.Promise == broken.Promise
	}
	for shorter := true; shorter; {
		shorter = false
		for size := max(len(story.Events)/2, 1); size > 0; size /= 2 { // many events at a time, then each alone
			for i := 0; i+size <= len(story.Events); {
				cut := story
				cut.Events = slices.Delete(slices.Clone(story.Events), i, i+size)
				if still(cut) {
					story, shorter = cut, true
				} else {
					i += size
				}
			}
		}
		for _, simpler := range story.simpler() {
			if still(simpler) {
				story, shorter = simpler, true
				break
			}
		}
	}
	return story
}

// simpler are the stories that begin with less, or in which less is special.
func (s Story) simpler() []Story {
	var out []Story
	if s.Agents > 1 {
		less := s
		less.Agents--
		out = append(out, less)
	}
	if len(s.Alive) > 0 {
		less := s
		less.Alive = s.Alive[:len(s.Alive)-1]
		out = append(out, less)
	}
	if n := len(s.Begin.Targets); n > 1 && !slices.ContainsFunc(s.Begin.Plans, func(p planWish) bool { return slices.Contains(p.Targets, n-1) }) {
		less := s
		less.Begin = s.Begin.clone()
		less.Begin.Targets = less.Begin.Targets[:n-1]
		out = append(out, less)
	}
	if n := len(s.Begin.Plans); n > 0 {
		less := s
		less.Begin = s.Begin.clone()
		less.Begin.Plans = less.Begin.Plans[:n-1]
		out = append(out, less)
	}
	for i, e := range s.Events {
		for _, easier := range e.simpler() {
			less := s
			less.Events = slices.Clone(s.Events)
			less.Events[i] = easier
			out = append(out, less)
		}
	}
	return out
}

// simpler are the events that say less.
func (e Event) simpler() []Event {
	var out []Event
	try := func(change func(e *Event)) {
		other := e
		if change(&other); other != e {
			out = append(out, other)
		}
	}
	try(func(e *Event) { e.On, e.Skip, e.After = "", 0, false })
	if e.Kind.fault() {
		out = nil // faults are of calls
	}
	try(func(e *Event) { e.Skip = 0 })
	try(func(e *Event) { e.At = e.At.Truncate(time.Minute) })
	try(func(e *Event) { e.A %= 8 })
	try(func(e *Event) { e.B %= 8 })
	try(func(e *Event) { e.C = 0 })
	return out
}
