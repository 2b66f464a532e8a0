package baseline

# METADATA
# title: No step is too large
# description: >-
#   One move raises a route's exposure by at most so many percentage points, the
#   last step to Git's weights included. The limit is 50, or what the policies'
#   data.yaml says: limits.maxStep.<environment>, else limits.maxStep.default.
# labels: {id: W002, severity: high}
# custom:
#   fix: Add steps to the WeightPlan between the two exposures, or raise limits.maxStep in the policies' data.yaml.
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

deny_max_step contains finding if {
	some environment, limit in data.limits.maxStep
	not valid_step(limit)
	finding := {
		"msg": sprintf("limits.maxStep.%s in the policies' data is %v, which is no number from 1 to 100", [environment, limit]),
		"fix": "Write a number of percentage points, as in 25.",
	}
}

deny_max_step contains finding if {
	some name, _ in data.limits
	name != "maxStep"
	finding := {
		"msg": sprintf("limits.%s in the policies' data is not known; there is maxStep", [name]),
		"fix": "Correct its name, or put it elsewhere than under limits.",
	}
}

deny_max_step contains finding if {
	some name in not_objects
	finding := {
		"msg": sprintf("%s in the policies' data is no object, so it limits nothing", [name]),
		"fix": "Write limits: {maxStep: {production: 25, default: 50}}.",
	}
}

not_objects contains "limits" if is_object(data.limits) == false

not_objects contains "limits.maxStep" if is_object(data.limits.maxStep) == false

max_step := limit if {
	limit := data.limits.maxStep[input.environment]
} else := limit if {
	limit := data.limits.maxStep["default"]
} else := 50

valid_step(limit) if {
	is_number(limit)
	limit >= 1
	limit <= 100
}
