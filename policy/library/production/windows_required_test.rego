package production_test

import data.production

test_a_plan_that_no_window_holds_is_denied if {
	found := production.deny_windows_required with input as but({"plan/windows": []})
	messages(found) == {"no allow window holds this step of plan reviews; in production one must"}
	{f._loc | some f in found} == {{"file": "plan.yaml", "line": 1}}
}

test_a_window_that_denies_says_not_when_to_go if {
	count(production.deny_windows_required) == 1 with input as but({"plan/windows/0/kind": "deny"})
}

test_a_window_of_this_step_is_enough_and_of_another_is_not if {
	count(production.deny_windows_required) == 0 with input as but({"plan/windows/0/step": 0})
	count(production.deny_windows_required) == 1 with input as but({"plan/windows/0/step": 1})
	count(production.deny_windows_required) == 0 with input as but({"plan/windows/0/step": 1, "step": 1, "operation": "promote"})
	count(production.deny_windows_required) == 1 with input as but({"plan/windows/0/step": 0, "step": 1, "operation": "promote"})
}

test_data_name_the_environments_that_need_windows if {
	limits := {"windowsRequired": {"production": true, "default": false}}
	count(production.deny_windows_required) == 1 with input as but({"plan/windows": []}) with data.limits as limits
	count(production.deny_windows_required) == 0 with input as but({"plan/windows": [], "environment": "staging"}) with data.limits as limits
}

test_what_follows_no_plan_needs_no_window if {
	every operation in ["create", "reshape", "remove", "correct", "rollback"] {
		count(production.deny_windows_required) == 0 with input as but({"plan/windows": [], "operation": operation})
	}
}
