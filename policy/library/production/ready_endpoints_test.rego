package production_test

import data.production

ready(stable, rising) := {
	"targets/0/routes/0/destinations/0/endpoints": {"ready": stable, "want": 9},
	"targets/0/routes/0/destinations/1/endpoints": {"ready": rising, "want": 9},
}

v1_endpoints := "targets/0/routes/0/destinations/0/endpoints"

v3_endpoints := "targets/0/routes/0/destinations/1/endpoints"

test_one_ready_endpoint_is_the_least if {
	count(production.deny_ready_endpoints) == 0 with input as but(ready(3, 1))
	found := production.deny_ready_endpoints with input as but(ready(3, 0))
	found == {{
		"msg": "this move raises subset v3 of reviews, of reviews route primary, to 5%, and 0 of its endpoints are ready; production asks for at least 1",
		"target": "reviews", "route": "primary", "transient": true,
	}}
	count(production.deny_ready_endpoints) == 1 with input as but(ready(0, 0))
}

test_one_percent_of_many_is_more_than_one if {
	count(production.deny_ready_endpoints) == 1 with input as but(ready(101, 1))
	count(production.deny_ready_endpoints) == 0 with input as but(ready(101, 2))
}

test_data_set_how_many_percent_of_stables if {
	limits := {"readyEndpoints": {"production": 50, "default": 1}}
	count(production.deny_ready_endpoints) == 1 with input as but(ready(5, 2)) with data.limits as limits
	count(production.deny_ready_endpoints) == 0 with input as but(ready(5, 3)) with data.limits as limits
	count(production.deny_ready_endpoints) == 0 with input as but(object.union(ready(5, 2), {"environment": "staging"})) with data.limits as limits
}

test_a_hundred_percent_is_as_many_as_stables if {
	limits := {"readyEndpoints": {"production": 100}}
	count(production.deny_ready_endpoints) == 0 with input as but(ready(100, 100)) with data.limits as limits
	count(production.deny_ready_endpoints) == 1 with input as but(ready(100, 99)) with data.limits as limits
}

test_what_gets_no_more_needs_none if {
	count(production.deny_ready_endpoints) == 0 with input as but(object.union(ready(3, 0), {sprintf("%s/to/share", [v3]): 0}))
	count(production.warn_ready_endpoints) == 0 with input as json.remove(but({sprintf("%s/to/share", [v3]): 0}), [v3_endpoints])
}

test_the_stable_version_gets_its_traffic_back_as_it_is if {
	undone := object.union(ready(0, 1), {"operation": "correct", "targets/0/routes/0/destinations/0/from/share": 50, sprintf("%s/from/share", [v3]): 50})
	count(production.deny_ready_endpoints) == 0 with input as but(undone)
}

test_unknown_endpoints_are_warned_of if {
	asked := json.remove(review, [v3_endpoints])
	count(production.deny_ready_endpoints) == 0 with input as asked
	found := production.warn_ready_endpoints with input as asked
	messages(found) == {"nobody knows how many endpoints of subset v3 of reviews are ready, and this move raises subset v3 of reviews, of reviews route primary"}
}

test_stables_unknown_endpoints_are_warned_of_too_and_one_is_asked_for_still if {
	asked := json.remove(but({v3_endpoints: {"ready": 0, "want": 1}}), [v1_endpoints])
	found := production.warn_ready_endpoints with input as asked
	messages(found) == {"nobody knows how many endpoints of subset v1 of reviews are ready, and this move raises subset v3 of reviews, of reviews route primary"}
	count(production.deny_ready_endpoints) == 1 with input as asked
}

test_data_say_what_is_unknown_is_denied_for_now if {
	asked := json.remove(review, [v3_endpoints])
	limits := {"unknownEndpoints": {"production": "deny", "default": "allow"}}
	found := production.deny_ready_endpoints with input as asked with data.limits as limits
	{f.transient | some f in found} == {true}
	count(production.warn_ready_endpoints) == 0 with input as asked with data.limits as limits
}

test_data_say_what_is_unknown_is_allowed if {
	asked := json.remove(review, [v3_endpoints])
	limits := {"unknownEndpoints": {"production": "allow"}}
	count(production.deny_ready_endpoints) == 0 with input as asked with data.limits as limits
	count(production.warn_ready_endpoints) == 0 with input as asked with data.limits as limits
}

test_a_pull_request_sees_no_cluster if {
	asked := json.remove(but({"moment": "pull-request"}), [v1_endpoints, v3_endpoints])
	count(production.warn_ready_endpoints) == 0 with input as asked
	count(production.deny_ready_endpoints) == 0 with input as asked with data.limits as {"unknownEndpoints": {"default": "deny"}}
	count(production.deny_ready_endpoints) == 1 with input as but(object.union(ready(3, 0), {"moment": "pull-request"}))
}
