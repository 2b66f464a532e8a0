package istio

import (
	"slices"
	"strings"
)

// validateGateway refuses the plainest mistakes in a Gateway. What its TLS
// settings say is left to Istio.
func validateGateway(root, spec node) {
	if name := root.at("metadata").at("name").text(); name != "" && !isLabel(name) {
		root.at("metadata").at("name").wrong("use letters, digits and -, at most 63", "%q is no name of a gateway", name)
	}
	servers := spec.at("servers").items()
	if len(servers) == 0 {
		spec.wrong("list its servers", "the gateway has no server")
	}
	seen := map[string]bool{}
	for _, server := range servers {
		if server.fields() == nil {
			continue
		}
		if len(server.at("hosts").items()) == 0 {
			server.wrong("name the hosts, or *", "the server has no hosts")
		}
		port := server.at("port")
		if port.fields() == nil {
			server.wrong("write port: {number: …, name: …, protocol: …}", "the server has no port")
			continue
		}
		name := port.at("name").text()
		if seen[name] {
			port.wrong("give each server's port its own name", "two servers' ports are named %q", name)
		}
		seen[name] = true
		validatePort(port.at("number"), false)
		protocol, tls := strings.ToUpper(port.at("protocol").text()), server.at("tls")
		if (protocol == "HTTPS" || protocol == "TLS") && !tls.given() {
			server.wrong("write tls: with its mode", "a server of %s needs TLS settings", protocol)
		}
		plain := slices.Contains([]string{"HTTP", "HTTP2", "HTTP_PROXY", "GRPC", "GRPC-WEB"}, protocol)
		if redirect := tls.at("httpsRedirect"); redirect.truth() && !plain {
			redirect.warn(NoEffect, "set it on the server of HTTP", "httpsRedirect has no effect on a server of %s", protocol)
		}
	}
}

// validateEntry refuses the plainest mistakes in a ServiceEntry.
func validateEntry(_, spec node) {
	hosts := spec.at("hosts").items()
	if len(hosts) == 0 {
		spec.wrong("name its hosts", "the ServiceEntry has no host")
	}
	resolution := spec.at("resolution").text()
	asked := slices.Contains([]string{"DNS", "DNS_ROUND_ROBIN"}, resolution) && len(spec.at("endpoints").items()) == 0
	for _, host := range hosts {
		switch name := host.text(); {
		case name == "*" || !isHost(name):
			host.wrong("write a DNS name; * may stand for its first label only", "%q is no host of a ServiceEntry", name)
		case asked && !isDomain(name):
			host.wrong("list endpoints, or use another resolution", "DNS cannot resolve %s, and there are no endpoints", name)
		}
	}
	names, numbers := map[string]bool{}, map[int64]bool{}
	for _, port := range spec.at("ports").items() {
		name, number := port.at("name").text(), port.at("number")
		if names[name] || numbers[number.whole()] {
			port.wrong("give each port its own name and number", "port %s %d is there already, by name or by number", name, number.whole())
		}
		names[name], numbers[number.whole()] = true, true
		validatePort(number, true)
	}
}
