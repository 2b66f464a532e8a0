package production

import data.weir

# METADATA
# title: Weights change in a change of their own
# description: >-
#   What a route matches, its timeouts, faults and headers change all traffic at
#   once, whatever the weights say. A change that moves weights leaves them as
#   they are, so that each is reviewed for what it is.
# labels: {id: D005, severity: medium}
# custom:
#   fix: Merge the change of the routes first, by itself, and then the one of the weights.
warn_weights_apart contains finding if {
	weir.applies("production")
	input.operation == "reshape"
	some target in input.targets
	some route in target.routes
	some d in route.destinations
	d.target.share != d.stable.share
	not route.fixed
	finding := {
		"msg": sprintf("this change moves weights of %s route %s, and more of %s than its weights", [target.name, route.label, target.name]),
		"target": target.name,
		"route": route.label,
		"_loc": {"file": target.file, "line": target.line},
	}
}
