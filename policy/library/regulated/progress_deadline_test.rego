package regulated_test

import data.regulated

test_a_plan_without_a_deadline_is_denied if {
	found := regulated.deny_progress_deadline with input as but({"plan/progressDeadlineSeconds": 0})
	messages(found) == {"plan reviews has no progress deadline, so what cannot go on stands half way for ever"}
}

test_any_deadline_is_one if {
	count(regulated.deny_progress_deadline) == 0 with input as but({"plan/progressDeadlineSeconds": 1})
}
