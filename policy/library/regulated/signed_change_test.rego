package regulated_test

import data.regulated

test_signatures_are_asked_for_where_data_want_them if {
	count(regulated.deny_signed_change) == 0 with input as by(false, "")
	found := regulated.deny_signed_change with input as by(false, "") with data.limits as signed_changes
	{f.msg | some f in found} == {"commit abc: a part of the change is not signed"}
}

test_the_key_is_a_signers if {
	found := regulated.deny_signed_change with input as by(true, "") with data.limits as signed_changes
	{f.msg | some f in found} == {"commit abc: the key that signed it is none of the signers that weir.yaml names"}
	count(regulated.deny_signed_change) == 0 with input as by(true, "ann@example.org") with data.limits as signed_changes
}

test_of_a_work_tree_nobody_knows if {
	unknown := json.remove(by(true, ""), ["change/signed"])
	count(regulated.deny_signed_change) == 0 with input as unknown with data.limits as signed_changes
}

signed_changes := {"signedChanges": {"default": true}}

by(signed, signer) := {
	"operation": "step", "environment": "production",
	"change": {"revision": "abc", "signed": signed, "signer": signer},
}
