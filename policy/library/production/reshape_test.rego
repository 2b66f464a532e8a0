package production_test

import data.production

test_a_reshape_is_said_before_it_is_merged if {
	found := production.warn_reshape with input as but({"operation": "reshape", "moment": "pull-request"})
	messages(found) == {"reviews changes outside its weights, or in the pods behind them, for all of its traffic at once"}
}

test_what_is_merged_is_not_said_again if {
	count(production.warn_reshape) == 0 with input as but({"operation": "reshape"})
	count(production.warn_reshape) == 0 with input as review
}
