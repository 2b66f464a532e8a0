package baseline

# METADATA
# title: Weights add up
# description: >-
#   The weights that Git gives a route's destinations sum to 100, or to the
#   plan's totalWeight. Istio does not check this: it divides each weight by
#   their sum, so that 50 and 40 become 56 % and 44 % without a word.
# labels: {id: W001, severity: high}
# custom:
#   fix: Change the route's weights so that they sum to 100, or to the plan's totalWeight.
deny_weights_sum contains finding if {
	some target in input.targets
	some route in target.routes
	weights := [d.target.weight | some d in route.destinations]
	count(weights) > 1
	total := sum(weights)
	not total in {100, input.plan.totalWeight}
	finding := {
		"msg": sprintf("the weights of %s route %s sum to %v in Git, not to %s", [target.name, route.label, total, wanted_sum]),
		"target": target.name,
		"route": route.label,
		"weight": true,
		"_loc": {"file": target.file, "line": target.line},
	}
}

wanted_sum := "100" if {
	input.plan.totalWeight == 100
} else := sprintf("100 or %v", [input.plan.totalWeight])
