package istio

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
)

// validateMatch holds one match of an HTTP route against Istio's rules.
// gateway tells whether it is for gateways alone.
func validateMatch(n node, gateway bool) {
	for _, by := range []string{"headers", "withoutHeaders"} {
		for _, name := range n.at(by).names() {
			header := n.at(by).at(name)
			switch claim := routingClaim.MatchString(name); {
			case claim && !gateway:
				header.wrong("bind the VirtualService to gateways only", "the claims of a token can only be matched at a gateway")
			case !claim && !isHeader(name):
				header.wrong("use the header's name", "%q is no name of a header", name)
			}
			if by == "headers" && !header.given() {
				header.warn(NoEffect, "write {} for a header with any value", "the match of header %s is null, which counts as left out", name)
			}
			if by == "headers" || header.at("regex").text() != "*" {
				validateString(header, false)
			}
		}
	}
	for _, name := range n.at("queryParams").names() {
		validateString(n.at("queryParams").at(name), false)
	}
	validateString(n.at("uri"), true)
	for _, by := range []string{"scheme", "method", "authority"} {
		validateString(n.at(by), false)
	}
	if in := n.at("sourceNamespace"); in.text() != "" && !isLabel(in.text()) {
		in.wrong("name a namespace", "%q is no namespace", in.text())
	}
	validateSource(n)
}

// isHeader tells whether the name is a header's that can be matched.
func isHeader(name string) bool {
	switch name {
	case ":method", ":scheme", ":authority", ":path", ":status":
		return true
	}
	return headerName.MatchString(name)
}

// validateSource checks what matches of all protocols have.
func validateSource(n node) {
	validatePort(n.at("port"), false)
	validateLabels(n.at("sourceLabels"))
	validateGateways(n.at("gateways"))
}

// validateSubnets checks the ranges of addresses that matches of TLS and TCP have.
func validateSubnets(n node) {
	for _, subnet := range n.at("destinationSubnets").items() {
		if !isNetwork(subnet.text()) {
			subnet.wrong("write it like 10.0.0.0/8", "%q is no range of addresses", subnet.text())
		}
	}
}

// validateString checks one match of a string. Only a URI may have an empty prefix.
func validateString(n node, emptyPrefix bool) {
	if prefix := n.at("prefix"); prefix.value == "" && !emptyPrefix {
		prefix.wrong("name the prefix, or write {} for any value", "the prefix is empty")
	}
	if pattern := n.at("regex"); pattern.given() {
		validatePattern(pattern)
	}
}

// validatePattern checks a regular expression, which Istio bounds in length. It
// may be a header's, so nothing of it is shown.
func validatePattern(n node) {
	pattern := n.text()
	var bad *syntax.Error
	switch _, err := regexp.Compile(pattern); {
	case pattern == "" && n.value == "":
		n.wrong("write the expression", "the regular expression is empty")
	case len(pattern) > 1024:
		n.wrong("shorten it, or use several matches", "the regular expression has %d characters, and Istio takes 1024", len(pattern))
	case errors.As(err, &bad):
		n.wrong("use RE2's syntax", "the regular expression does not parse: %s", bad.Code)
	}
}

// validateTLS holds a TLS route against Istio's rules.
func validateTLS(route, spec node) {
	if len(route.at("match").items()) == 0 {
		route.wrong("add a match with sniHosts", "the TLS route has no match")
	}
	for _, match := range route.at("match").items() {
		if len(match.at("sniHosts").items()) == 0 {
			match.wrong("name the hosts under sniHosts", "the match of a TLS route has no sniHosts")
		}
		for _, sni := range match.at("sniHosts").items() {
			validateSNI(sni, spec)
		}
		validateSource(match)
		validateSubnets(match)
	}
	needRoute(route, "TLS")
	validateWeighed(route)
}

// validateSNI refuses a name that is none of the VirtualService's hosts.
func validateSNI(sni, spec node) {
	name := sni.text()
	switch {
	case isAddress(name):
		sni.warn(SNIAddress, "name the host that clients ask for", "%s is an address, which hardly a client sends as SNI", name)
		return
	case atGateway(spec) && generatedSNI(spec, name):
	case !isHost(name):
		sni.wrong("write a DNS name; * may stand for its first label only", "%q is no host", name)
		return
	}
	hosts := spec.at("hosts").texts()
	for _, host := range hosts {
		if covers(host, name) {
			return
		}
	}
	sni.wrong("add it to the hosts", "SNI host %s is none of the VirtualService's hosts (%s)", name, strings.Join(hosts, ", "))
}

// validateTCP holds a TCP route against Istio's rules.
func validateTCP(route node) {
	for _, match := range route.at("match").items() {
		validateSource(match)
		validateSubnets(match)
	}
	needRoute(route, "TCP")
	validateWeighed(route)
}

// needRoute says that a route of TLS or TCP goes nowhere; that its list is
// empty is what Read speaks of.
func needRoute(route node, protocol string) {
	if !route.at("route").given() {
		route.wrong("list its destinations under route:", "the %s route has no route", protocol)
	}
}
