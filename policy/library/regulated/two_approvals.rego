package regulated

import data.weir

# METADATA
# title: Two people approve
# description: >-
#   A pause that waits for approval needs at least so many people, and there is
#   such a pause before the traffic arrives at Git's weights.
# labels: {id: A001, severity: critical}
# custom:
#   fix: "Set approvals: {required: 2} in the WeightPlan and let a step that this change reaches wait for approval, as in {setWeight: 5, pause: {}}."
deny_two_approvals contains finding if {
	weir.applies("regulated")
	input.operation in {"step", "promote"}
	input.plan.approvals.required < weir.limit("approvalsRequired")
	finding := {
		"msg": sprintf("approvals of plan %s need %v people; %s asks for at least %v", [
			input.plan.name, input.plan.approvals.required, input.environment, weir.limit("approvalsRequired"),
		]),
		"_loc": {"file": input.plan.file, "line": input.plan.line},
	}
}

deny_two_approvals contains finding if {
	weir.applies("regulated")
	input.operation == "step"
	every step in input.plan.steps {
		not asks(step)
	}
	finding := {
		"msg": sprintf("no step of plan %s waits for approval", [input.plan.name]),
		"_loc": {"file": input.plan.file, "line": input.plan.line},
	}
}

deny_two_approvals contains finding if {
	weir.applies("regulated")
	input.operation == "promote"
	every step in array.slice(input.plan.steps, 0, input.step) {
		not asks(step)
	}
	finding := {
		"msg": sprintf("plan %s arrives at Git's weights with step %v, and no step before it waits for approval", [input.plan.name, input.step + 1]),
		"_loc": {"file": input.plan.file, "line": input.plan.line},
	}
}

# asks tells whether a step waits for people, and is not passed over because the traffic
# was there before.
asks(step) if {
	step.untilApproved
	some target in input.targets
	some route in target.routes
	step.setWeight > sum([share(d, "stable") | some d in route.destinations; share(d, "target") > share(d, "stable")])
}

share(d, side) := object.get(d, [side, "share"], 0)
