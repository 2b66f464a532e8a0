package istio

import (
	"slices"
	"strings"
)

// validateHeaders checks what a route changes about headers.
func validateHeaders(n node) {
	for _, way := range []string{"request", "response"} {
		for _, verb := range []string{"set", "add"} {
			for _, name := range n.at(way).at(verb).names() {
				value := n.at(way).at(verb).at(name)
				validateHeader(value, name, way == "request")
				validateHeaderValue(value)
			}
		}
		for _, name := range n.at(way).at("remove").items() {
			validateHeader(name, name.text(), false)
		}
	}
}

// validateHeader checks the name of a header that is changed; only a request's
// host may be.
func validateHeader(n node, name string, host bool) {
	const hint = "change another header; a request's host is set under host or by rewrite.authority"
	switch {
	case name == "":
		n.wrong("name the header", "a header has no name")
	case isAuthority(name) && !host:
		n.wrong(hint, "header %s cannot be changed here", name)
	case strings.HasPrefix(name, ":") && !isAuthority(name):
		n.wrong(hint, "header %s is Envoy's own and cannot be changed", name)
	}
}

func isAuthority(name string) bool {
	return strings.EqualFold(name, "host") || strings.EqualFold(name, ":authority")
}

// validateHeaderValue checks for what Envoy would not read: control characters,
// and a % that neither is doubled nor encloses a variable.
func validateHeaderValue(n node) {
	value := n.text()
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		n.wrong("take it out", "the header's value has a control character")
	}
	if strings.Count(value, "%")%2 == 1 && !strings.Contains(value, "(") {
		n.wrong("write %% for a percent sign, or %NAME% for one of Envoy's variables", "the header's value has a %% that stands alone")
	}
}

// validateAuthority refuses a second change of a request's host.
func validateAuthority(route node) {
	request := route.at("headers").at("request")
	changes := []node{route.at("rewrite").at("authority")}
	for _, verb := range []string{"set", "add"} {
		for _, name := range request.at(verb).names() {
			if isAuthority(name) {
				changes = append(changes, request.at(verb).at(name))
			}
		}
	}
	changes = slices.DeleteFunc(changes, func(n node) bool { return n.text() == "" })
	if len(changes) > 1 {
		changes[1].wrong("set it in one place", "the request's host is set twice")
	}
}
