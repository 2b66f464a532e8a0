package production_test

import data.production

test_a_rollout_begins_beside_few_others if {
	count(production.deny_concurrency) == 0 with input as beside(4)
	found := production.deny_concurrency with input as beside(5)
	messages(found) == {"5 rollouts are under way in production, and at most 5 may be"}
	{f.transient | some f in found} == {true}
}

test_what_is_under_way_goes_on if {
	moving := json.patch(beside(9), [{"op": "replace", "path": concat("/", [v3, "from"]), "value": {"weight": 5, "share": 5}}])
	count(production.deny_concurrency) == 0 with input as moving
}

test_where_nobody_looked_nothing_is_said if {
	count(production.deny_concurrency) == 0 with input as review
}

test_data_set_how_many if {
	count(production.deny_concurrency) == 1 with input as beside(1) with data.limits as {"maxConcurrent": {"default": 1}}
}

beside(others) := but({"inFlight": array.concat(
	[{"environment": "production", "namespace": "shop", "name": sprintf("r%d", [n])} | some n in numbers.range(1, others)],
	[{"environment": "staging", "namespace": "shop", "name": "elsewhere"}],
)})
