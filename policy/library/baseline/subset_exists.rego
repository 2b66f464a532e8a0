package baseline

# METADATA
# title: Every subset exists
# description: >-
#   A destination that has weight after the move names a subset that a
#   DestinationRule for its host defines. Istio does not check this either: it
#   answers such traffic with 503.
# labels: {id: D001, severity: critical}
# custom:
#   fix: Add the subset to the DestinationRule of its host, or correct its name in the VirtualService.
deny_subset_exists contains finding if {
	some target in input.targets
	some route in target.routes
	some d in route.destinations
	d.to.share > 0
	d.subsetDefined == false
	finding := {
		"msg": sprintf("%s route %s sends %v%% to subset %s of host %s, which no DestinationRule defines", [
			target.name, route.label, d.to.share, d.subset, d.host,
		]),
		"target": target.name,
		"route": route.label,
		"weight": d,
		"_loc": {"file": target.file, "line": target.line},
	}
}

# METADATA
# title: Every subset is known
# description: >-
#   In a pull request, what gets more of a route names a subset of a host for which the
#   repository has a DestinationRule. Where that stands elsewhere nothing is wrong;
#   where the host is misspelt, weir waits in the cluster for what never comes.
# labels: {id: D001, severity: medium}
# custom:
#   fix: Add a DestinationRule for the host to the overlay, or correct the host's name; where it is applied by others, see that it defines the subset.
warn_subset_exists contains finding if {
	input.moment == "pull-request"
	input.operation != "rollback"
	some target in input.targets
	some route in target.routes
	some d in route.destinations
	d.subset != ""
	d.to.share > object.get(d, ["from", "share"], 0)
	object.get(d, "subsetDefined", null) == null
	finding := {
		"msg": sprintf("%s route %s sends more to subset %s of host %s, for which the overlay has no DestinationRule", [target.name, route.label, d.subset, d.host]),
		"target": target.name,
		"route": route.label,
		"weight": {"host": d.host, "subset": d.subset, "port": d.port},
	}
}
