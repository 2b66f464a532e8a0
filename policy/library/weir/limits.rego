# The limits of all sets. Each set lists in its own object, limits, the names
# under data.limits that it heeds: what each must be, and what holds where the
# data say nothing. This package comes with every set and answers for all.
package weir

# METADATA
# title: Limits are understood
# description: >-
#   What stands under limits in the policies' data is the name of a limit of an
#   enforced set, and under it environments or default, each with a value of the
#   limit's type. Anything else would limit nothing, in silence.
# labels: {id: L001, severity: high}
# custom:
#   data: limits
#   fix: "Write it as in limits: {maxStep: {production: 25, default: 50}}."
deny_limits contains finding if {
	input.operation != "rollback"
	some name in not_objects
	finding := {"msg": sprintf("%s in the policies' data is no object, so it limits nothing", [name])}
}

deny_limits contains finding if {
	input.operation != "rollback"
	some name, _ in data.limits
	not known[name]
	finding := {
		"msg": sprintf("limits.%s in the policies' data is not known; there is %s", [name, concat(", ", sort(object.keys(known)))]),
		"fix": "Correct its name, add the set that heeds it to spec.policies.sets, or put it elsewhere than under limits.",
	}
}

deny_limits contains finding if {
	input.operation != "rollback"
	some name, values in data.limits
	kind := known[name].is
	some environment, value in values
	not fits(kind, value)
	finding := {
		"msg": sprintf("limits.%s.%v in the policies' data is %s, which is not %s", [name, environment, json.marshal(value), kinds[kind]]),
		"fix": sprintf("Correct it. Without data, limits.%s is %s.", [name, json.marshal(known[name]["default"])]),
	}
}

not_objects contains "limits" if is_object(data.limits) == false

not_objects contains sprintf("limits.%s", [name]) if {
	some name, values in data.limits
	known[name]
	not is_object(values)
}

# applies tells whether a set judges this move: none holds a rollback, and each
# leaves out the environments for which the limit of its name is false.
applies(set) if {
	input.operation != "rollback"
	limit(set) == true
}

# limit is what holds in the input's environment: what the data say of it, else
# their default, else the set's own. A value of the wrong type is none.
limit(name) := value if {
	value := data.limits[name][input.environment]
	fits(known[name].is, value)
} else := value if {
	value := data.limits[name]["default"]
	fits(known[name].is, value)
} else := known[name]["default"]

# known is the limits of the sets that are enforced.
known[name] := about if some name, about in data.baseline.limits

known[name] := about if some name, about in data.production.limits

known[name] := about if some name, about in data.regulated.limits

# kinds is what a limit can be, in words.
kinds := {
	"percent": "a number from 1 to 100",
	"count": "a whole number of 1 or more",
	"minutes": "a number of minutes, 0 or more",
	"flag": "true or false",
	"answer": "allow, warn or deny",
	"hours": "an object of weekdays and hours, as in {Friday: 14, Saturday: 0}",
	"text": "words in quotes",
	"pattern": "a regular expression",
	"pairs": "a list of pairs of hosts, as in [[reviews, reviews-canary]]",
}

fits("percent", value) if {
	is_number(value)
	value >= 1
	value <= 100
}

fits("count", value) if {
	whole(value)
	value >= 1
}

fits("minutes", value) if {
	is_number(value)
	value >= 0
}

fits("flag", value) if is_boolean(value)

fits("answer", value) if value in {"allow", "warn", "deny"}

fits("hours", value) if {
	is_object(value)
	every day, hour in value {
		day in {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
		whole(hour)
		hour >= 0
		hour <= 23
	}
}

fits("text", value) if is_string(value)

fits("pattern", value) if {
	is_string(value)
	regex.is_valid(value)
}

fits("pairs", value) if {
	is_array(value)
	every pair in value {
		is_array(pair)
		count(pair) == 2
		every host in pair {
			is_string(host)
		}
	}
}

whole(value) if {
	is_number(value)
	value == floor(value)
}
