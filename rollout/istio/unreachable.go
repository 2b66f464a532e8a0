package istio

import (
	"reflect"
	"strings"
)

// unreachable warns of routes that no request reaches, since an earlier one
// takes all that they would: the first route that matches wins.
func unreachable(routes []node) {
	all := -1
	var before []node
	for i, route := range routes {
		matches := route.at("match").items()
		switch {
		case all >= 0:
			route.warn(UnreachableRoute, "move the route that matches everything to the end", "nothing reaches this route: %s comes first and matches everything", last(routes[all].path))
			continue
		case route.fields() == nil:
			continue
		case len(matches) == 0:
			all = i
			continue
		}
		taken := 0
		for _, match := range matches {
			if by := coveredBy(before, match); by != "" {
				match.warn(IneffectiveMatch, "drop it, or put the narrower match first", "this match has no effect: %s takes its requests", by)
				taken++
			}
			before = append(before, match)
		}
		if taken == len(matches) {
			route.warn(UnreachableRoute, "drop it, or move it up", "nothing reaches this route: earlier routes take all that it matches")
		}
	}
}

// coveredBy is where a match stands that takes all that this one would; "" if
// none does. A match covers another that is equal but for its name, or that
// differs only by a longer prefix of the URI.
func coveredBy(before []node, match node) string {
	if match.fields() == nil {
		return ""
	}
	for _, b := range before {
		if b.fields() == nil || !equalBut(b, match, "uri") {
			continue
		}
		wide, narrow := b.at("uri").at("prefix"), match.at("uri").at("prefix")
		if reflect.DeepEqual(b.at("uri").value, match.at("uri").value) ||
			wide.text() != "" && strings.HasPrefix(narrow.text(), wide.text()) {
			return strings.TrimPrefix(b.path, "spec.")
		}
	}
	return ""
}

// equalBut tells whether two matches are equal but for the field and their names.
func equalBut(a, b node, field string) bool {
	for _, n := range [][2]node{{a, b}, {b, a}} {
		for name, value := range n[0].fields() {
			if name != field && name != "name" && name != "statPrefix" && !reflect.DeepEqual(value, n[1].fields()[name]) {
				return false
			}
		}
	}
	return true
}
