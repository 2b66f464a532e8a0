package production_test

import data.production

frozen(reason, active) := {"plan/freezes": [{
	"name": "year-end", "reason": reason, "level": "the Delivery",
	"from": "2026-11-20T00:00:00Z", "to": "2027-01-04T00:00:00Z", "active": active,
}]}

test_an_active_freeze_holds_until_it_is_over if {
	found := production.deny_freeze with input as but(frozen("change freeze", true))
	found == {{
		"msg": "freeze year-end of the Delivery holds until 2027-01-04T00:00:00Z: change freeze",
		"transient": true,
		"again": "2027-01-04T00:00:00Z",
	}}
}

test_a_freeze_without_a_reason_is_a_freeze if {
	found := production.deny_freeze with input as but(frozen("", true))
	messages(found) == {"freeze year-end of the Delivery holds until 2027-01-04T00:00:00Z"}
}

test_a_freeze_to_come_holds_nothing if {
	count(production.deny_freeze) == 0 with input as but(frozen("", false))
}

test_a_freeze_holds_whatever_is_not_going_back if {
	every operation in ["create", "reshape", "step", "promote", "remove", "correct"] {
		count(production.deny_freeze) == 1 with input as but(object.union(frozen("", true), {"operation": operation}))
	}
	count(production.deny_freeze) == 0 with input as but(object.union(frozen("", true), {"operation": "rollback"}))
}

test_taking_back_what_a_hand_raised_waits_for_no_freeze if {
	lowered := object.union(frozen("", true), exposed(50, 5))
	count(production.deny_freeze) == 0 with input as but(object.union(lowered, {"operation": "correct"}))
	count(production.deny_freeze) == 1 with input as but(object.union(lowered, {"operation": "step"}))
	kept := object.union(frozen("", true), exposed(5, 5))
	count(production.deny_freeze) == 0 with input as but(object.union(kept, {"operation": "correct"}))
}

test_a_correction_that_nobody_can_measure_waits if {
	unknown := object.union(frozen("", true), {sprintf("%s/exposure", [first_route]): {}})
	count(production.deny_freeze) == 1 with input as but(object.union(unknown, {"operation": "correct"}))
}
