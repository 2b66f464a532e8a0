package production

import data.weir

# METADATA
# title: Nothing goes from 0 to 100 at once
# description: >-
#   No single move takes a route from none of what is new to nothing else,
#   however large the other limits are. What is created has nothing to lose.
# labels: {id: W004, severity: critical}
# custom:
#   fix: "Give the WeightPlan steps between 0 and 100, as in {setWeight: 10, pause: {duration: 10m}}."
deny_direct_100 contains finding if {
	weir.applies("production")
	input.operation != "create"
	some target in input.targets
	some route in target.routes
	route.exposure.from == 0
	route.exposure.to == 100
	finding := {
		"msg": sprintf("this move takes %s route %s from 0%% to 100%% at once", [target.name, route.label]),
		"target": target.name,
		"route": route.label,
	}
}
