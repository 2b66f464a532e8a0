package baseline

# METADATA
# title: A change does not loosen its own plan in silence
# description: >-
#   A change that moves weights and makes their plan hold less than before says
#   so here, each with what holds less. What loosens a plan holds for the change
#   it comes with.
# labels: {id: W008, severity: medium}
# custom:
#   fix: Loosen the plan in a change of its own, or say in the pull request why it has to be so.
warn_plan_loosened contains finding if {
	some says in input.plan.loosened
	finding := {
		"msg": sprintf("this change moves weights and loosens their plan %s: %s", [input.plan.name, says]),
		"_loc": {"file": input.plan.file, "line": input.plan.line},
	}
}
