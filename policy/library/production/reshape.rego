package production

import data.weir

# METADATA
# title: What is no weight acts at once
# description: >-
#   A change of routes, matches, faults, timeouts or of a subset's labels is one
#   move: it can shift all traffic without moving a weight, and no step holds it.
# labels: {id: D006, severity: medium}
# custom:
#   fix: See in the pull request that it is meant, or say it by weights, which go step by step.
warn_reshape contains finding if {
	weir.applies("production")
	input.operation == "reshape"
	input.moment != "runtime"
	some target in input.targets
	finding := {
		"msg": sprintf("%s changes outside its weights, or in the pods behind them, for all of its traffic at once", [target.name]),
		"target": target.name,
		"_loc": {"file": target.file, "line": target.line},
	}
}
