package istio

import "slices"

// validateService holds a VirtualService against Istio's rules.
func validateService(root, spec node) {
	hosts := spec.at("hosts").texts()
	namespace := root.at("metadata").at("namespace").text()
	if len(hosts) == 0 {
		for _, field := range []string{"gateways", "tls", "tcp"} {
			if at := spec.at(field); len(at.items()) > 0 {
				at.wrong("name the hosts, or leave "+field+" to the VirtualService that delegates to it", "a VirtualService without hosts serves as a delegate, which has no %s", field)
			}
		}
	}
	validateGateways(spec.at("gateways"))
	validateHosts(spec)
	validateExports(spec.at("exportTo"), namespace)
	if len(spec.at("http").items())+len(spec.at("tls").items())+len(spec.at("tcp").items()) == 0 {
		spec.wrong("list its routes under http:, tls: or tcp:", "the VirtualService has no route")
	}
	for _, route := range spec.at("http").items() {
		validateHTTP(route, len(hosts) == 0, atGateway(spec))
	}
	for _, route := range spec.at("tls").items() {
		validateTLS(route, spec)
	}
	for _, route := range spec.at("tcp").items() {
		validateTCP(route)
	}
	for _, protocol := range protocols() {
		unreachable(spec.at(string(protocol)).items())
	}
}

// atGateway tells whether the VirtualService applies to gateways alone and not
// to the mesh.
func atGateway(spec node) bool {
	gateways := spec.at("gateways").texts()
	return len(gateways) > 0 && !slices.Contains(gateways, "mesh")
}

// validateHosts checks each host, and if all are fine whether two overlap.
func validateHosts(spec node) {
	hosts := spec.at("hosts").items()
	fine := true
	for _, h := range hosts {
		switch name := h.text(); {
		case name == "*" && !atGateway(spec):
			h.wrong("name the services, or bind it to gateways only", "host * is for gateways: the mesh has no such host")
		case isHost(name), isAddress(name), atGateway(spec) && generatedSNI(spec, name):
			continue
		default:
			h.wrong("write a DNS name; * may stand for its first label only", "%q is no host", name)
		}
		fine = false
	}
	if !fine {
		return
	}
	for i, h := range hosts {
		for _, before := range hosts[:i] {
			if overlap(before.text(), h.text()) {
				h.wrong("keep one of them", "hosts %s and %s overlap", before.text(), h.text())
			}
		}
	}
}

// generatedSNI tells whether Istio may take the host for one of the names that
// it makes itself, in which it allows more.
func generatedSNI(spec node, name string) bool {
	return len(name) > len("outbound_") && name[:len("outbound_")] == "outbound_" && len(spec.at("tls").items()) > 0
}
