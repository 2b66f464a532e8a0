package regulated_test

import data.regulated

test_two_people_are_the_default if {
	found := regulated.deny_two_approvals with input as but({"plan/approvals/required": 1})
	messages(found) == {"approvals of plan reviews need 1 people; production asks for at least 2"}
	count(regulated.deny_two_approvals) == 0 with input as but({"plan/approvals/required": 2})
	count(regulated.deny_two_approvals) == 1 with input as but({"plan/approvals/required": 1, "operation": "promote", "step": 2})
}

test_data_set_how_many_people if {
	limits := {"approvalsRequired": {"production": 3, "default": 1}}
	count(regulated.deny_two_approvals) == 1 with input as review with data.limits as limits
	count(regulated.deny_two_approvals) == 0 with input as but({"plan/approvals/required": 1, "environment": "staging"}) with data.limits as limits
}

test_a_plan_without_a_pause_for_approval_is_denied if {
	found := regulated.deny_two_approvals with input as but({"plan/steps/1/untilApproved": false})
	messages(found) == {"no step of plan reviews waits for approval"}
}

test_who_approves_does_so_before_the_traffic_arrives if {
	found := regulated.deny_two_approvals with input as but({"operation": "promote", "step": 1})
	messages(found) == {"plan reviews arrives at Git's weights with step 2, and no step before it waits for approval"}
	count(regulated.deny_two_approvals) == 0 with input as but({"operation": "promote", "step": 2})
	count(regulated.deny_two_approvals) == 0 with input as but({"operation": "promote", "step": 3})
	count(regulated.deny_two_approvals) == 1 with input as but({"operation": "promote", "step": 0})
}

test_a_pause_that_is_passed_over_asks_nobody if {
	there := {"plan/steps/1/setWeight": 40, "targets/0/routes/0/destinations/0/stable/share": 60, "targets/0/routes/0/destinations/1/stable/share": 40}
	count(regulated.deny_two_approvals) == 1 with input as but(there)
	count(regulated.deny_two_approvals) == 0 with input as but(object.union(there, {"plan/steps/1/setWeight": 50}))
}
