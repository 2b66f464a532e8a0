package production

import data.weir

# METADATA
# title: Not everything moves at once
# description: >-
#   A rollout begins while at most limits.maxConcurrent less one others of its
#   environment are under way: who looks at them has one pair of eyes. What is
#   under way goes on, and a rollback never waits. It passes as soon as others end.
# labels: {id: C001, severity: medium}
# custom:
#   fix: Wait for the others, or raise limits.maxConcurrent in the policies' data.yaml.
deny_concurrency contains finding if {
	weir.applies("production")
	input.operation in {"step", "promote"}
	not under_way
	others := [other | some other in input.inFlight; other.environment == input.environment]
	count(others) >= weir.limit("maxConcurrent")
	finding := {
		"msg": sprintf("%d rollouts are under way in %s, and at most %v may be", [count(others), input.environment, weir.limit("maxConcurrent")]),
		"transient": true,
	}
}

# under_way tells whether something of the rollout has left stable.
under_way if {
	some target in input.targets
	some route in target.routes
	some d in route.destinations
	d.from.share != d.stable.share
}
