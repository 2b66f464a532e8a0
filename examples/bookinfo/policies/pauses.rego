package canary.pauses

# METADATA
# title: A plan waits somewhere
# description: >-
#   In production, a plan whose steps neither pause nor wait for approval puts
#   everything on the new version before anybody can look at it.
# labels: {id: BOOKINFO-2, severity: medium}
# custom:
#   fix: "Give at least one step a pause, as in {setWeight: 25, pause: {duration: 10m}}."
warn_no_pause contains finding if {
	input.environment == "production"
	input.operation in {"step", "promote"}
	count(input.plan.steps) > 0
	every step in input.plan.steps {
		step.pauseSeconds == 0
		not step.untilApproved
	}
	finding := {
		"msg": sprintf("no step of plan %s pauses", [input.plan.name]),
		"_loc": {"file": input.plan.file, "line": input.plan.line},
	}
}
