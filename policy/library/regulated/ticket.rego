package regulated

import data.weir

# METADATA
# title: A change names its ticket
# description: >-
#   The commit's message ends with a trailer of the name that limits.ticketTrailer
#   gives, as in Change-Id, and what it says matches limits.ticketPattern. Where
#   the data name no trailer none is asked for.
# labels: {id: A005, severity: medium}
# custom:
#   fix: "End the commit's message with the trailer, after an empty line, as in Change-Id: CHG123."
deny_ticket contains finding if {
	weir.applies("regulated")
	name := weir.limit("ticketTrailer")
	name != ""
	input.operation in {"create", "reshape", "step", "promote", "remove"}
	trailers := input.change.trailers
	said := object.get(trailers, name, "")
	not regex.match(weir.limit("ticketPattern"), said)
	finding := {"msg": sprintf("commit %s has no trailer %s that matches %s", [input.change.revision, name, weir.limit("ticketPattern")])}
}
