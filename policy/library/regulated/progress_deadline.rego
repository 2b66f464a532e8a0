package regulated

import data.weir

# METADATA
# title: A rollout ends
# description: >-
#   A plan has a progress deadline: what could go on and cannot, as its endpoints
#   are not ready, goes back after so long.
# labels: {id: W007, severity: medium}
# custom:
#   fix: "Set progressDeadlineSeconds in the WeightPlan, as in progressDeadlineSeconds: 14400."
deny_progress_deadline contains finding if {
	weir.applies("regulated")
	input.operation in {"step", "promote"}
	input.plan.progressDeadlineSeconds == 0
	finding := {
		"msg": sprintf("plan %s has no progress deadline, so what cannot go on stands half way for ever", [input.plan.name]),
		"_loc": {"file": input.plan.file, "line": input.plan.line},
	}
}
