package istio

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const label = `[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?`

var (
	labelText    = regexp.MustCompile(`^` + label + `$`)
	wildText     = regexp.MustCompile(`^(?:\*|(?:\*-?)?` + label + `)$`)
	labelKey     = regexp.MustCompile(`^(?:(` + label + `(?:\.` + label + `)*)/)?((?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$`)
	labelValue   = regexp.MustCompile(`^(?:(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$`)
	headerName   = regexp.MustCompile("^[!#$%&'*+\\-.^_`|~A-Za-z0-9]+$")
	routingClaim = regexp.MustCompile(`(?i)^@request\.auth\.claims(?-i:\..+|\[.+\])$`)
)

// isLabel tells whether the name is a DNS label, in capitals or not.
func isLabel(name string) bool { return len(name) <= 63 && labelText.MatchString(name) }

// isDomain tells whether the name is a DNS name; a last dot may stand.
func isDomain(name string) bool {
	return name != "" && len(name) <= 255 && labelled(name)
}

// labelled tells whether all parts of the name are labels, and its last one is
// no number, as an address's would be.
func labelled(name string) bool {
	if name == "" {
		return true
	}
	parts := strings.Split(strings.TrimSuffix(name, "."), ".")
	if _, err := strconv.Atoi(parts[len(parts)-1]); err == nil && !strings.HasSuffix(name, ".") {
		return false
	}
	return !slices.ContainsFunc(parts, func(part string) bool { return !isLabel(part) })
}

// isHost tells whether the name is a DNS name whose first label may be a
// wildcard, as *.example.com.
func isHost(name string) bool {
	if name == "" || len(name) > 255 {
		return false
	}
	first, rest, _ := strings.Cut(name, ".")
	return len(first) <= 63 && wildText.MatchString(first) && labelled(rest)
}

func isAddress(name string) bool {
	_, err := netip.ParseAddr(name)
	return err == nil
}

// isNetwork tells whether the text is an address, or a range of them.
func isNetwork(text string) bool {
	_, err := netip.ParsePrefix(text)
	return err == nil || isAddress(text)
}

// overlap tells whether two hosts have a name in common, wildcards included.
func overlap(a, b string) bool { return covers(a, b) || covers(b, a) }

// covers tells whether all names of the second host are the first's too.
func covers(a, b string) bool {
	if !strings.HasPrefix(a, "*") {
		return a == b
	}
	return strings.HasSuffix(strings.TrimPrefix(b, "*"), a[1:])
}

// validateLabels checks the labels that select pods.
func validateLabels(n node) {
	for _, key := range n.names() {
		of := n.at(key)
		parts := labelKey.FindStringSubmatch(key)
		if parts == nil || len(parts[1]) > 253 || len(parts[2]) > 63 {
			of.wrong("a label's name is letters, digits, - _ and ., at most 63, after a domain and / or without", "%q is no name of a label", key)
		}
		if value := of.text(); !labelValue.MatchString(value) {
			of.wrong("a label's value is letters, digits, - _ and .", "%q is no value of a label", value)
		}
	}
}

// validatePort refuses a number that no port has. 0 is one that is not set,
// where that is allowed.
func validatePort(n node, need bool) {
	if n.to.refused(n.path) {
		return
	}
	if number := n.whole(); (number != 0 || need) && (number < 1 || number > 65535) {
		n.wrong("use the number of one of the service's ports, 1 to 65535", "port %d is none: ports go from 1 to 65535", number)
	}
}

// validateExports checks the namespaces to which an object is shown.
func validateExports(n node, namespace string) {
	seen := map[string]bool{}
	for _, item := range n.items() {
		name := item.text()
		own := name
		if name == "." {
			own = namespace
		}
		switch {
		case seen[own]:
			item.wrong("name it once", "exportTo names %s twice", name)
		case name == "~":
			item.wrong("use . for the own namespace alone", "exportTo ~ is for ServiceEntries only")
		case name != "*" && name != "." && !isLabel(name):
			item.wrong("use *, . or a namespace", "exportTo %q is no namespace", name)
		}
		seen[own] = true
	}
	if seen["*"] && len(n.items()) > 1 {
		n.wrong("keep * alone, or drop it", "exportTo names * beside others")
	}
}

// validateGateways checks names of gateways. Istio itself stops at the first
// name without a namespace, so what is odd after it is only a warning.
func validateGateways(n node) {
	bare := false
	for _, item := range n.items() {
		name := item.text()
		namespace, gateway, qualified := strings.Cut(name, "/")
		fine := isDomain(name)
		if qualified {
			fine = isLabel(namespace) && isLabel(gateway)
		}
		const hint = "write it as namespace/name"
		switch {
		case !fine && bare:
			item.warn(GatewayName, hint, "%q is no name of a gateway", name)
		case !fine:
			item.wrong(hint, "%q is no name of a gateway", name)
		case !qualified && strings.Contains(name, "."):
			parts := strings.Split(name, ".")
			item.warn(Deprecated, "write it as "+parts[1]+"/"+parts[0], "gateway %s is named in the old way", name)
		}
		bare = bare || !qualified
	}
}
