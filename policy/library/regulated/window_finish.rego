package regulated

import data.weir

# METADATA
# title: A closed window is closed
# description: >-
#   A plan in flight holds or goes back when its window closes. One that finishes
#   instead moves weights at times that nobody agreed to.
# labels: {id: T004, severity: high}
# custom:
#   fix: "Set whenWindowCloses: hold or rollback in the WeightPlan."
deny_window_finish contains finding if {
	weir.applies("regulated")
	input.operation in {"step", "promote"}
	input.plan.whenWindowCloses == "finish"
	finding := {
		"msg": sprintf("plan %s goes on after its window has closed (whenWindowCloses: finish)", [input.plan.name]),
		"_loc": {"file": input.plan.file, "line": input.plan.line},
	}
}
