package prometheus

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// The built-in queries, over Istio's standard metrics:
// https://istio.io/latest/docs/reference/config/metrics. Both sides of a
// connection report, and so may a waypoint or a gateway; which of them there are
// depends on the mesh, so the one that has it worst counts: a timeout or a reset that
// only clients see is none to the server's side. The window is the metric's interval:
// an instant looks at the time since the one before.
const (
	// successRate is the percentage of requests that were not answered with 5xx, nor
	// with a status of gRPC that is the server's fault: its response code is 200 then.
	// What did not fail is taken from 100, so that a service whose every request
	// fails has 0 % and not no data. Istio gives a request that was never answered,
	// as its client gave up, the code 0: it is neither a success nor a failure, so
	// that a service which answers nobody has no data, which raises no weight.
	successRate = `min(100 - 100 * (sum by (reporter) (rate(istio_requests_total{SELECTOR, response_code=~"5.*"}[{{ interval }}])` +
		` or rate(istio_requests_total{SELECTOR, response_code!="0", grpc_response_status=~"` + grpcFaults + `"}[{{ interval }}]))` +
		` or 0 * sum by (reporter) (rate(istio_requests_total{SELECTOR, response_code!="0"}[{{ interval }}])))` +
		` / (sum by (reporter) (rate(istio_requests_total{SELECTOR, response_code!="0"}[{{ interval }}])) > 0))`

	// grpcFaults are UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE and
	// DATA_LOSS, which OpenTelemetry's conventions count as errors of a server:
	// https://opentelemetry.io/docs/specs/semconv/rpc/grpc.
	grpcFaults = "2|4|12|13|14|15"

	// latencyP99 is the 99th percentile of the requests' duration in milliseconds.
	latencyP99 = `max(histogram_quantile(0.99, sum by (reporter, le) (rate(istio_request_duration_milliseconds_bucket{SELECTOR}[{{ interval }}]))))`
)

// expression is the PromQL of a query; the built-in ones ask for these labels besides.
func expression(q rollout.Query, labels string) (string, error) {
	m, text := q.Measure, q.Measure.Query
	if text == "" {
		switch m.Metric {
		case rollout.SuccessRate:
			text = successRate
		case rollout.LatencyP99:
			text = latencyP99
		default:
			return "", fmt.Errorf("no metric is called %s, and it has no query", m.Metric)
		}
		text = strings.ReplaceAll(text, "SELECTOR", selector(q)+labels)
	}
	values := map[string]string{
		"host": q.Destination.Host, "service": service(q.Destination.Host), "namespace": namespace(q), "subset": q.Destination.Subset,
		"version": m.Version, "interval": window(m.Interval),
	}
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		name := placeholder.FindStringSubmatch(found)[1]
		return escape(values[name])
	}), nil
}

// placeholder is one of rollout.Placeholders; queries with others are not accepted.
var placeholder = regexp.MustCompile(`\{\{\s*([a-z]+)\s*\}\}`)

// selector picks the destination's series. Services of the cluster go by name and
// namespace, whatever the cluster's domain; other hosts by the host.
func selector(q rollout.Query) string {
	out := `destination_service="{{ host }}"`
	if local(q.Destination.Host) {
		out = `destination_service_name="{{ service }}", destination_service_namespace="{{ namespace }}"`
	}
	if q.Destination.Subset != "" {
		out += `, destination_canonical_revision="{{ version }}"`
	}
	return out
}

// matchers are the labels, each written as cluster=eu-1, as a selector goes on with them.
func matchers(labels []string) (string, error) {
	out := ""
	for _, label := range labels {
		name, value, ok := strings.Cut(label, "=")
		if !ok || !labelName.MatchString(name) || value == "" {
			return "", fmt.Errorf("the label %q is not written as cluster=eu-1: a name of letters, digits and _, and the value that the series have", label)
		}
		out += fmt.Sprintf(`, %s="%s"`, name, escape(value))
	}
	return out, nil
}

// labelName is a label's name in a selector:
// https://prometheus.io/docs/concepts/data_model.
var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// local tells whether the host is a service of the cluster: a short name, or one
// that says so.
func local(host string) bool {
	parts := strings.Split(host, ".")
	return len(parts) == 1 || len(parts) > 2 && parts[2] == "svc"
}

func service(host string) string {
	if !local(host) {
		return host
	}
	name, _, _ := strings.Cut(host, ".")
	return name
}

func namespace(q rollout.Query) string {
	if parts := strings.Split(q.Destination.Host, "."); local(q.Destination.Host) && len(parts) > 2 {
		return parts[1]
	}
	return q.Measure.Namespace
}

// window is the interval as PromQL writes it.
func window(d time.Duration) string { return fmt.Sprintf("%ds", int(d.Seconds())) }

// escape keeps a value inside the quotes that it stands in.
func escape(s string) string { return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) }
