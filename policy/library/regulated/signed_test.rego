package regulated_test

import data.regulated

test_approvals_that_anybody_can_write_are_denied if {
	found := regulated.deny_signed with input as but({"plan/approvals/signed": false})
	messages(found) == {"approvals of plan reviews in production count for the name in their commit, not for the key that signed it"}
}

test_signed_approvals_are_fine if {
	count(regulated.deny_signed) == 0 with input as but({"plan/approvals/signed": true})
}
