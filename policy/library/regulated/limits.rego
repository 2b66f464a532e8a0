package regulated

# limits are the names under data.limits that this set heeds. The first is the
# set's own: where it is false, no rule of the set judges.
limits := {
	"regulated": {"is": "flag", "default": true},
	"approvalsRequired": {"is": "count", "default": 2},
	"signedChanges": {"is": "flag", "default": false},
	"ticketTrailer": {"is": "text", "default": ""},
	"ticketPattern": {"is": "pattern", "default": "\\S"},
	"waiverDays": {"is": "count", "default": 90},
}
