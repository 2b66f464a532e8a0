package istio

import (
	"math/big"
	"strings"
)

// validatePolicy holds a traffic policy, and those of its ports, against
// Istio's rules.
func validatePolicy(n node, namespace string) {
	if n.fields() == nil {
		return
	}
	if len(n.among("loadBalancer", "connectionPool", "outlierDetection", "tls", "portLevelSettings", "tunnel", "proxyProtocol", "retryBudget")) == 0 {
		// That a field is none is said of it.
		if len(n.among(n.names()...)) == 0 {
			n.wrong("write what it sets, or remove it", "the traffic policy is empty")
		}
		return
	}
	if n.at("tunnel").given() && n.at("proxyProtocol").given() {
		n.wrong("keep one of them", "a traffic policy cannot have tunnel and proxyProtocol at once")
		return // as Istio does
	}
	validateSettings(n, namespace)
	validateTunnel(n.at("tunnel"))
	for _, port := range n.at("portLevelSettings").items() {
		if port.fields() == nil {
			continue
		}
		if !port.at("port").given() {
			port.wrong("write port: {number: …}", "the settings name no port")
		}
		if len(port.among("loadBalancer", "connectionPool", "outlierDetection", "tls")) == 0 {
			port.wrong("write what they set, or remove them", "the port's settings are empty")
			continue
		}
		validateSettings(port, namespace)
	}
}

// validateSettings checks what a policy and a port of it can both have.
func validateSettings(n node, namespace string) {
	validateOutliers(n.at("outlierDetection"))
	validatePool(n.at("connectionPool"))
	validateBalancer(n.at("loadBalancer"), n.at("outlierDetection").given())
	validateClientTLS(n.at("tls"), namespace)
}

func validateOutliers(n node) {
	if n.at("consecutiveErrors").whole() != 0 {
		n.at("consecutiveErrors").warn(Deprecated, "use consecutive5xxErrors or consecutiveGatewayErrors", "consecutiveErrors is deprecated")
	}
	if local := n.at("consecutiveLocalOriginFailures"); local.whole() > 0 && !n.at("splitExternalLocalOriginErrors").truth() {
		local.wrong("write splitExternalLocalOriginErrors: true", "consecutiveLocalOriginFailures counts only if errors are told apart by origin")
	}
	for _, name := range []string{"maxEjectionPercent", "minHealthPercent"} {
		if share := n.at(name).whole(); share < 0 || share > 100 {
			n.at(name).wrong("use a number from 0 to 100", "%s %d is no percentage", name, share)
		}
	}
}

func validatePool(n node) {
	if n.fields() == nil {
		return
	}
	web, tcp := n.at("http"), n.at("tcp")
	if !web.given() && !tcp.given() && len(n.among(n.names()...)) == 0 {
		n.wrong("write http: or tcp:", "the connection pool is empty")
	}
	for _, name := range []string{"http1MaxPendingRequests", "http2MaxRequests", "maxRequestsPerConnection", "maxRetries", "maxConcurrentStreams"} {
		notNegative(web.at(name))
	}
	notNegative(tcp.at("maxConnections"))
	if web.at("h2UpgradePolicy").text() == "UPGRADE" && web.at("useClientProtocol").truth() {
		web.at("useClientProtocol").wrong("drop one of them", "useClientProtocol cannot be true where h2UpgradePolicy is UPGRADE")
	}
	if alive := web.at("http2KeepAlive"); alive.fields() != nil {
		for _, name := range []string{"interval", "timeout"} {
			if !alive.at(name).given() {
				alive.wrong("write interval and timeout", "http2KeepAlive has no %s", name)
			}
		}
	}
}

func notNegative(n node) {
	if n.whole() < 0 && !n.to.refused(n.path) {
		n.wrong("use 0 or more", "%s %d is negative", last(n.path), n.whole())
	}
}

// validateBalancer checks how requests spread over a service's pods; outliers
// tells whether sick ones are put aside.
func validateBalancer(n node, outliers bool) {
	hash := n.at("consistentHash")
	if cookie := hash.at("httpCookie"); cookie.fields() != nil {
		validateCookie(cookie)
	}
	if old := hash.at("minimumRingSize"); old.whole() != 0 {
		old.warn(Deprecated, "write ringHash: {minimumRingSize: …}", "minimumRingSize is deprecated here")
		if other := hash.among("ringHash", "maglev"); len(other) > 0 {
			old.wrong("keep one of them", "consistentHash cannot have minimumRingSize and %s at once", other[0])
		}
	}
	if other := hash.among("ringHash", "maglev"); len(other) > 1 {
		hash.wrong("keep one of them", "consistentHash cannot have ringHash and maglev at once")
	}
	if maglev := hash.at("maglev"); maglev.fields() != nil {
		size := maglev.at("tableSize")
		if n := size.whole(); n >= 5000011 || !big.NewInt(n).ProbablyPrime(0) && n != 1 {
			maglev.wrong("use a prime below 5000011, such as 65537", "tableSize %d of maglev is no prime below 5000011", n)
		}
	}
	locality, zones := n.at("localityLbSetting"), n.at("zoneAwareLbSetting")
	if locality.given() && zones.given() {
		n.wrong("keep one of them", "a load balancer cannot have localityLbSetting and zoneAwareLbSetting at once")
	}
	validateLocality(locality, outliers)
	if warm := n.at("warmup"); warm.fields() != nil {
		if !warm.at("duration").given() {
			warm.wrong("write its duration", "warmup has no duration")
		}
		if share, ok := warm.at("minimumPercent").number(); ok && (share < 0 || share > 100) {
			warm.at("minimumPercent").wrong("use a number from 0 to 100", "minimumPercent %g is no percentage", share)
		}
		if by, ok := warm.at("aggression").number(); ok && by <= 0 {
			warm.at("aggression").wrong("use a number above 0", "aggression %g is not above 0", by)
		}
	}
}

func validateCookie(cookie node) {
	if cookie.at("name").text() == "" {
		cookie.wrong("write its name", "httpCookie has no name")
	}
	seen := map[string]bool{}
	for _, attribute := range cookie.at("attributes").items() {
		switch name := attribute.at("name").text(); {
		case name == "":
			attribute.wrong("write its name", "the cookie's attribute has no name")
		case seen[name]:
			attribute.wrong("keep one of them", "the cookie's attribute %s stands there twice", name)
		default:
			seen[name] = true
		}
	}
}

// validateLocality checks how traffic prefers what is near.
func validateLocality(n node, outliers bool) {
	distribute, failover := n.at("distribute").items(), n.at("failover").items()
	if len(distribute) > 0 && len(failover) > 0 {
		n.wrong("keep one of them", "localityLbSetting cannot have distribute and failover at once")
		return
	}
	for _, from := range distribute {
		total := int64(0)
		to := from.at("to")
		for _, name := range to.names() {
			weight := to.at(name)
			if w := weight.whole(); w < 1 || w > 100 {
				weight.wrong("use a weight from 1 to 100", "weight %d of a locality is not from 1 to 100", w)
				return // as Istio does
			}
			total += weight.whole()
		}
		if total != 100 {
			from.wrong("let them add up to 100", "the weights of the localities add up to %d, not to 100", total)
			return
		}
	}
	for _, over := range failover {
		from, to := over.at("from").text(), over.at("to").text()
		switch {
		case from == to:
			over.wrong("name another region", "failover leads from %s to itself", from)
		case strings.ContainsAny(from+to, "/*"):
			over.wrong("name regions in full, without zones", "failover from %s to %s: both are regions, without / and *", from, to)
		}
	}
	if len(failover)+len(n.at("failoverPriority").items()) > 0 && !outliers {
		n.warn(NoOutlier, "add outlierDetection to the same policy", "failover has no effect without outlierDetection, which tells who is sick")
	}
}
