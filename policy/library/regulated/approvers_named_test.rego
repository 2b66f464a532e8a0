package regulated_test

import data.regulated

test_approvers_that_nobody_names_are_denied if {
	found := regulated.deny_approvers_named with input as but({"plan/approvals/approvers": []})
	messages(found) == {"no approvers are named for production: whoever did not write the change may approve plan reviews"}
}

test_one_name_is_enough if {
	count(regulated.deny_approvers_named) == 0 with input as but({"plan/approvals/approvers": ["ann@example.com"]})
}
