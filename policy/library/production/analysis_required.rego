package production

import data.weir

# METADATA
# title: Somebody or something looks during a pause
# description: >-
#   A plan with pauses that end by themselves has an analysis with metrics or a
#   webhook, or each such step has an analysis of its own: time alone finds no
#   fault.
# labels: {id: S002, severity: high}
# custom:
#   fix: "Give the WeightPlan an analysis, as in analysis: {interval: 1m, metrics: [{name: success-rate, thresholdRange: {min: 99}}]}, a webhook, or pause: {} for approval."
deny_analysis_required contains finding if {
	weir.applies("production")
	input.operation in {"step", "promote"}
	not measures(input.plan)
	count(input.plan.webhooks) == 0
	blind := [sprintf("%v", [step.index + 1]) | some step in input.plan.steps; step.pauseSeconds > 0; not measures(step)]
	count(blind) > 0
	finding := {
		"msg": sprintf("nothing looks at the pauses of plan %s (step %s): it has neither analysis nor webhook", [input.plan.name, concat(", ", blind)]),
		"_loc": {"file": input.plan.file, "line": input.plan.line},
	}
}

measures(x) if count(x.analysis.metrics) > 0
