package istio

// validateDestination holds a destination against Istio's rules. That it has a
// host at all is for who reads it to say.
func validateDestination(n node) {
	host := n.at("host")
	switch name := host.text(); {
	case name == "*":
		host.wrong("name one service", "a destination cannot be *")
	case name != "" && !isHost(name):
		host.wrong("write the service's DNS name, or add a ServiceEntry for an address and name its host", "%q is no host", name)
	}
	if subset := n.at("subset"); subset.text() != "" && !isLabel(subset.text()) {
		subset.wrong("use letters, digits and -, at most 63", "%q is no name of a subset", subset.text())
	}
	if port := n.at("port"); port.fields() != nil {
		number := port.at("number")
		if !number.given() {
			number = port
		}
		validatePort(number, true)
	}
}

// needHost says that a destination names no host.
func needHost(n node) {
	if !n.at("host").given() || n.at("host").value == "" {
		n.wrong("name the service under host", "the destination has no host")
	}
}

// validateWeighed checks the destinations of a route; their weights and hosts
// are what Read speaks of.
func validateWeighed(route node) {
	list := route.at("route").items()
	for _, d := range list {
		validateDestination(d.at("destination"))
	}
	if len(list) == 1 {
		if weight, ok := integer(list[0].at("weight").value); ok && weight >= 0 && weight < 100 {
			list[0].at("weight").warn(IgnoredWeight, "leave the weight out, or list the destination that gets the rest", "weight %d has no effect: a lone destination gets all traffic", weight)
		}
	}
}
