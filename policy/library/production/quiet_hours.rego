package production

import data.weir

# METADATA
# title: Nothing changes before the weekend
# description: >-
#   From the hour on that the limit gives a weekday, in UTC, nothing is created,
#   changed or removed and no weight is raised until that day is over. Left out,
#   these are Friday from 14:00, Saturday and Sunday.
# labels: {id: T003, severity: medium}
# custom:
#   fix: Wait until the quiet hours are over, or change limits.quietHours in the policies' data.yaml.
deny_quiet_hours contains finding if {
	quiet
	finding := object.union(
		{
			"msg": sprintf("nothing goes forward in %s on a %s from %v:00 UTC on", [
				input.environment, input.time.weekday, quiet_from[input.time.weekday],
			]),
			"transient": true,
		},
		over,
	)
}

quiet if {
	weir.applies("production")
	not lowers
	input.time.hour >= quiet_from[input.time.weekday]
}

quiet_from := weir.limit("quietHours")

# over is the beginning of the next day that is not quiet as a whole; nothing
# where every day is.
over := {"again": time.format(first)} if {
	first := min(mornings)
} else := {}

mornings contains morning if {
	some days in {1, 2, 3, 4, 5, 6, 7}
	morning := (floor(input.time.epochSeconds / 86400) + days) * 86400000000000
	object.get(quiet_from, time.weekday(morning), 24) > 0
}
