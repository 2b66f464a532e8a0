package rollout

import (
	"slices"
	"time"
)

// Kind is what a Move does.
type Kind string

// Hold changes no weight, though it may store a new state. Create makes a
// VirtualService. Reshape writes what changed outside the weights, at the live
// weights; taking a VirtualService over is one. Forward goes to the next step.
// CatchUp levels a group. Back goes to stable. Correct undoes a hand edit.
// Remove deletes.
const (
	Hold    Kind = "hold"
	Create  Kind = "create"
	Reshape Kind = "reshape"
	Forward Kind = "forward"
	CatchUp Kind = "catch-up"
	Back    Kind = "back"
	Correct Kind = "correct"
	Remove  Kind = "remove"
)

// Traits is what holds for every Move of a Kind. No other code asks for the
// Kind to know these.
type Traits struct {
	Raises   bool // may raise a weight
	Decided  bool // needs a Decision
	Windowed bool // heeds windows, freezes and suspend
	Step     bool // takes the plan's next step: heeds its schedule and that step's windows, and may finish outside the others
	Recorded bool // its record must be pushed before it is applied
	Posted   bool // its record goes into the outbox with it, to be pushed after
}

// traits is the one table over Kind. It is never changed.
var traits = map[Kind]Traits{
	Hold:    {},
	Create:  {Raises: true, Decided: true, Recorded: true},
	Reshape: {Decided: true, Windowed: true, Recorded: true},
	Forward: {Raises: true, Decided: true, Windowed: true, Step: true, Recorded: true},
	CatchUp: {Raises: true, Recorded: true},
	Back:    {Posted: true},
	Correct: {Raises: true, Decided: true, Windowed: true, Recorded: true},
	Remove:  {Decided: true, Windowed: true, Recorded: true},
}

// Traits looks the Kind up.
func (k Kind) Traits() Traits { return traits[k] }

// Move is what to do now about one rollout, and when to look again.
type Move struct {
	Kind Kind `json:"kind"`
	// Journey is the state to store on every changed target.
	Journey Journey  `json:"journey"`
	Changes []Change `json:"changes,omitempty"`
	Reason  Reason   `json:"reason"`
	// Again is when to look again without being told; zero for never.
	Again time.Time `json:"again,omitzero"`
	// Until is when the permission ends; zero for no end of its own.
	Until time.Time `json:"until,omitzero"`

	was   Journey   // as it stands if the move is refused
	watch time.Time // when to look again if the move is refused: what may send it back goes on
	timer time.Time // Again, were nobody to be asked anything meanwhile
}

// Timer is when to look again at a Hold if every metric and webhook goes on saying what
// it says, and has been asked often enough for that to count; zero for never.
func (m Move) Timer() time.Time { return m.timer }

// Change is a Move's effect on one target.
type Change struct {
	Ref     Ref    `json:"ref"`
	UID     string `json:"uid,omitempty"`
	Version string `json:"version,omitempty"`
	From    Routes `json:"from,omitempty"`
	To      Routes `json:"to,omitempty"`
	Member  Member `json:"member"`
}

// Writes tells whether the move changes anything in the cluster.
func (m Move) Writes() bool { return len(m.Changes) > 0 }

// Phase is where the rollout stands with this move.
func (m Move) Phase() Phase { return m.Journey.Phase }

// On is the move's effect on the live side, and the only model of it.
func (m Move) On(live []Live) []Live {
	out := slices.Clone(live)
	for _, c := range m.Changes {
		i := slices.IndexFunc(out, func(l Live) bool { return l.Ref == c.Ref })
		if m.Kind == Remove {
			if i >= 0 {
				out = slices.Delete(out, i, i+1)
			}
			continue
		}
		if i < 0 {
			out = append(out, Live{Ref: c.Ref})
			i = len(out) - 1
		}
		was := out[i]
		state := State{Journey: m.Journey, Member: c.Member}
		if was.State != nil {
			state.Cluster, state.Name, state.Outbox = was.State.Cluster, was.State.Name, was.State.Outbox
		}
		out[i] = Live{Ref: c.Ref, UID: was.UID, Version: was.Version, Routes: c.To, State: &state}
	}
	return out
}

// Verdict is what the policies' answer means to a Move.
type Verdict struct {
	Allow bool
	// Transient says that the refusal may pass by itself.
	Transient bool
	// Failed says that the policies could not judge.
	Failed bool
	// Again is when to propose again; zero for when facts change.
	Again time.Time
	Why   string
}

// Under turns a refused move into its Hold: nothing changes, the journey is
// the one that was, and the reason is the refusal.
func (m Move) Under(v Verdict) Move {
	if v.Allow || !m.Kind.Traits().Decided {
		return m
	}
	code := Denied
	if v.Failed {
		code = Unchecked
	}
	held := Move{Kind: Hold, Journey: m.was, Reason: because(code, v.Why), Again: soonest(v.Again, m.watch)}
	held.Journey.Reason = held.Reason
	if held.Journey.Phase = code.Phase(); m.Kind == Forward && m.was.Step >= 0 {
		held.Journey.Phase = Progressing
	}
	return held
}
