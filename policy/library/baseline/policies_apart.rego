package baseline

# METADATA
# title: Policies change in a change of their own
# description: >-
#   A change that moves weights leaves the policies and their data as they are.
#   Their change would be judged by the policies of before anyway, and comes in
#   force with the commit after it; apart, both can be read.
# labels: {id: A004, severity: high}
# custom:
#   fix: Take the policies and their data out of this change, and merge them first, in one of their own.
deny_policies_apart contains finding if {
	input.operation != "rollback"
	input.change.touchesPolicies
	finding := {"msg": sprintf("this change moves %s/%s and changes the policies that judge it, or their data", [input.rollout.namespace, input.rollout.name])}
}
