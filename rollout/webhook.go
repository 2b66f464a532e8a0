package rollout

import (
	"slices"
	"time"
)

// Webhook is a gate in other hands: an endpoint that is asked by a POST, as
// Flagger asks its webhooks, and says yes by a status from 200 to 299.
type Webhook struct {
	Name string      `json:"name"`
	Type WebhookType `json:"type"`
	URL  string      `json:"url"`
	// Timeout is how long an answer may take; one that takes longer is none.
	Timeout  time.Duration     `json:"timeout"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

// WebhookType says when a webhook is asked, in Flagger's words.
type WebhookType string

// ConfirmRollout has to say yes before the first step, ConfirmTrafficIncrease
// before each, ConfirmPromotion before the one that reaches Git's weights. A yes
// of AskRollback goes back for good.
const (
	ConfirmRollout         WebhookType = "confirm-rollout"
	ConfirmTrafficIncrease WebhookType = "confirm-traffic-increase"
	ConfirmPromotion       WebhookType = "confirm-promotion"
	AskRollback            WebhookType = "rollback"
)

// WebhookTypes lists them all.
func WebhookTypes() []WebhookType {
	return []WebhookType{ConfirmRollout, ConfirmTrafficIncrease, ConfirmPromotion, AskRollback}
}

// DefaultWebhookTimeout and MaxWebhookTimeout bound an answer.
const (
	DefaultWebhookTimeout = 5 * time.Second
	MaxWebhookTimeout     = 10 * time.Second
)

// reask is how soon a webhook is asked again while its answer holds the rollout, or
// may send it back. Only its latest answer counts.
const reask = 30 * time.Second

// Call is the question to a webhook about a rollout as it stands.
type Call struct {
	Webhook
	Rollout Name
	Phase   Phase
	// Journey is the id of the journey that would go on.
	Journey ID
}

// Answer is what a webhook said last. Where Known is false it said nothing, and Why
// says why.
type Answer struct {
	Webhook string `json:"webhook"`
	Known   bool   `json:"known"`
	Yes     bool   `json:"yes,omitempty"`
	Why     string `json:"why,omitempty"`
}

// calls are the webhooks whose answers Next would want now.
func (s *situation) calls() []Call {
	var out []Call
	for _, w := range s.r.Plan.Webhooks {
		if s.wants(w.Type) {
			phase := s.journey.Phase
			if !s.moving() {
				phase = Pending
			}
			out = append(out, Call{w, s.r.Name, phase, s.current()})
		}
	}
	return out
}

// wants tells whether an answer of the type could decide something now.
func (s *situation) wants(t WebhookType) bool {
	keepsStill := s.same && s.journey.Phase == Degraded
	if s.r.Want != Known || !s.any(member.ours) || s.all(member.settled) || keepsStill {
		return false
	}
	if t == AskRollback { // what takes traffic already is looked after, whatever Git plans anew
		return s.moving() || s.replanned()
	}
	again := s.any(s.unsaid) // the step is taken once more
	if _, held := suspended(s); held || s.f.Stopped != "" || !again && s.moving() && s.reaches(s.journey.Step) {
		return false // nothing goes up now, or any more
	}
	switch {
	case t == ConfirmRollout:
		return !s.moving()
	case t == ConfirmPromotion && again:
		return s.reaches(s.journey.Step)
	case t == ConfirmPromotion:
		return s.reaches(s.coming())
	}
	return true
}

// answer is what the webhook said, or that nobody asked it.
func (s *situation) answer(name string) Answer {
	for _, a := range s.f.Answers {
		if a.Webhook == name {
			return a
		}
	}
	return Answer{Webhook: name, Why: "it was not asked yet"}
}

// gated holds the next step until every webhook that guards it says yes.
func gated(s *situation) (Move, bool) {
	if s.f.Hopeful {
		return Move{}, false
	}
	for _, c := range s.calls() {
		a := s.answer(c.Name)
		switch {
		case c.Type == AskRollback || a.Known && a.Yes:
		case a.Known:
			return s.hold(s.now.Add(reask), WebhookClosed, c.Name, c.Type, a.Why)
		default:
			return s.hold(s.now.Add(reask), WebhookSilent, c.Name, c.Type, a.Why)
		}
	}
	return Move{}, false
}

// askedBack is the webhook that wants the rollout back, if one does.
func (s *situation) askedBack() (Reason, bool) {
	for _, c := range s.calls() {
		if a := s.answer(c.Name); c.Type == AskRollback && a.Known && a.Yes && !s.f.Hopeful {
			return because(WebhookBack, c.Name, a.Why), true
		}
	}
	return Reason{}, false
}

// heeded asks again what may send the rollout back, also where the policies refuse
// what would be done meanwhile.
func (s *situation) heeded(m Move) Move {
	if s.f.Hopeful || !slices.ContainsFunc(s.calls(), func(c Call) bool { return c.Type == AskRollback }) {
		return m
	}
	if m.watch = soonest(m.watch, s.now.Add(reask)); m.Kind == Hold {
		m.Again = soonest(m.Again, m.watch)
	}
	return m
}
