package regulated_test

import data.regulated

# review is a step of a plan that no rule of the set minds.
review := {
	"operation": "step", "environment": "production", "step": 0,
	"targets": [{"routes": [{"destinations": [
		{"subset": "v1", "stable": {"share": 100}, "target": {"share": 0}},
		{"subset": "v3", "stable": {"share": 0}, "target": {"share": 100}},
	]}]}],
	"plan": {
		"name": "reviews", "file": "plan.yaml", "line": 1,
		"steps": [
			{"index": 0, "setWeight": 5, "pauseSeconds": 600, "untilApproved": false},
			{"index": 1, "setWeight": 50, "pauseSeconds": 0, "untilApproved": true},
			{"index": 2, "setWeight": 100, "pauseSeconds": 0, "untilApproved": false},
		],
		"approvals": {"required": 2, "approvers": ["@ops.example.com"], "signed": true},
		"progressDeadlineSeconds": 14400, "whenWindowCloses": "hold",
	},
}

but(changes) := json.patch(review, [{"op": "add", "path": path, "value": value} | some path, value in changes])

messages(findings) := {f.msg | some f in findings}

rules := [
	regulated.deny_approvers_named, regulated.deny_progress_deadline, regulated.deny_signed,
	regulated.deny_two_approvals, regulated.deny_window_finish,
]

all := {f | some rule in rules; some f in rule}

worst := but({
	"plan/steps": [{"index": 0, "setWeight": 100, "pauseSeconds": 60, "untilApproved": false}],
	"plan/approvals": {"required": 1, "approvers": [], "signed": false},
	"plan/progressDeadlineSeconds": 0, "plan/whenWindowCloses": "finish",
})

test_a_plan_for_auditors_is_allowed if {
	every asked in [review, but({"operation": "promote", "step": 2})] {
		found := all with input as asked
		found == set()
	}
}

test_every_rule_minds_the_worst_plan if {
	every operation in ["step", "promote"] {
		every rule in rules { count(rule) > 0 } with input as object.union(worst, {"operation": operation})
	}
}

test_no_rule_holds_a_rollback_or_what_follows_no_plan if {
	every operation in ["rollback", "create", "reshape", "remove", "correct"] {
		found := all with input as object.union(worst, {"operation": operation})
		found == set()
	}
}

test_no_rule_judges_an_environment_that_data_exempt if {
	every operation in ["step", "promote"] {
		found := all with input as object.union(worst, {"operation": operation}) with data.limits as {"regulated": {"production": false}}
		found == set()
	}
}

test_a_limit_of_the_wrong_type_exempts_from_nothing if {
	without := all with input as worst
	found := all with input as worst with data.limits as {"regulated": {"default": "no"}, "approvalsRequired": {"default": "no"}}
	found == without
}
