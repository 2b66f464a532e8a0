package production

import data.weir

# METADATA
# title: One environment comes after another
# description: >-
#   What a pull request gives more of a route in this environment had at least that
#   share before the change in the environment that limits.after names, under the same
#   names. Where the data name none, and where not all environments were looked at,
#   nothing is said.
# labels: {id: C002, severity: medium}
# custom:
#   fix: Give it that share there first, in a change of its own.
deny_environment_order contains finding if {
	weir.applies("production")
	input.operation in {"create", "step", "promote"}
	first := weir.limit("after")
	first != ""
	some target in input.targets
	is_array(target.elsewhere)
	there := [e | some e in target.elsewhere; e.environment == first]
	some route in target.routes
	some d in route.destinations
	d.target.share > object.get(d, ["stable", "share"], 0)
	has := max({0} | {x.share | some e in there; some r in e.routes; r.label == route.label; some x in r.destinations; same(x, d)})
	d.target.share > has
	finding := {
		"msg": sprintf("%s route %s gives %s %v%% in %s, and %s has it at %v%%", [target.name, route.label, called(d), d.target.share, input.environment, first, has]),
		"target": target.name,
		"route": route.label,
		"weight": {"host": d.host, "subset": d.subset, "port": d.port},
	}
}

# same tells whether both are one version, whatever the namespaces are called.
same(x, d) if {
	x.subset == d.subset
	x.subset != ""
	split(x.host, ".")[0] == split(d.host, ".")[0]
}

same(x, d) if {
	x.subset == ""
	d.subset == ""
	split(x.host, ".")[0] == split(d.host, ".")[0]
}
