package baseline

import data.weir

# METADATA
# title: No step is too large
# description: >-
#   One move raises a route's exposure by at most so many percentage points, the
#   last step to Git's weights included. The limit is 50, or what the policies'
#   data.yaml says: limits.maxStep.<environment>, else limits.maxStep.default.
# labels: {id: W002, severity: high}
# custom:
#   fix: "Add steps to the WeightPlan between the two exposures, or raise limits.maxStep in data.yaml in the folder of weir.yaml's policies, as in policies: {path: policies, sets: [baseline]}."
deny_max_step contains finding if {
	input.operation != "rollback"
	some target in input.targets
	some route in target.routes
	rise := route.exposure.to - route.exposure.from
	rise > max_step
	finding := {
		"msg": sprintf("this move raises %s route %s from %v%% to %v%%; one move in %s may add %v percentage points", [
			target.name, route.label, route.exposure.from, route.exposure.to, input.environment, max_step,
		]),
		"target": target.name,
		"route": route.label,
	}
}

max_step := weir.limit("maxStep")
