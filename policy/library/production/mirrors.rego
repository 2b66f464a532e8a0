package production

import data.weir

# METADATA
# title: A mirror copies a part
# description: >-
#   A route copies at most limits.mirrorPercent of its requests to each mirror.
#   Where a VirtualService names a mirror and no percentage, Istio copies all of
#   them: that doubles the load of whatever stands behind, and every write that
#   a copied request makes is made.
# labels: {id: D004, severity: high}
# custom:
#   fix: "Write mirrorPercentage: {value: 5}, and let the mirror write nowhere that production reads."
deny_mirrors contains finding if {
	weir.applies("production")
	input.operation != "remove"
	some target in input.targets
	some route in target.routes
	some mirror in route.mirrors
	mirror.percent > weir.limit("mirrorPercent")
	finding := {
		"msg": sprintf("%s route %s copies %v%% of its requests to %s; in %s at most %v%% may be", [
			target.name, route.label, mirror.percent, mirror.host, input.environment, weir.limit("mirrorPercent"),
		]),
		"target": target.name,
		"route": route.label,
		"_loc": {"file": target.file, "line": target.line},
	}
}
