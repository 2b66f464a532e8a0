package production_test

import data.production

test_weights_beside_other_changes_are_said if {
	found := production.warn_weights_apart with input as but({"operation": "reshape"})
	messages(found) == {"this change moves weights of reviews route primary, and more of reviews than its weights"}
}

test_weights_alone_are_their_own_change if {
	count(production.warn_weights_apart) == 0 with input as review
}

test_a_reshape_alone_is_its_own_change if {
	alone := but({
		"operation": "reshape",
		"targets/0/routes/0/destinations/0/target": {"weight": 100, "share": 100},
		"targets/0/routes/0/destinations/1/target": {"weight": 0, "share": 0},
	})
	count(production.warn_weights_apart) == 0 with input as alone
	count(production.warn_weights_apart) == 0 with input as but({"operation": "reshape", "targets/0/routes/0/fixed": true})
}
