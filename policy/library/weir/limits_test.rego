package weir_test

import data.weir

asked := {"operation": "step", "environment": "production"}

says(limits) := {f.msg | some f in found} if {
	found := weir.deny_limits with input as asked with data.limits as limits
}

test_no_limits_are_fine if {
	count(weir.deny_limits) == 0 with input as asked
	count(says({})) == 0
}

test_limits_of_every_set_are_known if {
	count(says({"maxStep": {"production": 25}, "minSteps": {"default": 4}, "approvalsRequired": {"default": 3}})) == 0
}

test_a_misspelt_limit_is_denied if {
	some msg in says({"maxstep": {"production": 10}})
	startswith(msg, "limits.maxstep in the policies' data is not known; there is after, approvalsRequired, ")
}

test_a_limit_of_a_set_that_is_not_enforced_is_not_known if {
	found := weir.deny_limits with input as asked with data.limits as {"minSteps": {"default": 4}} with data.production.limits as {} with data.regulated.limits as {}
	{f.msg | some f in found} == {"limits.minSteps in the policies' data is not known; there is maxStep"}
}

test_a_limit_in_the_wrong_place_is_denied if {
	says(25) == {"limits in the policies' data is no object, so it limits nothing"}
	count(says({"maxstep": 25})) == 1
	says({"maxStep": 25}) == {"limits.maxStep in the policies' data is no object, so it limits nothing"}
	says({"production": {"maxStep": 25}}) == {"limits.production.maxStep in the policies' data is 25, which is not true or false"}
}

test_a_limit_of_the_wrong_type_is_denied_and_its_default_holds if {
	found := weir.deny_limits with input as asked with data.limits as {"maxStep": {"production": "25"}}
	found == {{
		"msg": "limits.maxStep.production in the policies' data is \"25\", which is not a number from 1 to 100",
		"fix": "Correct it. Without data, limits.maxStep is 50.",
	}}
	weir.limit("maxStep") == 50 with input as asked with data.limits as {"maxStep": {"production": "25"}}
	weir.limit("maxStep") == 50 with input as asked with data.limits as {"maxStep": {"default": 0}}
}

test_the_environment_comes_before_the_default if {
	limits := {"maxStep": {"production": 10, "default": 80}}
	weir.limit("maxStep") == 10 with input as asked with data.limits as limits
	weir.limit("maxStep") == 80 with input as {"environment": "staging"} with data.limits as limits
	weir.limit("maxStep") == 50 with input as asked with data.limits as {"maxStep": {"staging": 10}}
}

test_false_is_a_value if {
	weir.limit("windowsRequired") == false with input as asked with data.limits as {"windowsRequired": {"production": false}}
}

test_percent_is_a_number_from_1_to_100 if {
	every good in [1, 2.5, 100] { weir.fits("percent", good) }
	every bad in ["25", true, 0, 0.5, 101, null, [], {}] { not weir.fits("percent", bad) }
}

test_a_count_is_whole if {
	every good in [1, 20] { weir.fits("count", good) }
	every bad in ["1", 0, 1.5, -1] { not weir.fits("count", bad) }
}

test_minutes_may_be_none if {
	every good in [0, 0.5, 90] { weir.fits("minutes", good) }
	every bad in ["1h", -1] { not weir.fits("minutes", bad) }
}

test_a_flag_is_true_or_false if {
	every good in [true, false] { weir.fits("flag", good) }
	every bad in ["true", 1, null] { not weir.fits("flag", bad) }
}

test_an_answer_is_one_of_three_words if {
	every good in ["allow", "warn", "deny"] { weir.fits("answer", good) }
	every bad in ["denied", true] { not weir.fits("answer", bad) }
}

test_hours_belong_to_weekdays if {
	every good in [{}, {"Friday": 0}, {"Friday": 14, "Sunday": 23}] { weir.fits("hours", good) }
	every bad in [{"friday": 14}, {"Friday": 24}, {"Friday": -1}, {"Friday": 1.5}, {"Friday": "14"}, ["Friday"], [], 14] { not weir.fits("hours", bad) }
}

test_pairs_are_of_two_hosts if {
	every good in [[], [["a", "b"]], [["a", "b"], ["c", "d.e"]]] { weir.fits("pairs", good) }
	every bad in [["a", "b"], [["a"]], [["a", "b", "c"]], [["a", 1]], [{"a": "b", "c": "d"}], {}, "a"] { not weir.fits("pairs", bad) }
}

test_every_limit_has_a_kind_and_a_default_of_it if {
	every name, about in weir.known {
		weir.kinds[about.is]
		weir.fits(about.is, about["default"])
		name == name
	}
}

test_a_set_applies_unless_data_exempt_the_environment if {
	weir.applies("production") with input as asked
	not weir.applies("production") with input as asked with data.limits as {"production": {"production": false}}
	weir.applies("production") with input as asked with data.limits as {"production": {"staging": false}}
	weir.applies("production") with input as asked with data.limits as {"production": {"default": "false"}}
}

test_nothing_holds_a_rollback if {
	back := {"operation": "rollback", "environment": "production"}
	not weir.applies("production") with input as back
	every limits in [25, {"maxstep": {}}, {"maxStep": 25}, {"maxStep": {"production": "25"}}] {
		count(weir.deny_limits) == 0 with input as back with data.limits as limits
	}
}
