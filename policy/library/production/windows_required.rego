package production

import data.weir

# METADATA
# title: Windows say when a plan may go forward
# description: >-
#   At least one allow window holds each step: the Delivery's, the environment's,
#   the plan's or the step's own. Whether it is open is weir's own business.
# labels: {id: T001, severity: high}
# custom:
#   fix: "Give the environment, the WeightPlan or the Delivery a window, as in {name: office, kind: allow, schedule: \"0 9 * * MON-THU\", duration: 8h, timeZone: Europe/Berlin}."
deny_windows_required contains finding if {
	weir.applies("production")
	input.operation in {"step", "promote"}
	weir.limit("windowsRequired")
	not within_window
	finding := {
		"msg": sprintf("no allow window holds this step of plan %s; in %s one must", [input.plan.name, input.environment]),
		"_loc": {"file": input.plan.file, "line": input.plan.line},
	}
}

within_window if {
	some window in input.plan.windows
	window.kind == "allow"
	window.step in {-1, input.step}
}
