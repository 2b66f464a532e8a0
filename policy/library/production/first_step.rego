package production

import data.weir

# METADATA
# title: The first step is small
# description: >-
#   A destination that has no traffic yet gets at most so many percent at first,
#   and the step that gives it these waits before the next one, by its pause, an
#   analysis or the plan's schedule: what is wrong with it shows while most
#   requests still go elsewhere.
# labels: {id: W003, severity: high}
# custom:
#   fix: "Begin the WeightPlan with a small step that waits, as in {setWeight: 5, pause: {duration: 10m}}, or raise limits.firstStep in the policies' data.yaml."
deny_first_step contains finding if {
	weir.applies("production")
	some target in input.targets
	some route in target.routes
	some d in route.destinations
	begins(d)
	d.to.share > weir.limit("firstStep")
	finding := {
		"msg": sprintf("this move takes %s, of %s route %s, from 0%% to %v%%; a first step in %s may be %v%%", [
			called(d), target.name, route.label, d.to.share, input.environment, weir.limit("firstStep"),
		]),
		"target": target.name,
		"route": route.label,
	}
}

deny_first_step contains finding if {
	weir.applies("production")
	input.operation == "step"
	some target in input.targets
	some route in target.routes
	some d in route.destinations
	begins(d)
	step := input.plan.steps[input.step]
	step.pauseSeconds == 0
	not step.untilApproved
	not input.plan.schedule
	not measures(step)
	not measures(input.plan)
	finding := {
		"msg": sprintf("step %v of plan %s is the first to send traffic to %s, of %s route %s, and does not wait before the next", [
			step.index + 1, input.plan.name, called(d), target.name, route.label,
		]),
		"target": target.name,
		"route": route.label,
	}
}

begins(d) if {
	rises(d)
	d.from.share == 0
	d.to.share > 0
}
