package baseline_test

import data.baseline

test_a_host_that_another_had_is_denied if {
	found := baseline.deny_renamed with input as instead("create", [{"environment": "staging", "namespace": "shop", "name": "cart"}])
	{f.msg | some f in found} == {"shop/basket of production has a host that shop/cart of staging had, and would have its weights at once"}
}

test_a_host_of_its_own_is_fine if {
	count(baseline.deny_renamed) == 0 with input as instead("create", [])
	count(baseline.deny_renamed) == 0 with input as json.remove(instead("create", []), ["targets/0/instead"])
}

instead(operation, before) := {
	"operation": operation, "environment": "production",
	"targets": [{"namespace": "shop", "name": "basket", "file": "basket.yaml", "line": 1, "instead": before}],
}
