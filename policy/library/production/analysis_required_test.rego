package production_test

import data.production

blind := json.remove(review, ["plan/analysis"])

test_pauses_that_nobody_looks_at_are_denied if {
	found := production.deny_analysis_required with input as blind
	messages(found) == {"nothing looks at the pauses of plan reviews (step 1, 2): it has neither analysis nor webhook"}
	{f._loc | some f in found} == {{"file": "plan.yaml", "line": 1}}
}

test_the_arrival_is_judged_as_well if {
	count(production.deny_analysis_required) == 1 with input as object.union(blind, {"operation": "promote"})
}

test_an_analysis_without_metrics_looks_at_nothing if {
	count(production.deny_analysis_required) == 1 with input as but({"plan/analysis/metrics": []})
}

test_a_webhook_is_enough if {
	asked := json.patch(blind, [{"op": "add", "path": "plan/webhooks", "value": [{"name": "gate", "type": "confirm-rollout"}]}])
	count(production.deny_analysis_required) == 0 with input as asked
}

test_a_step_may_have_its_own_analysis if {
	own := {"op": "add", "path": "plan/steps/0/analysis", "value": {"metrics": ["errors"]}}
	found := production.deny_analysis_required with input as json.patch(blind, [own])
	messages(found) == {"nothing looks at the pauses of plan reviews (step 2): it has neither analysis nor webhook"}
	count(production.deny_analysis_required) == 0 with input as json.patch(blind, [own, object.union(own, {"path": "plan/steps/1/analysis"})])
}

test_who_approves_looks if {
	asked := object.union(blind, {"plan": object.union(blind.plan, {"steps": [{"index": 0, "setWeight": 5, "pauseSeconds": 0, "untilApproved": true}]})})
	count(production.deny_analysis_required) == 0 with input as asked
}

test_what_follows_no_plan_needs_no_analysis if {
	every operation in ["create", "reshape", "remove", "correct", "rollback"] {
		count(production.deny_analysis_required) == 0 with input as object.union(blind, {"operation": operation})
	}
}
