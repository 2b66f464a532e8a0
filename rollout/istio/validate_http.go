package istio

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// retryOn are the reasons to retry that Envoy knows, besides status codes.
var retryOn = []string{
	"5xx", "gateway-error", "reset", "reset-before-request", "connect-failure", "retriable-4xx", "refused-stream",
	"retriable-status-codes", "retriable-headers", "envoy-ratelimited", "http3-post-connect-failure",
	"cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable",
}

// grpcStatuses are gRPC's status codes.
var grpcStatuses = []string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
	"FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

var corsMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", "*"}

// validateRetries checks how a route tries again.
func validateRetries(n node) {
	if n.fields() == nil {
		return
	}
	attempts := n.at("attempts")
	others := n.among("perTryTimeout", "retryRemoteLocalities")
	if n.at("retryOn").text() != "" {
		others = append(others, "retryOn")
	}
	switch {
	case attempts.whole() < 0:
		attempts.wrong("use 0 or more", "attempts %d is negative", attempts.whole())
	case attempts.whole() == 0 && len(others) > 0 && !n.to.refused(attempts.path):
		n.wrong("write attempts: 1 or more, or remove the rest", "attempts is 0, so nothing is tried again, and %s must not be given", strings.Join(others, ", "))
	}
	on := n.at("retryOn")
	for reason := range strings.SplitSeq(on.text(), ",") {
		code, _ := strconv.Atoi(reason)
		if on.text() == "" || knownStatus(code) || slices.Contains(retryOn, reason) {
			continue
		}
		// Envoy learns new reasons, and Istio's list follows.
		on.warn(UnknownValue, rollout.Suggest(strings.TrimSpace(reason), retryOn), "retryOn %q is no reason that Istio 1.31 takes", reason)
	}
}

// knownStatus tells whether HTTP has a status of this number, as IANA's registry and
// Go's net/http know them.
func knownStatus(code int) bool {
	for _, span := range [][2]int{{100, 103}, {200, 208}, {226, 226}, {300, 305}, {307, 308}, {400, 418}, {421, 426}, {428, 429}, {431, 431}, {451, 451}, {500, 508}, {510, 511}} {
		if span[0] <= code && code <= span[1] {
			return true
		}
	}
	return false
}

// validateFault checks the faults that a route injects.
func validateFault(n node) {
	if n.fields() == nil {
		return
	}
	abort, delay := n.at("abort"), n.at("delay")
	if !abort.given() && !delay.given() {
		n.wrong("write abort: or delay:", "the fault is none")
	}
	if abort.fields() != nil {
		validatePercent(abort.at("percentage"), 0.0001)
		validateStatus(abort.at("httpStatus"))
		if status := abort.at("grpcStatus"); status.given() && !slices.Contains(grpcStatuses, status.text()) && !n.to.refused(status.path) {
			status.wrong(rollout.Suggest(status.text(), grpcStatuses), "%q is no status of gRPC", status.text())
		}
		if abort.at("http2Error").given() {
			abort.at("http2Error").wrong("use httpStatus or grpcStatus", "Istio cannot inject errors of HTTP/2")
		}
		if len(abort.among("httpStatus", "grpcStatus", "http2Error")) == 0 {
			abort.warn(NoEffect, "write httpStatus or grpcStatus", "the fault aborts with no status")
		}
	}
	if delay.fields() != nil {
		validatePercent(delay.at("percentage"), 0.0001)
		if delay.at("exponentialDelay").given() {
			delay.at("exponentialDelay").wrong("use fixedDelay", "Istio cannot delay exponentially")
		}
	}
}

// validateRewrite checks what a route makes of the request's address.
func validateRewrite(n node) {
	if n.fields() == nil {
		return
	}
	pattern := n.at("uriRegexRewrite")
	switch uri := n.at("uri").text(); {
	case uri != "" && pattern.given():
		n.wrong("keep one of them", "a rewrite cannot have uri and uriRegexRewrite at once")
	case uri == "" && !pattern.given() && n.at("authority").text() == "":
		n.wrong("write its uri, uriRegexRewrite or authority", "the rewrite changes nothing")
	}
	if pattern.fields() == nil {
		return
	}
	if pattern.at("match").text() == "" || pattern.at("rewrite").text() == "" {
		pattern.wrong("write both", "uriRegexRewrite needs match and rewrite")
		return
	}
	validatePattern(pattern.at("match"))
}

// validateCORS checks who may call a route from a browser.
func validateCORS(n node) {
	for _, origin := range n.at("allowOrigins").items() {
		if origin.at("exact").text()+origin.at("prefix").text()+origin.at("regex").text() == "" {
			origin.wrong("write exact:, prefix: or regex: with a value", "the origin is empty")
		} else if origin.at("regex").text() != "" {
			validatePattern(origin.at("regex"))
		}
	}
	for _, method := range n.at("allowMethods").items() {
		if !slices.Contains(corsMethods, method.text()) {
			method.wrong(rollout.Suggest(method.text(), corsMethods), "%q is no HTTP method", method.text())
		}
	}
	for _, list := range []string{"allowHeaders", "exposeHeaders"} {
		for _, name := range n.at(list).items() {
			if !headerName.MatchString(name.text()) {
				name.wrong("use the header's name, or *", "%q is no name of a header", name.text())
			}
		}
	}
	if age, err := time.ParseDuration(n.at("maxAge").text()); err == nil && age%time.Second != 0 {
		n.at("maxAge").wrong("use whole seconds", "maxAge is exact to the second only")
	}
}
