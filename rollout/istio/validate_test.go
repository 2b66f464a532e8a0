package istio_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/rollout/istio"
)

// judged is what Validate says of an object given as JSON.
func judged(t *testing.T, text string) string {
	t.Helper()
	return said(istio.Validate(object(t, text)))
}

func TestAllThatIsWrongWithAnObjectIsSaidAtOnceAndEachOnce(t *testing.T) {
	v := istio.Validate(object(t, `{"kind": "VirtualService", "spec": {"hosts": ["*"], "http": [
		{"timeout": "soon", "route": [{"destination": {"host": "a b", "subset": "x.y", "port": {"number": 0}}, "weight": -1}, {"weight": "5"}]},
		{"redirect": {}, "fault": {}}]}}`))
	var paths []string
	for _, w := range v.Wrong {
		paths = append(paths, w.Path)
		assert.NotEmpty(t, w.Hint, w.Message)
	}
	assert.ElementsMatch(t, []string{
		"spec.hosts[0]", "spec.http[0].timeout", "spec.http[0].route[0].destination.host", "spec.http[0].route[0].destination.subset",
		"spec.http[0].route[0].destination.port.number", "spec.http[0].route[0].weight", "spec.http[0].route[1]", "spec.http[0].route[1].weight",
		"spec.http[1].redirect", "spec.http[1].fault", "spec.http[1].fault",
	}, paths)
}

func TestOfOtherKindsNothingIsSaid(t *testing.T) {
	for _, text := range []string{`{}`, `{"kind": "Service", "spec": {"ports": "none"}}`, `{"kind": 5}`} {
		assert.Equal(t, "ok\n", judged(t, text), text)
	}
}

// Istio makes VirtualServices of the Gateway API's routes, by rules of their own.
func TestWhatIstioMadeItselfIsJudgedByItsWeightsAlone(t *testing.T) {
	const made = `{"kind": "VirtualService", "metadata": {"annotations": {"internal.istio.io/route-semantics": "gateway"}},
		"spec": {"hosts": ["*"], "http": [{"route": [{"destination": {"host": "a~b"}, "weight": %}]}]}}`
	assert.Equal(t, "ok\n", judged(t, strings.Replace(made, "%", "1", 1)))
	assert.Contains(t, judged(t, strings.Replace(made, "%", "-1", 1)), "weight -1 is negative")
}

func TestAWrongTypeIsNotAlsoCalledMissing(t *testing.T) {
	assert.Equal(t, "error spec.host: host is a number, not a string (put it in quotes)\n",
		judged(t, `{"kind": "DestinationRule", "spec": {"host": 7}}`))
	assert.Equal(t, "error spec.http: http is not a list (list the routes under http:)\nerror spec: the VirtualService has no route (list its routes under http:, tls: or tcp:)\n",
		judged(t, `{"kind": "VirtualService", "spec": {"hosts": ["a"], "http": {}}}`))
}

func TestNoValueOfAHeaderIsShown(t *testing.T) {
	for _, text := range []string{
		`{"headers": {"request": {"set": {"authorization": 31415926}}}}`,
		`{"headers": {"request": {"set": {"authorization": "31415926%"}}}}`,
		`{"headers": {"request": {"set": {"authorization": "31415926\u0007"}}}}`,
		`{"match": [{"headers": {"authorization": {"regex": "31415926("}}}]}`,
		`{"match": [{"headers": {"authorization": {"exact": 31415926}}}]}`,
		`{"headers": {"request": {"set": {"host": "31415926"}, "add": {"host": "31415926"}}}}`,
	} {
		var route map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &route))
		route["route"] = []any{map[string]any{"destination": map[string]any{"host": "a"}}}
		out := said(istio.Validate(map[string]any{"kind": "VirtualService", "spec": map[string]any{"hosts": []any{"a"}, "http": []any{route}}}))
		assert.Equal(t, "error", level(out), text)
		assert.NotContains(t, out, "31415926", text)
	}
}

func TestALargeAnswerIsAWarningAndAVeryLargeOneIsRefused(t *testing.T) {
	answer := func(size int) string {
		return judged(t, `{"kind": "VirtualService", "spec": {"hosts": ["a"], "http": [{"directResponse": {"status": 200, "body": {"string": "`+strings.Repeat("x", size)+`"}}}]}}`)
	}
	assert.Equal(t, "ok\n", answer(100<<10))
	assert.Contains(t, answer(100<<10+1), "["+istio.LargeResponse+"]")
	assert.Contains(t, answer(1<<20), "["+istio.LargeResponse+"]")
	assert.Contains(t, answer(1<<20+1), "error spec.http[0].directResponse.body.string: ")
}

func TestAMisspeltFieldIsToldWithTheNearestOne(t *testing.T) {
	for field, near := range map[string]string{
		"trafficpolicy": "trafficPolicy", "traffic_policy": "trafficPolicy", "subset": "subsets", "export": "exportTo",
	} {
		out := judged(t, `{"kind": "DestinationRule", "spec": {"host": "a", "`+field+`": ""}}`)
		assert.Contains(t, out, "error spec."+field+": Istio has no field "+field+" in spec", field)
		assert.Contains(t, out, "did you mean "+near+"?", field)
	}
	assert.Contains(t, judged(t, `{"kind": "DestinationRule", "specs": {}, "spec": {"host": "a"}}`), "error specs: Istio has no field specs in the object")
	assert.Equal(t, "ok\n", judged(t, `{"kind": "DestinationRule", "spec": {"host": "a", "subset": null}}`), "what is null counts as left out")
	assert.Contains(t, judged(t, `{"kind": "DestinationRule", "spec": {"host": "a", "trafficPolicy": {"tls": null}}}`), "the traffic policy is empty")
}

func TestThePlainestMistakesInGatewaysAndServiceEntries(t *testing.T) {
	for text, want := range map[string]string{
		`{"kind": "Gateway", "spec": {"servers": [{"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": ["*"]}]}}`: "",
		`{"kind": "Gateway", "spec": {}}`: "spec: the gateway has no server",
		`{"kind": "Gateway", "spec": {"servers": [{"port": {"number": 80, "name": "http", "protocol": "HTTP"}}]}}`:                                                                                         "spec.servers[0]: the server has no hosts",
		`{"kind": "Gateway", "spec": {"servers": [{"hosts": ["*"]}]}}`:                                                                                                                                     "spec.servers[0]: the server has no port",
		`{"kind": "Gateway", "spec": {"servers": [{"hosts": ["*"], "port": {"number": 80, "name": "a", "protocol": "HTTP"}}, {"hosts": ["*"], "port": {"number": 81, "name": "a", "protocol": "HTTP"}}]}}`: `spec.servers[1].port: two servers' ports are named "a"`,
		`{"kind": "Gateway", "metadata": {"name": "a.b"}, "spec": {"servers": [{"port": {"number": 80, "name": "a", "protocol": "HTTP"}, "hosts": ["*"]}]}}`:                                               `metadata.name: "a.b" is no name of a gateway`,
		`{"kind": "ServiceEntry", "spec": {"hosts": ["*.example.com"], "ports": [{"number": 443, "name": "tls", "protocol": "TLS"}]}}`:                                                                     "",
		`{"kind": "ServiceEntry", "spec": {}}`:                                                                                    "spec: the ServiceEntry has no host",
		`{"kind": "ServiceEntry", "spec": {"hosts": ["*"]}}`:                                                                      `spec.hosts[0]: "*" is no host of a ServiceEntry`,
		`{"kind": "ServiceEntry", "spec": {"hosts": ["a.b"], "ports": [{"number": 70000, "name": "a"}]}}`:                         "spec.ports[0].number: port 70000 is none",
		`{"kind": "ServiceEntry", "spec": {"hosts": ["a.b"], "ports": [{"number": 1, "name": "a"}, {"number": 1, "name": "b"}]}}`: "spec.ports[1]: port b 1 is there already",
	} {
		out := judged(t, text)
		if want == "" {
			assert.Equal(t, "ok\n", out, text)
			continue
		}
		assert.Contains(t, out, "error "+want, text)
	}
}
