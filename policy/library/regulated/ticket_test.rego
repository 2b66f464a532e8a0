package regulated_test

import data.regulated

test_no_ticket_is_asked_for_where_data_name_none if {
	count(regulated.deny_ticket) == 0 with input as saying({})
}

test_the_trailer_has_to_be_there_and_to_match if {
	limits := {"ticketTrailer": {"default": "Change-Id"}, "ticketPattern": {"default": "^CHG[0-9]+$"}}
	found := regulated.deny_ticket with input as saying({"Ticket": "CHG1"}) with data.limits as limits
	{f.msg | some f in found} == {"commit abc has no trailer Change-Id that matches ^CHG[0-9]+$"}
	count(regulated.deny_ticket) == 1 with input as saying({"Change-Id": "later"}) with data.limits as limits
	count(regulated.deny_ticket) == 0 with input as saying({"Change-Id": "CHG1"}) with data.limits as limits
}

test_anything_is_a_ticket_where_there_is_no_pattern if {
	limits := {"ticketTrailer": {"default": "Change-Id"}}
	count(regulated.deny_ticket) == 0 with input as saying({"Change-Id": "x"}) with data.limits as limits
	count(regulated.deny_ticket) == 1 with input as saying({"Change-Id": ""}) with data.limits as limits
}

test_a_work_tree_has_no_message_yet if {
	limits := {"ticketTrailer": {"default": "Change-Id"}}
	count(regulated.deny_ticket) == 0 with input as json.remove(saying({}), ["change/trailers"]) with data.limits as limits
}

saying(trailers) := {
	"operation": "step", "environment": "production",
	"change": {"revision": "abc", "trailers": trailers},
}
