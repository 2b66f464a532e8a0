// Package rollout is the domain of weir: what a split is, what a plan says,
// and what to do now. It is pure: no I/O, no clock, no globals that change.
// Time and facts are arguments, answers are values, and the same arguments
// give the same answer.
//
// Start reading at [Next], which says what to do now about one [Rollout] and
// the [Facts] read of the world. [Timeline] folds it over virtual time,
// [Toward] is the arithmetic of the weights, and [Match] pairs what Git wants
// with what the cluster has.
//
// The phases of a rollout:
//
//	           commit                    next step
//	Healthy ───────────► Pending ──────► Progressing ◄───┐
//	   ▲  ▲                 ▲ policy says no │   │  ▲    │
//	   │  └─────────────────┼────────────────┘   │  └────┘
//	   │   last step done   │        pause: {}   ▼    approved
//	   │                    └─────────────── Paused
//	   └── going back: from anywhere, at once, asked by a commit that equals
//	       stable; Degraded where a failure asked for it
package rollout
