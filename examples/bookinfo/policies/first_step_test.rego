package canary_test

import data.canary

test_from_nothing_to_everything_is_denied if {
	found := canary.deny_first_step with input as move("production", "promote", 0, 100)
	{f.msg | some f in found} == {"a first step above 25 percent is not allowed in production: ratings would go from 0 to 100 percent at once"}
	{f.route | some f in found} == {"http[0]"}
}

test_a_small_first_step_is_allowed if {
	count(canary.deny_first_step) == 0 with input as move("production", "step", 0, 25)
}

test_later_steps_may_be_large if {
	count(canary.deny_first_step) == 0 with input as move("production", "promote", 50, 100)
}

test_staging_may_do_as_it_likes if {
	count(canary.deny_first_step) == 0 with input as move("staging", "promote", 0, 100)
}

test_going_back_is_no_first_step if {
	count(canary.deny_first_step) == 0 with input as move("production", "rollback", 0, 100)
}

move(environment, operation, from, to) := {
	"environment": environment,
	"operation": operation,
	"step": 0,
	"targets": [{
		"name": "ratings",
		"routes": [{"label": "http[0]", "exposure": {"from": from, "to": to}}],
	}],
}
