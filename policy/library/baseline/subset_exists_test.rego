package baseline_test

import data.baseline

test_a_defined_subset_is_fine if {
	count(baseline.deny_subset_exists) == 0 with input as sends(5, true)
}

test_an_undefined_subset_with_weight_is_denied if {
	found := baseline.deny_subset_exists with input as sends(5, false)
	{f.msg | some f in found} == {"reviews route primary sends 5% to subset v3 of host reviews, which no DestinationRule defines"}
}

test_an_undefined_subset_without_weight_harms_nobody if {
	count(baseline.deny_subset_exists) == 0 with input as sends(0, false)
}

test_what_nobody_looked_up_is_not_held_against_it if {
	asked := json.remove(sends(5, false), ["targets/0/routes/0/destinations/0/subsetDefined"])
	count(baseline.deny_subset_exists) == 0 with input as asked
}

test_a_host_without_a_rule_is_said_in_a_pull_request if {
	asked := json.patch(sends(5, true), [
		{"op": "remove", "path": "targets/0/routes/0/destinations/0/subsetDefined"},
		{"op": "add", "path": "targets/0/routes/0/destinations/0/port", "value": 0},
		{"op": "add", "path": "moment", "value": "pull-request"},
		{"op": "add", "path": "operation", "value": "step"},
	])
	found := baseline.warn_subset_exists with input as asked
	{f.msg | some f in found} == {"reviews route primary sends more to subset v3 of host reviews, for which the overlay has no DestinationRule"}
	{f.weight | some f in found} == {{"host": "reviews", "subset": "v3", "port": 0}}
	every other in [
		[{"op": "replace", "path": "moment", "value": "runtime"}],
		[{"op": "replace", "path": "operation", "value": "rollback"}],
		[{"op": "add", "path": "targets/0/routes/0/destinations/0/from", "value": {"share": 5}}],
		[{"op": "replace", "path": "targets/0/routes/0/destinations/0/subset", "value": ""}],
		[{"op": "add", "path": "targets/0/routes/0/destinations/0/subsetDefined", "value": true}],
	] {
		count(baseline.warn_subset_exists) == 0 with input as json.patch(asked, other)
	}
}

sends(share, defined) := {"targets": [{
	"name": "reviews", "file": "reviews.yaml", "line": 3,
	"routes": [{"label": "primary", "destinations": [{
		"host": "reviews", "subset": "v3",
		"to": {"share": share}, "subsetDefined": defined,
	}]}],
}]}
