package canary

# METADATA
# title: The first step is small
# description: >-
#   In production, a version that has no traffic yet gets at most 25 percent in
#   its first step, so that what is wrong with it shows while most requests still
#   go elsewhere.
# labels: {id: BOOKINFO-1, severity: high}
# custom:
#   fix: "Begin the WeightPlan with a step of 25 or less, as in {setWeight: 25, pause: {duration: 10m}}."
deny_first_step contains finding if {
	input.environment == "production"
	input.operation in {"step", "promote"}
	some target in input.targets
	some route in target.routes
	route.exposure.from == 0
	route.exposure.to > first_step
	finding := {
		"msg": sprintf("a first step above %d percent is not allowed in production: %s would go from 0 to %v percent at once", [
			first_step, target.name, route.exposure.to,
		]),
		"target": target.name,
		"route": route.label,
		"step": input.step,
	}
}

first_step := 25
