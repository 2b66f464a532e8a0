package regulated

import data.weir

# METADATA
# title: Approvals are signed
# description: >-
#   An approval counts for whoever's key signed its commit. The name in a commit
#   is text that anybody can write.
# labels: {id: A003, severity: critical}
# custom:
#   fix: "Set approvals: {identity: signature} in weir.yaml and list the signers."
deny_signed contains finding if {
	weir.applies("regulated")
	input.operation in {"step", "promote"}
	not input.plan.approvals.signed
	finding := {"msg": sprintf("approvals of plan %s in %s count for the name in their commit, not for the key that signed it", [input.plan.name, input.environment])}
}
