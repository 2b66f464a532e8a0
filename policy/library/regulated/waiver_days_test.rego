package regulated_test

import data.regulated

waiver(more) := object.union({"rule": "canary.deny_a", "reason": "the migration", "ticket": "CHG-1", "approvedBy": "bob@example.org"}, more)

today := {"operation": "step", "environment": "production", "time": {"epochSeconds": 1795420800}}

test_a_waiver_for_longer_than_90_days_is_denied if {
	found := regulated.deny_waiver_days with input as today with data.waivers as [waiver({"expires": "2026-02-20"}), waiver({"expires": "2027-03-01"})]
	messages(found) == {"the waiver CHG-1 of canary.deny_a lasts until 2027-03-01, more than 90 days"}
}

test_its_last_day_counts_to_its_end if {
	count(regulated.deny_waiver_days) == 1 with input as today with data.waivers as [waiver({"expires": "2027-02-21"})]
	count(regulated.deny_waiver_days) == 0 with input as today with data.waivers as [waiver({"expires": "2027-02-21T08:00:00Z"})]
	count(regulated.deny_waiver_days) == 1 with input as today with data.waivers as [waiver({"expires": "2027-02-21T08:00:01Z"})]
}

test_a_waiver_for_ever_is_denied if {
	every day in ["2261-12-31", "2262-01-01", "9999-12-31"] {
		count(regulated.deny_waiver_days) == 1 with input as today with data.waivers as [waiver({"expires": day})]
	}
}

test_how_long_is_a_limit if {
	limits := {"waiverDays": {"production": 7}}
	count(regulated.deny_waiver_days) == 1 with input as today with data.waivers as [waiver({"expires": "2026-12-05"})] with data.limits as limits
	count(regulated.deny_waiver_days) == 0 with input as today with data.waivers as [waiver({"expires": "2026-11-29"})] with data.limits as limits
}

test_a_waiver_of_another_environment_is_not_its_business if {
	found := regulated.deny_waiver_days with input as today with data.waivers as [waiver({"expires": "2027-03-01", "environment": "staging"}), waiver({"expires": "2027-04-01", "environment": "production"})]
	messages(found) == {"the waiver CHG-1 of canary.deny_a lasts until 2027-04-01, more than 90 days"}
}

test_without_waivers_and_on_the_way_back_it_is_silent if {
	count(regulated.deny_waiver_days) == 0 with input as today
	count(regulated.deny_waiver_days) == 0 with input as object.union(today, {"operation": "rollback"}) with data.waivers as [waiver({"expires": "2027-03-01"})]
}
