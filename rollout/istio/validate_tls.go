package istio

import "strings"

// validateTunnel checks where connections are tunnelled to.
func validateTunnel(n node) {
	if n.fields() == nil {
		return
	}
	if protocol := n.at("protocol"); protocol.text() != "" && protocol.text() != "CONNECT" && protocol.text() != "POST" {
		protocol.wrong("write CONNECT or POST", "a tunnel's protocol cannot be %q", protocol.text())
	}
	if host := n.at("targetHost").text(); !isDomain(host) && !isAddress(host) {
		n.wrong("write targetHost: with a DNS name or an address", "%q is no host for a tunnel", host)
	}
	port := n.at("targetPort")
	if !port.given() {
		n.wrong("write targetPort:", "the tunnel has no port")
		return
	}
	validatePort(port, true)
}

// validateClientTLS checks how connections to the host are secured.
func validateClientTLS(n node, namespace string) {
	if n.fields() == nil {
		return
	}
	mode, credential := n.at("mode").text(), n.at("credentialName")
	verified := nonEmpty(n, "caCertificates")
	if n.at("subjectAltNames").given() {
		verified = append(verified, "subjectAltNames")
	}
	if mode == "SIMPLE" && credential.text() != "" {
		verified = append(verified, "credentialName")
	}
	if n.at("insecureSkipVerify").truth() && (mode == "SIMPLE" || mode == "MUTUAL") && len(verified) > 0 {
		n.at("insecureSkipVerify").wrong("verify, or drop "+verified[0], "insecureSkipVerify cannot be true beside %s", strings.Join(verified, ", "))
	}
	if (mode == "SIMPLE" || mode == "MUTUAL") && credential.text() != "" {
		if files := nonEmpty(n, "clientCertificate", "privateKey", "caCertificates", "caCrl"); len(files) > 0 {
			credential.wrong("keep the secret or the files", "credentialName cannot stand beside %s", strings.Join(files, ", "))
		}
		return
	}
	if mode == "MUTUAL" {
		for _, file := range []string{"clientCertificate", "privateKey"} {
			if n.at(file).text() == "" {
				n.wrong("write it, or credentialName, or use mode ISTIO_MUTUAL", "tls of mode MUTUAL needs a %s", file)
			}
		}
	}
}

// nonEmpty are those of the names whose texts are not empty.
func nonEmpty(n node, names ...string) []string {
	var out []string
	for _, name := range names {
		if n.at(name).text() != "" {
			out = append(out, name)
		}
	}
	return out
}
