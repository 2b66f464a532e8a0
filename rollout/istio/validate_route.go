package istio

import "strings"

// validateHTTP holds an HTTP route against Istio's rules. delegate tells whether
// its VirtualService serves as one, gateway whether that is for gateways alone.
func validateHTTP(n node, delegate, gateway bool) {
	if n.fields() == nil {
		return
	}
	validateKind(n, delegate)
	for _, match := range n.at("match").items() {
		validateMatch(match, gateway)
	}
	validateMirrors(n)
	validateRedirect(n)
	validateResponse(n.at("directResponse"))
	validateRewrite(n.at("rewrite"))
	validateRetries(n.at("retries"))
	validateFault(n.at("fault"))
	validateCORS(n.at("corsPolicy"))
	validateHeaders(n.at("headers"))
	validateAuthority(n)
	validateWeighed(n)
	for _, to := range n.at("route").items() {
		validateHeaders(to.at("headers"))
	}
}

// validateKind refuses a route that does two things at once, or nothing.
func validateKind(n node, delegate bool) {
	kinds := n.among("redirect", "directResponse")
	if len(n.at("route").items()) > 0 {
		kinds = append([]string{"route"}, kinds...)
	}
	switch delegated := n.at("delegate"); {
	case delegated.given() && delegate:
		delegated.wrong("name the hosts, or delegate from the VirtualService that has them", "a VirtualService without hosts serves as a delegate, and cannot delegate further")
	case delegated.given():
		for _, kind := range n.among("redirect", "route") {
			n.at(kind).wrong("leave it to the delegate", "a route that delegates has no %s of its own", kind)
		}
		if answer := n.at("directResponse"); answer.given() {
			answer.warn(NoEffect, "leave it to the delegate", "directResponse beside delegate is hardly meant")
		}
		return
	}
	switch {
	case len(kinds) > 1:
		n.wrong("keep one of them", "a route cannot have %s at once", strings.Join(kinds, " and "))
	case len(kinds) == 0 && !n.at("route").given() && !n.at("delegate").given():
		n.wrong("list its destinations under route:, or write redirect: or directResponse:", "the route goes nowhere")
	}
	for _, kind := range n.among("redirect", "directResponse") {
		for _, other := range n.among("fault", "rewrite") {
			n.at(other).wrong("remove it", "a route with %s cannot have a %s", kind, other)
		}
	}
}

// validateMirrors checks where requests are copied to, and how many.
func validateMirrors(n node) {
	mirror := n.at("mirror")
	if mirror.fields() != nil {
		needHost(mirror)
		validateDestination(mirror)
	}
	if mirror.given() && len(n.at("mirrors").items()) > 0 && !n.at("delegate").given() {
		n.at("mirrors").wrong("list both under mirrors:", "a route cannot have mirror and mirrors at once")
	}
	for _, m := range n.at("mirrors").items() {
		to := m.at("destination")
		if !to.given() && m.fields() != nil {
			m.wrong("name the service under destination.host", "the mirror has no destination")
		} else if to.fields() != nil {
			needHost(to)
			validateDestination(to)
		}
		validatePercent(m.at("percentage"), 0)
	}
	validatePercent(n.at("mirrorPercentage"), 0)
	for _, name := range n.among("mirrorPercent", "mirror_percent") {
		old := n.at(name)
		old.warn(Deprecated, "write mirrorPercentage: {value: …}", "%s is deprecated", name)
		if old.whole() > 100 {
			old.wrong("use 100 or less", "%s %d is more than all requests", name, old.whole())
		}
	}
}

// validatePercent checks that a share is from 0 to 100, and not below the least
// that is told from 0.
func validatePercent(n node, least float64) {
	value := n.at("value")
	switch share, ok := value.number(); {
	case !ok:
	case share < 0 || share > 100:
		value.wrong("use a number from 0 to 100", "%s %g is no percentage", last(n.path), share)
	case share > 0 && share < least:
		value.wrong("use 0, or 0.0001 and more", "%s %g is too small: the least is %g", last(n.path), share, least)
	}
}

// validateRedirect checks a redirect beside its route's matches.
func validateRedirect(route node) {
	n := route.at("redirect")
	if n.fields() == nil {
		return
	}
	uri, prefix, scheme, code := n.at("uri").text(), n.at("prefixRewrite").text(), n.at("scheme").text(), n.at("redirectCode").whole()
	switch {
	case uri != "" && prefix != "":
		n.wrong("keep one of them", "a redirect cannot have uri and prefixRewrite at once")
	case uri == "" && prefix == "" && scheme == "" && n.at("authority").text() == "" && len(n.among("port", "derivePort")) == 0:
		n.wrong("write its uri, prefixRewrite, authority, scheme or port", "the redirect leads nowhere")
	}
	if code != 0 && (code < 300 || code > 399) {
		n.at("redirectCode").wrong("use one of 300 to 399, such as 301", "%d is no code of a redirect", code)
	}
	if scheme != "" && scheme != "http" && scheme != "https" {
		n.at("scheme").wrong("write http or https", "a redirect's scheme cannot be %q", scheme)
	}
	validatePort(n.at("port"), false)
	if prefix == "" {
		return
	}
	for _, match := range route.at("match").items() {
		if by := match.at("uri"); by.given() && !by.at("prefix").given() {
			by.wrong("match by prefix, or redirect by uri", "a redirect with prefixRewrite needs a match by prefix")
		}
	}
}

// validateResponse checks what a route answers by itself.
func validateResponse(n node) {
	if n.fields() == nil {
		return
	}
	if status := n.at("status"); !status.given() {
		n.wrong("write its status, such as 503", "the direct response has no status")
	} else {
		validateStatus(status)
	}
	body := n.at("body").at("string")
	switch size := len(body.text()); {
	case size > 1<<20:
		body.wrong("serve it from a workload", "the direct response has more than 1 MiB, which Istio refuses")
	case size > 100<<10:
		body.warn(LargeResponse, "serve it from a workload", "the direct response has more than 100 KiB, which every proxy has to hold")
	}
}

func validateStatus(n node) {
	if code, ok := integer(n.value); ok && (code < 200 || code > 600) {
		n.wrong("use one of 200 to 599", "%d is no HTTP status that can be answered", code)
	}
}
