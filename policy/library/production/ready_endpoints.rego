package production

import data.weir

# METADATA
# title: What gets more traffic has endpoints
# description: >-
#   A destination that a move gives more traffic has ready endpoints: at least
#   one, and at least so many percent of what stable has. Endpoints that nobody
#   knows are warned of, or denied or allowed where limits.unknownEndpoints says
#   so; a pull request is not asked about them, as it sees no cluster.
# labels: {id: D002, severity: high}
# custom:
#   fix: Scale the destination's workload up, see why its pods are not ready, or lower limits.readyEndpoints in the policies' data.yaml.
deny_ready_endpoints contains finding if {
	some raise in raises
	ready := raise.destination.endpoints.ready
	ready < needed(raise.route)
	finding := {
		"msg": sprintf("this move raises %s, of %s route %s, to %v%%, and %v of its endpoints are ready; %s asks for at least %v", [
			called(raise.destination), raise.target, raise.route.label, raise.destination.to.share, ready, input.environment, needed(raise.route),
		]),
		"target": raise.target,
		"route": raise.route.label,
		"transient": true,
	}
}

deny_ready_endpoints contains object.union(finding, {"transient": true}) if {
	weir.limit("unknownEndpoints") == "deny"
	some finding in unknown
}

# METADATA
# title: Endpoints are known
# description: >-
#   Before a move gives a destination more traffic, its ready endpoints and those
#   of stable are known. They are not for hosts outside the cluster. See
#   deny_ready_endpoints.
# labels: {id: D002, severity: low}
# custom:
#   fix: "See that the agent may read the endpoints, or say limits: {unknownEndpoints: {default: allow}} in the policies' data.yaml."
warn_ready_endpoints contains finding if {
	weir.limit("unknownEndpoints") == "warn"
	some finding in unknown
}

# raises is every destination that this move gives more, with where it is.
raises contains {"target": target.name, "route": route, "destination": d} if {
	weir.applies("production")
	some target in input.targets
	some route in target.routes
	some d in route.destinations
	rises(d)
	d.to.share > d.from.share
}

unknown contains finding if {
	input.moment != "pull-request"
	some raise in raises
	some d in array.concat([raise.destination], carrying(raise.route))
	not d.endpoints
	finding := {
		"msg": sprintf("nobody knows how many endpoints of %s are ready, and this move raises %s, of %s route %s", [
			called(d), called(raise.destination), raise.target, raise.route.label,
		]),
		"target": raise.target,
		"route": raise.route.label,
	}
}

# carrying is what stable's traffic goes to.
carrying(route) := [d | some d in route.destinations; before(d).share > 0]

needed(route) := max([1, ceil((sum([d.endpoints.ready | some d in carrying(route)]) * weir.limit("readyEndpoints")) / 100)])
