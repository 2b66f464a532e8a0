package baseline_test

import data.baseline

test_half_is_the_default_limit if {
	count(baseline.deny_max_step) == 0 with input as rise("step", 0, 50)
	found := baseline.deny_max_step with input as rise("step", 0, 51)
	{f.msg | some f in found} == {"this move raises reviews route primary from 0% to 51%; one move in production may add 50 percentage points"}
}

test_the_last_step_counts if {
	count(baseline.deny_max_step) == 1 with input as rise("promote", 25, 100)
}

test_going_back_and_going_down_are_never_too_large if {
	count(baseline.deny_max_step) == 0 with input as rise("rollback", 0, 100)
	count(baseline.deny_max_step) == 0 with input as rise("step", 100, 0)
}

test_data_sets_the_limit_of_an_environment if {
	limits := {"maxStep": {"production": 10, "default": 80}}
	count(baseline.deny_max_step) == 1 with input as rise("step", 0, 11) with data.limits as limits
	count(baseline.deny_max_step) == 0 with input as rise("step", 0, 10) with data.limits as limits
}

test_data_sets_the_limit_of_the_others if {
	limits := {"maxStep": {"staging": 10, "default": 80}}
	count(baseline.deny_max_step) == 0 with input as rise("step", 0, 80) with data.limits as limits
	count(baseline.deny_max_step) == 1 with input as rise("step", 0, 81) with data.limits as limits
}

test_a_limit_that_is_no_number_leaves_the_default if {
	count(baseline.deny_max_step) == 1 with input as rise("step", 0, 51) with data.limits as {"maxStep": {"production": "80"}}
}

rise(operation, from, to) := {
	"environment": "production",
	"operation": operation,
	"targets": [{"name": "reviews", "routes": [{"label": "primary", "exposure": {"from": from, "to": to}}]}],
}
