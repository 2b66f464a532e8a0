package baseline

# METADATA
# title: A rename starts no traffic anew
# description: >-
#   A VirtualService that a change creates has no host of one that goes with the same
#   change, under another name or in another environment. Otherwise its weights would
#   come at once, as those of something new, where those of before were in force.
# labels: {id: W009, severity: critical}
# custom:
#   fix: Keep the name and the environment, or give the new VirtualService the weights of the old one and move them in a change after this.
deny_renamed contains finding if {
	input.operation == "create"
	some target in input.targets
	some was in target.instead
	finding := {
		"msg": sprintf("%s/%s of %s has a host that %s/%s of %s had, and would have its weights at once", [
			target.namespace, target.name, input.environment, was.namespace, was.name, was.environment,
		]),
		"target": target.name,
		"_loc": {"file": target.file, "line": target.line},
	}
}
