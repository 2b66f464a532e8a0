package baseline_test

import data.baseline

test_weights_and_policies_in_one_change_are_denied if {
	found := baseline.deny_policies_apart with input as touching("step", true)
	{f.msg | some f in found} == {"this change moves bookinfo/reviews and changes the policies that judge it, or their data"}
}

test_weights_alone_are_fine if {
	count(baseline.deny_policies_apart) == 0 with input as touching("step", false)
	count(baseline.deny_policies_apart) == 0 with input as touching("rollback", true)
	count(baseline.deny_policies_apart) == 0 with input as json.remove(touching("step", true), ["change/touchesPolicies"])
}

touching(operation, policies) := {
	"operation": operation, "change": {"touchesPolicies": policies},
	"rollout": {"namespace": "bookinfo", "name": "reviews"},
}
