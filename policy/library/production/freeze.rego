package production

import data.weir

# METADATA
# title: Nothing changes in a freeze
# description: >-
#   While a freeze holds the rollout, nothing is created, changed or removed and
#   no weight is raised. weir's own freezes let what is created pass. Going back
#   waits for no freeze.
# labels: {id: T002, severity: high}
# custom:
#   fix: Wait until the freeze is over; it ends by itself.
deny_freeze contains finding if {
	weir.applies("production")
	not lowers
	some freeze in input.plan.freezes
	freeze.active
	finding := {
		"msg": sprintf("freeze %s of %s holds until %s%s", [freeze.name, freeze.level, freeze.to, because(freeze.reason)]),
		"transient": true,
		"again": freeze.to,
	}
}

because("") := ""

because(reason) := sprintf(": %s", [reason]) if reason != ""
