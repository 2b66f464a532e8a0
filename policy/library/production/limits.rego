package production

# limits are the names under data.limits that this set heeds. The first is the
# set's own: where it is false, no rule of the set judges.
limits := {
	"production": {"is": "flag", "default": true},
	"firstStep": {"is": "percent", "default": 10},
	"minSteps": {"is": "count", "default": 3},
	"minSoakMinutes": {"is": "minutes", "default": 60},
	"windowsRequired": {"is": "flag", "default": true},
	"quietHours": {"is": "hours", "default": {"Friday": 14, "Saturday": 0, "Sunday": 0}},
	"readyEndpoints": {"is": "percent", "default": 1},
	"unknownEndpoints": {"is": "answer", "default": "warn"},
	"mirrorPercent": {"is": "percent", "default": 10},
	"after": {"is": "text", "default": ""},
	"maxConcurrent": {"is": "count", "default": 5},
	"hostPairs": {"is": "pairs", "default": []},
}
