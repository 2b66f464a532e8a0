package baseline_test

import data.baseline

test_each_thing_that_is_loosened_is_said if {
	found := baseline.warn_plan_loosened with input as loosening(["a", "b"])
	{f.msg | some f in found} == {
		"this change moves weights and loosens their plan reviews: a",
		"this change moves weights and loosens their plan reviews: b",
	}
}

test_a_plan_that_holds_as_before_is_fine if {
	count(baseline.warn_plan_loosened) == 0 with input as loosening([])
	count(baseline.warn_plan_loosened) == 0 with input as json.remove(loosening([]), ["plan/loosened"])
}

loosening(sayings) := {"plan": {"name": "reviews", "file": "plan.yaml", "line": 1, "loosened": sayings}}
