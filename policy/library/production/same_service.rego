package production

import data.weir

# METADATA
# title: A route shifts between versions of one service
# description: >-
#   All destinations of a route that the plan moves are of one host and one port,
#   or of a pair of hosts that limits.hostPairs allows. A short name is the
#   service of the VirtualService's namespace; no port is the service's only one.
# labels: {id: D003, severity: high}
# custom:
#   fix: "Correct the destination in the VirtualService, or allow the pair in the policies' data.yaml, as in limits: {hostPairs: {default: [[reviews, reviews-canary]]}}."
deny_same_service contains finding if {
	weir.applies("production")
	input.operation != "remove"
	some target in input.targets
	some route in target.routes
	not route.fixed
	some a in route.destinations
	some b in route.destinations
	a.host < b.host
	service(a.host, target) != service(b.host, target)
	not allowed(a, b, target)
	finding := {
		"msg": sprintf("%s route %s shifts traffic between two services, %s and %s", [target.name, route.label, a.host, b.host]),
		"target": target.name,
		"route": route.label,
		"_loc": {"file": target.file, "line": target.line},
	}
}

deny_same_service contains finding if {
	weir.applies("production")
	input.operation != "remove"
	some target in input.targets
	some route in target.routes
	not route.fixed
	some a in route.destinations
	some b in route.destinations
	a.port > 0
	a.port < b.port
	service(a.host, target) == service(b.host, target)
	finding := {
		"msg": sprintf("%s route %s shifts traffic between two ports of %s, %v and %v", [target.name, route.label, a.host, a.port, b.port]),
		"target": target.name,
		"route": route.label,
		"_loc": {"file": target.file, "line": target.line},
	}
}

allowed(a, b, target) if {
	some pair in weir.limit("hostPairs")
	{service(host, target) | some host in pair} == {service(a.host, target), service(b.host, target)}
}

# service is the host without the domain of the cluster: reviews.bookinfo.svc.
service(host, target) := sprintf("%s.%s.svc", [host, target.namespace]) if {
	not contains(host, ".")
} else := concat(".", array.slice(split(host, "."), 0, 3)) if {
	split(host, ".")[2] == "svc"
} else := host
