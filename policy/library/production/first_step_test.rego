package production_test

import data.production

to(share) := {sprintf("%s/to/share", [v3]): share}

test_ten_percent_is_the_default_first_step if {
	count(production.deny_first_step) == 0 with input as but(to(10))
	found := production.deny_first_step with input as but(to(10.5))
	messages(found) == {"this move takes subset v3 of reviews, of reviews route primary, from 0% to 10.5%; a first step in production may be 10%"}
	{[f.target, f.route] | some f in found} == {["reviews", "primary"]}
}

test_data_set_the_first_step if {
	limits := {"firstStep": {"production": 5, "default": 50}}
	count(production.deny_first_step) == 0 with input as but(to(5)) with data.limits as limits
	count(production.deny_first_step) == 1 with input as but(to(6)) with data.limits as limits
	count(production.deny_first_step) == 0 with input as but(object.union(to(50), {"environment": "staging"})) with data.limits as limits
}

test_later_steps_may_be_larger if {
	count(production.deny_first_step) == 0 with input as but(object.union(to(50), {sprintf("%s/from/share", [v3]): 10}))
}

test_a_hand_edit_that_is_undone_gives_stable_its_traffic_at_once if {
	v1 := "targets/0/routes/0/destinations/0"
	count(production.deny_first_step) == 0 with input as but({"operation": "correct", sprintf("%s/from/share", [v1]): 0, sprintf("%s/from/share", [v3]): 100})
}

test_a_destination_that_keeps_its_share_does_not_begin if {
	kept := {sprintf("%s/stable/share", [v3]): 50, sprintf("%s/target/share", [v3]): 50}
	count(production.deny_first_step) == 0 with input as but(object.union(to(50), kept))
}

test_a_destination_that_git_gives_nothing_does_not_begin if {
	count(production.deny_first_step) == 0 with input as but(object.union(to(50), {sprintf("%s/target/share", [v3]): 0}))
}

test_a_destination_that_gets_nothing_does_not_begin if {
	count(production.deny_first_step) == 0 with input as but(object.union(to(0), {"plan/steps/0/pauseSeconds": 0}))
}

test_a_destination_whose_stable_part_nobody_knows_is_judged_by_its_part_now if {
	asked := json.remove(but(object.union(to(50), {sprintf("%s/target/share", [v3]): 50})), [sprintf("%s/stable", [v3])])
	count(production.deny_first_step) == 1 with input as asked
}

test_a_route_that_did_not_exist_has_no_first_step if {
	asked := json.remove(but(to(100)), [sprintf("%s/stable", [v3]), sprintf("%s/from", [v3])])
	count(production.deny_first_step) == 0 with input as asked
}

test_a_host_without_subsets_is_called_by_its_name if {
	found := production.deny_first_step with input as but(object.union(to(50), {sprintf("%s/subset", [v3]): ""}))
	some f in found
	contains(f.msg, "takes reviews, of reviews route primary,")
}

test_the_first_step_waits_before_the_next if {
	found := production.deny_first_step with input as but({"plan/steps/0/pauseSeconds": 0, "plan/analysis": {"metrics": []}})
	messages(found) == {"step 1 of plan reviews is the first to send traffic to subset v3 of reviews, of reviews route primary, and does not wait before the next"}
}

test_waiting_for_approval_is_waiting if {
	count(production.deny_first_step) == 0 with input as but({"plan/steps/0/pauseSeconds": 0, "plan/steps/0/untilApproved": true})
}

test_a_later_step_need_not_wait if {
	count(production.deny_first_step) == 0 with input as but({"plan/steps/1/pauseSeconds": 0, "step": 1, sprintf("%s/from/share", [v3]): 5})
}

test_what_arrives_with_its_first_step_has_no_next if {
	count(production.deny_first_step) == 0 with input as but({"operation": "promote", "plan/steps/0/pauseSeconds": 0})
}

test_an_analysis_and_a_schedule_are_waiting if {
	analysis := {"intervalSeconds": 60, "metrics": [{"name": "success-rate"}]}
	count(production.deny_first_step) == 0 with input as but({"plan/steps/0/pauseSeconds": 0, "plan/analysis": {"metrics": []}, "plan/steps/0/analysis": analysis})
	count(production.deny_first_step) == 0 with input as but({"plan/steps/0/pauseSeconds": 0, "plan/analysis": analysis})
	count(production.deny_first_step) == 0 with input as but({"plan/steps/0/pauseSeconds": 0, "plan/analysis": {"metrics": []}, "plan/schedule": {"cron": "0 10 * * *", "timeZone": "UTC"}})
}
