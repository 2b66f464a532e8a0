package production

import data.weir

# METADATA
# title: Some destination has weight
# description: >-
#   Git gives at least one of a route's destinations a weight above 0. Istio has
#   no way to divide traffic among weights that are all 0, and refuses them.
# labels: {id: W006, severity: critical}
# custom:
#   fix: Give the route's destinations weights that sum to 100.
deny_weight_range contains finding if {
	weir.applies("production")
	some target in input.targets
	some route in target.routes
	weights := [d.target.weight | some d in route.destinations]
	count(weights) > 1
	sum(weights) == 0
	finding := {
		"msg": sprintf("Git gives every destination of %s route %s the weight 0", [target.name, route.label]),
		"target": target.name,
		"route": route.label,
		"weight": true,
		"_loc": {"file": target.file, "line": target.line},
	}
}
