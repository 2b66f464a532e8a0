package canary.pauses_test

import data.canary.pauses

test_a_plan_without_pauses_is_warned_of if {
	found := pauses.warn_no_pause with input as plan([step(0, false), step(0, false)])
	{f.msg | some f in found} == {"no step of plan ratings pauses"}
}

test_a_pause_is_enough if {
	count(pauses.warn_no_pause) == 0 with input as plan([step(600, false), step(0, false)])
}

test_an_approval_is_a_pause if {
	count(pauses.warn_no_pause) == 0 with input as plan([step(0, true), step(0, false)])
}

plan(steps) := {
	"environment": "production",
	"operation": "step",
	"plan": {"name": "ratings", "file": "overlays/production/ratings.yaml", "line": 1, "steps": steps},
}

step(seconds, approved) := {"pauseSeconds": seconds, "untilApproved": approved}
