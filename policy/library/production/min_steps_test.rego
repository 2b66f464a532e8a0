package production_test

import data.production

plan(steps) := {"plan/steps": [{"index": i, "setWeight": s[0], "pauseSeconds": s[1], "untilApproved": s[2]} | some i, s in steps]}

test_three_steps_are_the_default if {
	count(production.deny_min_steps) == 0 with input as but(plan([[5, 1800, false], [50, 1800, false], [100, 0, false]]))
	found := production.deny_min_steps with input as but(plan([[5, 3600, false], [100, 0, false]]))
	messages(found) == {"plan reviews reaches 100% in 2 steps; production asks for at least 3"}
	{f._loc | some f in found} == {{"file": "plan.yaml", "line": 1}}
}

test_the_step_to_gits_weights_counts if {
	count(production.deny_min_steps) == 0 with input as but(plan([[5, 1800, false], [50, 1800, false]]))
}

test_data_set_the_number_of_steps if {
	limits := {"minSteps": {"production": 4, "default": 1}}
	count(production.deny_min_steps) == 1 with input as review with data.limits as limits
	count(production.deny_min_steps) == 0 with input as but({"environment": "staging"}) with data.limits as limits
}

test_an_hour_is_the_default_soak if {
	found := production.deny_min_steps with input as but(plan([[5, 1800, false], [50, 1740, false], [100, 0, false]]))
	messages(found) == {"the pauses of plan reviews below 100% add up to 59 minutes; production asks for at least 60, or for a step that waits for approval"}
}

test_a_pause_at_99_percent_counts if {
	count(production.deny_min_steps) == 0 with input as but(plan([[5, 0, false], [99, 3600, false], [100, 0, false]]))
	count(production.deny_min_steps) == 0 with input as but(plan([[5, 0, false], [99, 0, true], [100, 0, false]]))
}

test_a_pause_at_100_percent_comes_too_late if {
	count(production.deny_min_steps) == 1 with input as but(plan([[5, 60, false], [50, 60, false], [100, 7200, false]]))
	count(production.deny_min_steps) == 1 with input as but(plan([[5, 60, false], [50, 60, false], [100, 0, true]]))
}

test_a_step_that_waits_for_approval_is_soak_enough if {
	count(production.deny_min_steps) == 0 with input as but(plan([[5, 60, false], [50, 0, true], [100, 0, false]]))
}

test_data_set_the_soak if {
	asked := but(plan([[5, 60, false], [50, 60, false], [100, 0, false]]))
	count(production.deny_min_steps) == 0 with input as asked with data.limits as {"minSoakMinutes": {"production": 2}}
	count(production.deny_min_steps) == 1 with input as asked with data.limits as {"minSoakMinutes": {"production": 2.5}}
	count(production.deny_min_steps) == 0 with input as but(plan([[5, 0, false], [50, 0, false]])) with data.limits as {"minSoakMinutes": {"default": 0}}
}

test_the_arrival_is_judged_as_well_and_nothing_that_follows_no_plan if {
	short := plan([[50, 60, false]])
	count(production.deny_min_steps) == 2 with input as but(object.union(short, {"operation": "promote"}))
	every operation in ["create", "reshape", "remove", "correct", "rollback"] {
		count(production.deny_min_steps) == 0 with input as but(object.union(short, {"operation": operation}))
	}
}
