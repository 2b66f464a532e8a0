package istio

import "time"

// The fields of Istio's custom resources as of API version 1.31. They serve to
// find misspelt names and values of a wrong type, nothing else.

// whole is an object of any of the kinds, around its spec.
var whole = object{
	"apiVersion": text, "kind": text, "spec": anything, "status": anything,
	"metadata": object{
		"name": text, "namespace": text, "labels": labels, "annotations": labels,
		"generateName": anything, "finalizers": anything, "ownerReferences": anything,
		"creationTimestamp": anything, "deletionTimestamp": anything, "deletionGracePeriodSeconds": anything,
		"generation": anything, "managedFields": anything, "resourceVersion": anything, "selfLink": anything, "uid": anything,
	},
}

var (
	texts    = list{text}
	labels   = dictionary{text}
	duration = period{time.Millisecond}
	anyTime  = period{}
	percent  = object{"value": decimal}

	stringMatch = oneOf{object{"exact": text, "prefix": text, "regex": text}, []string{"exact", "prefix", "regex"}}

	port        = object{"number": uint32s}
	destination = object{"host": text, "subset": text, "port": port}

	changes = object{"set": labels, "add": labels, "remove": texts}
	headers = object{"request": changes, "response": changes}
)

var virtualService = object{
	"hosts": texts, "gateways": texts, "exportTo": texts,
	"http": list{object{
		"name": text,
		"match": list{object{
			"name": text, "statPrefix": text, "uri": stringMatch, "scheme": stringMatch, "method": stringMatch, "authority": stringMatch,
			"headers": dictionary{stringMatch}, "withoutHeaders": dictionary{stringMatch}, "queryParams": dictionary{stringMatch},
			"ignoreUriCase": flag, "port": uint32s, "sourceLabels": labels, "sourceNamespace": text, "gateways": texts,
		}},
		"route":          list{object{"destination": destination, "weight": anything, "headers": headers}},
		"redirect":       oneOf{object{"uri": text, "prefixRewrite": text, "authority": text, "port": uint32s, "derivePort": words{"FROM_PROTOCOL_DEFAULT", "FROM_REQUEST_PORT"}, "scheme": text, "redirectCode": uint32s}, []string{"port", "derivePort"}},
		"directResponse": object{"status": uint32s, "body": oneOf{object{"string": text, "bytes": text}, []string{"string", "bytes"}}},
		"delegate":       object{"name": text, "namespace": text},
		"rewrite":        object{"uri": text, "authority": text, "uriRegexRewrite": object{"match": text, "rewrite": text}},
		"timeout":        duration,
		"retries":        object{"attempts": int32s, "perTryTimeout": duration, "retryOn": text, "retryRemoteLocalities": flag, "retryIgnorePreviousHosts": flag, "backoff": duration},
		"fault": object{
			"abort": oneOf{object{"httpStatus": int32s, "grpcStatus": text, "http2Error": text, "percentage": percent}, []string{"httpStatus", "grpcStatus", "http2Error"}},
			"delay": oneOf{object{"fixedDelay": duration, "exponentialDelay": duration, "percentage": percent, "percent": int32s}, []string{"fixedDelay", "exponentialDelay"}},
		},
		"mirror": destination, "mirrors": list{object{"destination": destination, "percentage": percent}},
		"mirrorPercent": uint32s, "mirror_percent": uint32s, "mirrorPercentage": percent,
		"corsPolicy": object{
			"allowOrigin": texts, "allowOrigins": list{stringMatch}, "allowMethods": texts, "allowHeaders": texts, "exposeHeaders": texts,
			"maxAge": duration, "allowCredentials": flag, "unmatchedPreflights": words{"UNSPECIFIED", "FORWARD", "IGNORE"},
		},
		"headers": headers,
	}},
	"tls": list{object{
		"match": list{object{"sniHosts": texts, "destinationSubnets": texts, "port": uint32s, "sourceLabels": labels, "sourceNamespace": text, "gateways": texts}},
		"route": weighed,
	}},
	"tcp": list{object{
		"match": list{object{"destinationSubnets": texts, "port": uint32s, "sourceSubnet": text, "sourceLabels": labels, "sourceNamespace": text, "gateways": texts}},
		"route": weighed,
	}},
}

// weighed are the destinations of a route of TLS or TCP.
var weighed = list{object{"destination": destination, "weight": anything}}

var destinationRule = object{
	"host": text, "exportTo": texts,
	"trafficPolicy":    trafficPolicy,
	"subsets":          list{object{"name": text, "labels": labels, "trafficPolicy": trafficPolicy}},
	"workloadSelector": object{"matchLabels": labels},
}

var trafficPolicy = object{
	"loadBalancer": loadBalancer, "connectionPool": connectionPool, "outlierDetection": outlierDetection, "tls": clientTLS,
	"portLevelSettings": list{object{"port": port, "loadBalancer": loadBalancer, "connectionPool": connectionPool, "outlierDetection": outlierDetection, "tls": clientTLS}},
	"tunnel":            object{"protocol": text, "targetHost": text, "targetPort": uint32s},
	"proxyProtocol":     object{"version": words{"V1", "V2"}},
	"retryBudget":       object{"percent": decimal, "minRetryConcurrency": uint32s, "budgetInterval": anyTime},
}

var loadBalancer = oneOf{object{
	"simple": words{"UNSPECIFIED", "LEAST_CONN", "RANDOM", "PASSTHROUGH", "ROUND_ROBIN", "LEAST_REQUEST"},
	"consistentHash": oneOf{object{
		"httpHeaderName": text, "httpQueryParameterName": text, "useSourceIp": flag,
		"httpCookie":      object{"name": text, "path": text, "ttl": anyTime, "attributes": list{object{"name": text, "value": text}}},
		"minimumRingSize": uint64s, "ringHash": object{"minimumRingSize": uint64s}, "maglev": object{"tableSize": uint64s},
	}, []string{"httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName"}},
	"localityLbSetting":  object{"enabled": flag, "distribute": list{object{"from": text, "to": dictionary{uint32s}}}, "failover": failover, "failoverPriority": texts},
	"zoneAwareLbSetting": object{"enabled": flag, "failover": failover, "failoverPriority": texts, "minClusterSize": uint32s},
	"warmup":             object{"duration": duration, "minimumPercent": decimal, "aggression": decimal},
	"warmupDurationSecs": duration,
}, []string{"simple", "consistentHash"}}

var failover = list{object{"from": text, "to": text}}

var connectionPool = object{
	"http": object{
		"http1MaxPendingRequests": int32s, "http2MaxRequests": int32s, "maxRequestsPerConnection": int32s, "maxRetries": int32s, "maxConcurrentStreams": int32s,
		"idleTimeout": duration, "h2UpgradePolicy": words{"DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"}, "useClientProtocol": flag,
		"http2KeepAlive": object{"interval": duration, "timeout": duration},
	},
	"tcp": object{
		"maxConnections": int32s, "connectTimeout": duration, "maxConnectionDuration": duration, "idleTimeout": anyTime,
		"tcpKeepalive": object{"probes": uint32s, "time": duration, "interval": duration},
	},
}

var outlierDetection = object{
	"consecutiveErrors": int32s, "consecutive5xxErrors": uint32s, "consecutiveGatewayErrors": uint32s, "consecutiveLocalOriginFailures": uint32s,
	"splitExternalLocalOriginErrors": flag, "interval": duration, "baseEjectionTime": duration, "maxEjectionPercent": int32s, "minHealthPercent": int32s,
	"outlierDetectionHttpErrorCodes": list{within(100, 599)},
}

var clientTLS = object{
	"mode": words{"DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"}, "clientCertificate": text, "privateKey": text, "caCertificates": text, "caCrl": text,
	"credentialName": text, "subjectAltNames": texts, "sni": text, "insecureSkipVerify": flag,
}

var gateway = object{
	"selector": labels,
	"servers": list{object{
		"name": text, "hosts": texts, "bind": text, "defaultEndpoint": text, "tls": anything,
		"port": object{"number": uint32s, "protocol": text, "name": text, "targetPort": uint32s},
	}},
}

var serviceEntry = object{
	"hosts": texts, "addresses": texts, "exportTo": texts, "subjectAltNames": texts,
	"ports":      list{object{"number": uint32s, "protocol": text, "name": text, "targetPort": uint32s}},
	"location":   words{"MESH_EXTERNAL", "MESH_INTERNAL"},
	"resolution": words{"NONE", "STATIC", "DNS", "DNS_ROUND_ROBIN", "DYNAMIC_DNS"},
	"endpoints": list{object{
		"address": text, "network": text, "locality": text, "serviceAccount": text,
		"labels": labels, "ports": dictionary{uint32s}, "weight": uint32s,
	}},
	"workloadSelector": object{"labels": labels},
}
