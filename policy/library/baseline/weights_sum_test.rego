package baseline_test

import data.baseline

test_weights_that_add_up_are_fine if {
	count(baseline.deny_weights_sum) == 0 with input as split([50, 50], 100)
}

test_weights_that_fall_short_are_denied if {
	found := baseline.deny_weights_sum with input as split([50, 40], 100)
	{f.msg | some f in found} == {"the weights of reviews route primary sum to 90 in Git, not to 100"}
}

test_weights_may_sum_to_the_total_of_the_plan if {
	count(baseline.deny_weights_sum) == 0 with input as split([9990, 10], 10000)
	count(baseline.deny_weights_sum) == 0 with input as split([50, 50], 10000)
}

test_both_totals_are_named_where_the_plan_has_its_own if {
	found := baseline.deny_weights_sum with input as split([50, 40], 1000)
	{f.msg | some f in found} == {"the weights of reviews route primary sum to 90 in Git, not to 100 or 1000"}
}

test_a_lone_destination_is_the_whole if {
	count(baseline.deny_weights_sum) == 0 with input as split([100], 100)
	count(baseline.deny_weights_sum) == 0 with input as split([0], 100)
}

split(weights, total) := {
	"plan": {"totalWeight": total},
	"targets": [{
		"name": "reviews", "file": "reviews.yaml", "line": 3,
		"routes": [{"label": "primary", "destinations": [{"target": {"weight": w}} | some w in weights]}],
	}],
}
