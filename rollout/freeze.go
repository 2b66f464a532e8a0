package rollout

import (
	"slices"
	"time"
)

// Freeze is a time in which nothing goes forward, once: from From until To,
// which is no part of it. Nobody passes it but by a commit that changes it.
type Freeze struct {
	Name   string    `json:"name"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Reason string    `json:"reason,omitempty"`
	// Environments are those that it holds for; none named means all.
	Environments []string `json:"environments,omitempty"`
	// Position is where the freeze stands.
	Position Position `json:"-"`
}

// Holds tells whether the freeze is for the environment.
func (f Freeze) Holds(environment string) bool {
	return len(f.Environments) == 0 || slices.Contains(f.Environments, environment)
}

// Active tells whether the freeze holds at t.
func (f Freeze) Active(t time.Time) bool { return !t.Before(f.From) && t.Before(f.To) }
