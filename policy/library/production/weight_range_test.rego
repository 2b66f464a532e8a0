package production_test

import data.production

in_git(weights) := {sprintf("%s/destinations", [first_route]): [{"target": {"weight": w}} | some w in weights]}

test_weights_that_are_all_0_are_denied if {
	found := production.deny_weight_range with input as but(in_git([0, 0]))
	messages(found) == {"Git gives every destination of reviews route primary the weight 0"}
	{f._loc | some f in found} == {{"file": "base/reviews.yaml", "line": 7}}
}

test_one_weight_above_0_is_enough if {
	count(production.deny_weight_range) == 0 with input as but(in_git([0, 1]))
}

test_a_lone_destination_gets_everything if {
	count(production.deny_weight_range) == 0 with input as but(in_git([0]))
}

test_a_route_that_git_does_not_have_has_no_weights if {
	count(production.deny_weight_range) == 0 with input as but({sprintf("%s/destinations", [first_route]): [{"host": "a"}, {"host": "b"}]})
}
