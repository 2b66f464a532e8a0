package production

import data.weir

# METADATA
# title: A plan takes its time
# description: >-
#   A plan has at least so many steps, the one to Git's weights included, and its
#   pauses below 100 percent add up to at least so many minutes. A step below 100
#   percent that waits for approval is as long as people need.
# labels: {id: W005, severity: medium}
# custom:
#   fix: Add steps and longer pauses to the WeightPlan, or lower limits.minSteps and limits.minSoakMinutes in the policies' data.yaml.
deny_min_steps contains finding if {
	weir.applies("production")
	input.operation in {"step", "promote"}
	steps < weir.limit("minSteps")
	finding := {
		"msg": sprintf("plan %s reaches 100%% in %v steps; %s asks for at least %v", [
			input.plan.name, steps, input.environment, weir.limit("minSteps"),
		]),
		"_loc": {"file": input.plan.file, "line": input.plan.line},
	}
}

deny_min_steps contains finding if {
	weir.applies("production")
	input.operation in {"step", "promote"}
	not waits_for_people
	soak < weir.limit("minSoakMinutes")
	finding := {
		"msg": sprintf("the pauses of plan %s below 100%% add up to %v minutes; %s asks for at least %v, or for a step that waits for approval", [
			input.plan.name, soak, input.environment, weir.limit("minSoakMinutes"),
		]),
		"_loc": {"file": input.plan.file, "line": input.plan.line},
	}
}

# A plan that ends below 100 percent has one more step: to Git's weights.
steps := count(input.plan.steps) if {
	some step in input.plan.steps
	step.setWeight == 100
} else := count(input.plan.steps) + 1

soak := sum([step.pauseSeconds | some step in input.plan.steps; step.setWeight < 100]) / 60

waits_for_people if {
	some step in input.plan.steps
	step.untilApproved
	step.setWeight < 100
}
