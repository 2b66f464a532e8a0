package rollout

import (
	"time"

	"github.com/robfig/cron/v3"
)

// TickLasts is how long after a tick its step may still be taken: the agent may
// have been restarted, a pod not been ready, Git away. Later the tick is missed,
// and the step waits for the next one: "at ten" is not "some time this morning".
const TickLasts = 15 * time.Minute

// Schedule has the steps of a plan taken at its ticks: one step a tick, the
// first that comes when the step's pause is over. A tick is used up by the step
// taken at it, and those that pass unused are gone. Nothing counts them: a tick
// is free if it came after the last step, which the state knows the time of.
type Schedule struct {
	Cron     string `json:"cron"`
	TimeZone string `json:"timeZone"`

	// Starts is the Cron, parsed, and Zone the TimeZone, as in a Window.
	Starts cron.Schedule  `json:"-"`
	Zone   *time.Location `json:"-"`
}

// tickName is what a schedule's ticks are called where they decide.
const tickName = "schedule"

// ticks is the schedule as a level: open for a while after each tick since the
// time.
func (s *Schedule) ticks(since time.Time) Level {
	return Level{Name: planLevel, Windows: []Window{{
		Name: tickName, Kind: Allow, Schedule: s.Cron, TimeZone: s.TimeZone, Duration: TickLasts,
		Starts: s.Starts, Zone: s.Zone, from: since, brief: true,
	}}}
}
