package regulated_test

import data.regulated

test_going_on_behind_a_closed_window_is_denied if {
	found := regulated.deny_window_finish with input as but({"plan/whenWindowCloses": "finish"})
	messages(found) == {"plan reviews goes on after its window has closed (whenWindowCloses: finish)"}
}

test_holding_and_going_back_are_fine if {
	every word in ["hold", "rollback"] {
		count(regulated.deny_window_finish) == 0 with input as but({"plan/whenWindowCloses": word})
	}
}
