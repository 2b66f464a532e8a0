package production_test

import data.production

exposed(from, to) := {sprintf("%s/exposure", [first_route]): {"from": from, "to": to}}

test_from_nothing_to_everything_is_denied if {
	found := production.deny_direct_100 with input as but(exposed(0, 100))
	messages(found) == {"this move takes reviews route primary from 0% to 100% at once"}
}

test_almost_nothing_and_almost_everything_are_for_other_rules if {
	count(production.deny_direct_100) == 0 with input as but(exposed(1, 100))
	count(production.deny_direct_100) == 0 with input as but(exposed(0, 99))
}

test_what_is_created_has_nothing_to_lose if {
	count(production.deny_direct_100) == 0 with input as but(object.union(exposed(0, 100), {"operation": "create"}))
	count(production.deny_direct_100) == 0 with input as but({sprintf("%s/exposure", [first_route]): {}})
}

test_undoing_a_hand_edit_is_no_way_around if {
	count(production.deny_direct_100) == 1 with input as but(object.union(exposed(0, 100), {"operation": "correct"}))
}
