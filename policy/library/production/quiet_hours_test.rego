package production_test

import data.production

# 2026-11-27 is a Friday.
friday := 1795737600

at(weekday, day, hour) := {"time": {"weekday": weekday, "hour": hour, "epochSeconds": (friday + (day * 86400)) + (hour * 3600)}}

test_friday_is_quiet_from_14 if {
	count(production.deny_quiet_hours) == 0 with input as but(at("Friday", 0, 13))
	found := production.deny_quiet_hours with input as but(at("Friday", 0, 14))
	found == {{
		"msg": "nothing goes forward in production on a Friday from 14:00 UTC on",
		"transient": true,
		"again": "2026-11-30T00:00:00Z",
	}}
}

test_the_weekend_is_quiet_to_its_end if {
	found := production.deny_quiet_hours with input as but(at("Saturday", 1, 0))
	{f.again | some f in found} == {"2026-11-30T00:00:00Z"}
	last := production.deny_quiet_hours with input as but(at("Sunday", 2, 23))
	{f.again | some f in last} == {"2026-11-30T00:00:00Z"}
	count(production.deny_quiet_hours) == 0 with input as but(at("Monday", 3, 0))
}

test_data_set_the_quiet_hours if {
	limits := {"quietHours": {"production": {"Monday": 8, "Tuesday": 20}, "default": {}}}
	found := production.deny_quiet_hours with input as review with data.limits as limits
	{f.again | some f in found} == {"2026-11-24T00:00:00Z"}
	count(production.deny_quiet_hours) == 0 with input as but(at("Saturday", 1, 12)) with data.limits as limits
	count(production.deny_quiet_hours) == 0 with input as but(object.union(at("Monday", 3, 12), {"environment": "staging"})) with data.limits as limits
}

test_where_no_day_is_free_nobody_knows_when_to_ask_again if {
	week := {day: 0 | some day in ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]}
	found := production.deny_quiet_hours with input as review with data.limits as {"quietHours": {"default": week}}
	found == {{"msg": "nothing goes forward in production on a Monday from 0:00 UTC on", "transient": true}}
}

test_going_back_is_never_too_late if {
	late := at("Friday", 0, 20)
	count(production.deny_quiet_hours) == 0 with input as but(object.union(late, {"operation": "rollback"}))
	count(production.deny_quiet_hours) == 0 with input as but(object.union(object.union(late, exposed(50, 5)), {"operation": "correct"}))
	count(production.deny_quiet_hours) == 1 with input as but(object.union(object.union(late, exposed(5, 50)), {"operation": "correct"}))
}
