package production_test

import data.production

hosts(a, b) := {
	"targets/0/routes/0/destinations/0/host": a,
	"targets/0/routes/0/destinations/1/host": b,
}

ports(a, b) := {
	"targets/0/routes/0/destinations/0/port": a,
	"targets/0/routes/0/destinations/1/port": b,
}

test_two_services_are_denied if {
	found := production.deny_same_service with input as but(hosts("reviews", "ratings"))
	messages(found) == {"reviews route primary shifts traffic between two services, ratings and reviews"}
	{f._loc | some f in found} == {{"file": "base/reviews.yaml", "line": 7}}
}

test_one_service_has_several_names if {
	every name in ["reviews.bookinfo.svc", "reviews.bookinfo.svc.cluster.local", "reviews.bookinfo.svc.example.org"] {
		count(production.deny_same_service) == 0 with input as but(hosts("reviews", name))
	}
	every name in ["reviews.other.svc.cluster.local", "reviews.bookinfo", "reviews.example.org"] {
		count(production.deny_same_service) == 1 with input as but(hosts("reviews", name))
	}
	count(production.deny_same_service) == 0 with input as but(hosts("reviews.example.org", "reviews.example.org"))
}

test_data_allow_a_pair_of_hosts_with_a_port_each if {
	asked := but(object.union(hosts("reviews", "reviews-canary"), ports(9080, 80)))
	every pair in [["reviews", "reviews-canary"], ["reviews-canary.bookinfo.svc.cluster.local", "reviews"]] {
		count(production.deny_same_service) == 0 with input as asked with data.limits as {"hostPairs": {"production": [pair]}}
	}
	every pair in [["reviews", "ratings"], ["reviews", "reviews"]] {
		count(production.deny_same_service) == 1 with input as asked with data.limits as {"hostPairs": {"production": [pair]}}
	}
	count(production.deny_same_service) == 1 with input as asked with data.limits as {"hostPairs": {"staging": [["reviews", "reviews-canary"]]}}
}

test_two_ports_are_denied if {
	found := production.deny_same_service with input as but(ports(9080, 9081))
	messages(found) == {"reviews route primary shifts traffic between two ports of reviews, 9080 and 9081"}
}

test_two_ports_are_nothing_to_an_exempt_environment_or_a_rollback if {
	count(production.deny_same_service) == 0 with input as but(ports(9080, 9081)) with data.limits as {"production": {"default": false}}
	count(production.deny_same_service) == 0 with input as but(object.union(ports(9080, 9081), {"operation": "rollback"}))
}

test_no_port_is_the_only_port if {
	count(production.deny_same_service) == 0 with input as but(ports(0, 9080))
}

test_a_route_that_no_step_moves_may_go_where_it_likes if {
	fixed := {sprintf("%s/fixed", [first_route]): true}
	count(production.deny_same_service) == 0 with input as but(object.union(hosts("reviews", "ratings"), fixed))
	count(production.deny_same_service) == 0 with input as but(object.union(ports(9080, 9081), fixed))
}

test_what_is_created_is_judged_and_what_is_removed_is_not if {
	count(production.deny_same_service) == 1 with input as but(object.union(hosts("reviews", "ratings"), {"operation": "create"}))
	count(production.deny_same_service) == 0 with input as but(object.union(hosts("reviews", "ratings"), {"operation": "remove"}))
	count(production.deny_same_service) == 0 with input as but(object.union(ports(9080, 9081), {"operation": "remove"}))
}
