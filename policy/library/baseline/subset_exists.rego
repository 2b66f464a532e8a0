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
