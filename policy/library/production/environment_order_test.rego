package production_test

import data.production

after_staging := {"after": {"production": "staging"}}

test_without_an_order_nothing_is_asked if {
	count(production.deny_environment_order) == 0 with input as having([])
}

test_what_staging_does_not_have_yet_waits if {
	found := production.deny_environment_order with input as having([share("staging", "v3", 50)]) with data.limits as after_staging
	messages(found) == {"reviews route primary gives subset v3 of reviews 100% in production, and staging has it at 50%"}
}

test_what_nobody_has_waits if {
	every elsewhere in [[], [share("lab", "v3", 100)], [share("staging", "v1", 100)]] {
		count(production.deny_environment_order) == 1 with input as having(elsewhere) with data.limits as after_staging
	}
}

test_what_staging_has_may_come if {
	count(production.deny_environment_order) == 0 with input as having([share("lab", "v1", 100), share("staging", "v3", 100)]) with data.limits as after_staging
}

test_other_environments_wait_for_nobody if {
	count(production.deny_environment_order) == 0 with input as object.union(having([]), {"environment": "staging"}) with data.limits as after_staging
}

test_where_nobody_looked_elsewhere_nothing_is_said if {
	count(production.deny_environment_order) == 0 with input as review with data.limits as after_staging
}

test_hosts_without_subsets_are_told_by_their_names if {
	plain := json.patch(having([{
		"environment": "staging", "namespace": "shop-staging",
		"routes": [{"label": "primary", "destinations": [{"host": "reviews-v3.shop-staging", "subset": "", "port": 0, "share": 100}]}],
	}]), [
		{"op": "replace", "path": concat("/", [v3, "subset"]), "value": ""},
		{"op": "replace", "path": concat("/", [v3, "host"]), "value": "reviews-v3"},
	])
	count(production.deny_environment_order) == 0 with input as plain with data.limits as after_staging
	other := json.patch(plain, [{"op": "replace", "path": concat("/", [v3, "host"]), "value": "reviews-v4"}])
	count(production.deny_environment_order) == 1 with input as other with data.limits as after_staging
}

having(elsewhere) := but({"targets/0/elsewhere": elsewhere})

share(environment, subset, percent) := {
	"environment": environment, "namespace": "shop",
	"routes": [{"label": "primary", "destinations": [{"host": "reviews", "subset": subset, "port": 9080, "share": percent}]}],
}

test_one_name_of_a_subset_behind_two_hosts_is_two_versions if {
	other := json.patch(having([share("staging", "v3", 100)]), [{"op": "replace", "path": concat("/", [v3, "host"]), "value": "reviews-next"}])
	count(production.deny_environment_order) == 1 with input as other with data.limits as after_staging
}
