package production_test

import data.production

test_a_mirror_of_everything_is_denied if {
	found := production.deny_mirrors with input as mirroring(100)
	messages(found) == {"reviews route primary copies 100% of its requests to shadow; in production at most 10% may be"}
}

test_a_small_mirror_is_fine if {
	count(production.deny_mirrors) == 0 with input as mirroring(10)
	count(production.deny_mirrors) == 0 with input as review
}

test_data_set_how_much_is_small if {
	count(production.deny_mirrors) == 1 with input as mirroring(2) with data.limits as {"mirrorPercent": {"production": 1}}
}

mirroring(percent) := but({"targets/0/routes/0/mirrors": [{"host": "shadow", "subset": "", "port": 0, "percent": percent}]})
