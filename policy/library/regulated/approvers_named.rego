package regulated

import data.weir

# METADATA
# title: Approvers are named
# description: >-
#   The Delivery names who may approve. Without names, everybody may whose
#   approval counts and who did not write the change.
# labels: {id: A002, severity: critical}
# custom:
#   fix: "Name them in weir.yaml, as in approvals: {approvers: [ann@example.com, \"@ops.example.com\"]}."
deny_approvers_named contains finding if {
	weir.applies("regulated")
	input.operation in {"step", "promote"}
	count(input.plan.approvals.approvers) == 0
	finding := {"msg": sprintf("no approvers are named for %s: whoever did not write the change may approve plan %s", [input.environment, input.plan.name])}
}
