package rollout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Verb is what a person asks of a rollout.
type Verb string

// ToApprove ends a pause that waits for people, once enough people did. ToPause
// holds what goes forward until ToResume. ToPromote ends the step's pause.
// ToAbort goes back to stable. ToRetry begins anew what went back. ToOverride
// lets the step that follows pass the windows, with a reason; freezes, startAt
// and the schedule hold it all the same, and so does whatever else would.
const (
	ToApprove  Verb = "approve"
	ToPause    Verb = "pause"
	ToResume   Verb = "resume"
	ToPromote  Verb = "promote"
	ToAbort    Verb = "abort"
	ToRetry    Verb = "retry"
	ToOverride Verb = "override"
)

// Verbs lists them all.
func Verbs() []Verb {
	return []Verb{ToApprove, ToPause, ToResume, ToPromote, ToAbort, ToRetry, ToOverride}
}

// Intent is what a person asked for. It names the rollout's id and, where it
// makes a step come sooner, the step, and is spent once the state is past them:
// nothing is deleted or marked.
type Intent struct {
	Verb Verb `json:"verb"`
	ID   ID   `json:"id"`
	// Step is the index of the step that the rollout was at; -1 before the first.
	Step int `json:"step"`
	// Full has a promotion go to Git's weights in one move, past all later steps but a
	// pause that asks for more people, and an abort back in one, whatever Rollback says.
	Full bool   `json:"full,omitempty"`
	By   string `json:"by"`
	// Key is the fingerprint of the SSH key that signed its commit.
	Key    string    `json:"key,omitempty"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
	// Now says that it stands on the VirtualService itself: nobody can tell from
	// Git who wrote it, so it can hold and go back, and nothing else.
	Now bool `json:"now,omitempty"`
}

// Authorise says why an intent does not count for a rollout of the source, and
// nil if it does. Every intent goes through here, whichever way it came. Who
// wrote the change does not approve it, nobody does while that is not known, and
// what has no commit holds or goes back only.
func Authorise(r *Rollout, i Intent) error {
	raises := i.Raises()
	switch {
	case !slices.Contains(Verbs(), i.Verb):
		return fmt.Errorf("nobody can ask for %q", i.Verb)
	case i.By == "" && r.Rules.Signed:
		return fmt.Errorf("no key of the signers that weir.yaml names signed the commit that asks for it")
	case i.By == "":
		return fmt.Errorf("nobody knows who asks for it")
	case i.Now && (raises || i.Verb == ToRetry):
		return fmt.Errorf("%s is a commit: on the cluster one can only pause, resume and abort", i.Verb)
	case i.Verb == ToOverride && strings.TrimSpace(i.Reason) == "":
		return fmt.Errorf("who overrides a window says why")
	case raises && r.Source.Wrote(i.By):
		return fmt.Errorf("%s wrote the change, and somebody else has to %s it", i.By, i.Verb)
	case raises && (r.Source.Unsure || r.Want == Unknown):
		return fmt.Errorf("who wrote the change is not known yet: it may be %s, and somebody else has to %s it", i.By, i.Verb)
	case raises && !r.Rules.Approves(i.By):
		return fmt.Errorf("%s is none of the approvers that weir.yaml names: %s", i.By, strings.Join(r.Rules.Approvers, ", "))
	}
	return nil
}

// Raises tells whether a weight may go up sooner for it, so that nobody may ask
// it for a change of their own.
func (i Intent) Raises() bool {
	return i.Verb == ToApprove || i.Verb == ToPromote || i.Verb == ToOverride
}

// Forward tells whether an intent may let something go forward.
func (i Intent) Forward() bool { return i.Raises() || i.Verb == ToRetry || i.Verb == ToResume }

// Counted are the intents that count for a move to a journey: those that name it,
// one before it that it continues, or the one that people saw when they asked,
// which a reshape does not begin yet. The oldest comes first.
func Counted(r *Rollout, f Facts, j Journey, now time.Time) []Intent {
	seen := situate(r, f, now).current()
	var out []Intent
	for _, i := range f.Intents {
		if (i.ID == j.ID || i.ID == seen || slices.Contains(j.Before, i.ID)) && Authorise(r, i) == nil {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, Intent.Compare)
	return out
}

// asked are the authorised intents that name the journey, the oldest first.
func (s *situation) asked(verb Verb, id ID) []Intent {
	var out []Intent
	for _, i := range s.f.Intents {
		if i.Verb == verb && i.ID == id && id != "" && Authorise(s.r, i) == nil && !s.own(i) {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b Intent) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.By, b.By)) })
	return out
}

// own tells whether an intent would have somebody approve what they wrote
// earlier of a journey that is still in flight.
func (s *situation) own(i Intent) bool {
	return s.any(member.flying) && i.Raises() &&
		slices.ContainsFunc(s.journey.Authors, func(a string) bool { return samePerson(i.By, a) })
}

// authors are all who wrote what the journey does, from here on.
func (s *situation) authors() []string {
	out := slices.Clone(s.r.Source.Authors)
	if s.r.Source.Author != "" {
		out = append(out, s.r.Source.Author)
	}
	if s.any(member.flying) {
		out = append(out, s.journey.Authors...)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return out[:min(len(out), maxAuthors)]
}

// maxAuthors bounds what a state remembers of them.
const maxAuthors = 8

// paused is the newest pause that nobody has resumed since: one that is a commit ends
// by a commit, as nobody can tell who asks on the cluster.
func (s *situation) paused() (Intent, bool) {
	pauses, resumes := s.asked(ToPause, s.current()), s.asked(ToResume, s.current())
	if !s.same && (s.any(member.flying) || s.begunAnew()) {
		// A changed plan makes another journey of the one in flight, and so does a
		// closing window of one that begins anew; who held that one meant it.
		pauses, resumes = append(pauses, s.asked(ToPause, s.journey.ID)...), append(resumes, s.asked(ToResume, s.journey.ID)...)
		slices.SortStableFunc(pauses, Intent.Compare)
		slices.SortStableFunc(resumes, Intent.Compare)
	}
	for _, pause := range slices.Backward(pauses) {
		ends := func(resume Intent) bool { return resume.At.After(pause.At) && (pause.Now || !resume.Now) }
		if !slices.ContainsFunc(resumes, ends) {
			return pause, true
		}
	}
	return Intent{}, false
}

// overridden tells whether somebody let the next move pass the windows.
func (s *situation) overridden() bool {
	at := s.begun().Step
	return slices.ContainsFunc(s.asked(ToOverride, s.current()), func(i Intent) bool { return i.Step == at })
}

// promoted tells whether somebody asked for the step's pause to end.
func (s *situation) promoted(step int) bool {
	return slices.ContainsFunc(s.asked(ToPromote, s.current()), func(i Intent) bool {
		return i.Step == step || i.Full && i.Step < step
	})
}

// full tells whether somebody asked, at the step, to go on to the target.
func (s *situation) full(step int) bool {
	return slices.ContainsFunc(s.asked(ToPromote, s.current()), func(i Intent) bool { return i.Full && i.Step <= step })
}

// approved tells whether enough people approved the step.
func (s *situation) approved(step int) bool {
	return s.f.Unheld || len(s.approvers(step)) >= s.r.Plan.WithDefaults().Approvals
}

// approvers are the people who approved the step of this very journey. A promotion
// is an approval too, and no more than one.
func (s *situation) approvers(step int) []string {
	var by []string
	for _, verb := range []Verb{ToApprove, ToPromote} {
		for _, i := range s.asked(verb, s.current()) {
			fits := i.Step == step || i.Full && i.Step < step
			if fits && !slices.ContainsFunc(by, func(b string) bool { return samePerson(b, i.By) }) {
				by = append(by, i.By)
			}
		}
	}
	return by
}

// maxRefusal bounds what is said of an approval that does not count.
const maxRefusal = 300

// soFar says what is missing of the step's approvals, where anybody gave one: how
// many there are of how many, and why the newest that does not count does not.
func (s *situation) soFar(step int) string {
	var out string
	if n := len(s.approvers(step)); n > 0 {
		out = fmt.Sprintf(" (%d of %d so far)", n, s.r.Plan.WithDefaults().Approvals)
	}
	var newest Intent
	var why string
	for _, i := range s.f.Intents {
		if i.Verb != ToApprove && i.Verb != ToPromote || i.ID != s.current() || i.Step != step || i.At.Before(newest.At) {
			continue
		}
		switch err := Authorise(s.r, i); {
		case err != nil:
			newest, why = i, err.Error()
		case s.own(i):
			newest, why = i, fmt.Sprintf("%s wrote a part of what is under way, and somebody else has to %s it", i.By, i.Verb)
		}
	}
	if len(why) > maxRefusal {
		why = strings.ToValidUTF8(why[:maxRefusal], "") + "..."
	}
	if why != "" {
		out += ": " + why
	}
	return out
}

// words is the intent's reason where it has one.
func (i Intent) words() string {
	if i.Reason == "" {
		return i.By
	}
	return i.By + ": " + i.Reason
}

// Compare orders intents by time, and by what and who where that is the same.
func (i Intent) Compare(o Intent) int {
	return cmp.Or(i.At.Compare(o.At), cmp.Compare(i.Verb, o.Verb), cmp.Compare(i.ID, o.ID), cmp.Compare(i.Step, o.Step), cmp.Compare(i.By, o.By))
}
