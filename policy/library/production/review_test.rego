package production_test

import data.production

# review is a step of a plan that no rule of the set minds: v3 from 0 to 5
# percent, on a Monday morning.
review := {
	"operation": "step", "moment": "runtime", "environment": "production", "step": 0,
	"time": {"weekday": "Monday", "hour": 8, "epochSeconds": 1795421100},
	"targets": [{
		"name": "reviews", "namespace": "bookinfo", "file": "base/reviews.yaml", "line": 7,
		"routes": [{
			"label": "primary", "fixed": false, "exposure": {"from": 0, "to": 5},
			"destinations": [
				{
					"host": "reviews", "subset": "v1", "port": 9080, "endpoints": {"ready": 3, "want": 3},
					"stable": {"weight": 100, "share": 100}, "from": {"weight": 100, "share": 100},
					"to": {"weight": 95, "share": 95}, "target": {"weight": 0, "share": 0},
				},
				{
					"host": "reviews", "subset": "v3", "port": 9080, "endpoints": {"ready": 1, "want": 3},
					"stable": {"weight": 0, "share": 0}, "from": {"weight": 0, "share": 0},
					"to": {"weight": 5, "share": 5}, "target": {"weight": 100, "share": 100},
				},
			],
		}],
	}],
	"plan": {
		"name": "reviews", "file": "plan.yaml", "line": 1,
		"steps": [
			{"index": 0, "setWeight": 5, "pauseSeconds": 1800, "untilApproved": false},
			{"index": 1, "setWeight": 50, "pauseSeconds": 1800, "untilApproved": false},
			{"index": 2, "setWeight": 100, "pauseSeconds": 0, "untilApproved": false},
		],
		"windows": [{"name": "office", "kind": "allow", "step": -1}],
		"freezes": [],
		"analysis": {"metrics": ["success-rate"]},
		"webhooks": [],
	},
}

# but is the review with other values at some paths, "plan/windows": [].
but(changes) := json.patch(review, [{"op": "add", "path": path, "value": value} | some path, value in changes])

v3 := "targets/0/routes/0/destinations/1"

first_route := "targets/0/routes/0"

messages(findings) := {f.msg | some f in findings}

# all is what the rules of the set say.
all := union({
	production.deny_analysis_required,
	production.deny_concurrency,
	production.deny_direct_100,
	production.deny_environment_order,
	production.deny_first_step,
	production.deny_freeze,
	production.deny_min_steps,
	production.deny_mirrors,
	production.deny_quiet_hours,
	production.deny_ready_endpoints,
	production.deny_same_service,
	production.deny_weight_range,
	production.deny_windows_required,
	production.warn_ready_endpoints,
	production.warn_reshape,
	production.warn_weights_apart,
})

# worst is what every rule of the set minds.
worst := but({
	"inFlight": [{"environment": "production", "namespace": "shop", "name": sprintf("r%d", [n])} | some n in numbers.range(1, 5)],
	"time": {"weekday": "Saturday", "hour": 8, "epochSeconds": 1795421100},
	"plan/windows": [],
	"plan/analysis": {"metrics": []},
	"plan/steps": [
		{"index": 0, "setWeight": 50, "pauseSeconds": 0, "untilApproved": false},
		{"index": 1, "setWeight": 100, "pauseSeconds": 60, "untilApproved": false},
	],
	"plan/freezes": [{"name": "audit", "reason": "", "level": "the plan", "to": "2026-12-01T00:00:00Z", "active": true}],
	"targets/0/routes": [
		object.union(review.targets[0].routes[0], {"exposure": {"from": 0, "to": 100}, "destinations": array.concat(
			[object.union(review.targets[0].routes[0].destinations[1], {"to": {"share": 100}, "endpoints": {"ready": 0}})],
			[object.union(review.targets[0].routes[0].destinations[0], {"host": "ratings"})],
		), "mirrors": [{"host": "shadow", "subset": "", "port": 0, "percent": 100}]}),
		object.union(review.targets[0].routes[0], {"label": "unknown", "destinations": [json.remove(
			review.targets[0].routes[0].destinations[1],
			["endpoints"],
		)]}),
		{"label": "zero", "destinations": [{"target": {"weight": 0}}, {"target": {"weight": 0}}], "exposure": {}, "fixed": true},
	],
})

test_a_careful_step_is_allowed if {
	found := all with input as review
	found == set()
}

test_every_rule_minds_the_worst_review if {
	every rule in [
		production.deny_analysis_required, production.deny_concurrency, production.deny_direct_100, production.deny_first_step, production.deny_freeze,
		production.deny_min_steps, production.deny_mirrors, production.deny_quiet_hours, production.deny_ready_endpoints, production.deny_same_service,
		production.deny_weight_range, production.deny_windows_required, production.warn_ready_endpoints,
	] {
		count(rule) > 0
	} with input as worst
}

test_no_rule_holds_a_rollback if {
	found := all with input as object.union(worst, {"operation": "rollback"})
	found == set()
}

test_no_rule_judges_an_environment_that_data_exempt if {
	found := all with input as worst with data.limits as {"production": {"production": false}}
	found == set()
	count(all) > 0 with input as worst with data.limits as {"production": {"staging": false}}
}

test_a_limit_of_the_wrong_type_exempts_from_nothing if {
	broken := {name: {"default": "no"} | some name, _ in production.limits}
	without := all with input as worst
	found := all with input as worst with data.limits as broken
	found == without
}
