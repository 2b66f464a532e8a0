package regulated

import data.weir

# METADATA
# title: A waiver ends soon
# description: >-
#   No waiver that counts in the environment lasts longer than limits.waiverDays from
#   now: who needs it for longer asks again. That it has a reason, a ticket, an
#   approver who did not write the change, and an end is asked of every waiver.
# labels: {id: X001, severity: medium}
# custom:
#   data: waivers
#   fix: "Set its expires to an earlier day, and renew it by then if it is needed still."
deny_waiver_days contains finding if {
	weir.applies("regulated")
	some waiver in data.waivers
	object.get(waiver, "environment", input.environment) == input.environment
	days := weir.limit("waiverDays")
	seconds(waiver.expires) - input.time.epochSeconds > (days * 24) * 3600
	finding := {"msg": sprintf("the waiver %s of %s lasts until %s, more than %v days", [waiver.ticket, waiver.rule, waiver.expires, days])}
}

# seconds is when a waiver ends, at the end of a day or at a time, since 1970. What
# time.parse_rfc3339_ns cannot count, from 2262 on, is for ever.
seconds(expires) := time.parse_rfc3339_ns(moment(expires)) / 1000000000 if to_number(substring(expires, 0, 4)) < 2262

seconds(expires) := 1e12 if to_number(substring(expires, 0, 4)) >= 2262

moment(expires) := expires if contains(expires, "T")

moment(expires) := concat("", [expires, "T23:59:59Z"]) if not contains(expires, "T")
