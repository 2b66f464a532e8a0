package istio_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/rollout/istio"
)

// Whatever an object is made of, Validate speaks of it, twice the same, and
// leaves it as it is.
func FuzzValidate(f *testing.F) {
	for _, file := range files(f) {
		names, all := verdicts(f, file)
		for _, name := range names {
			f.Add([]byte(text(f, all[name].object)))
		}
	}
	for _, odd := range []string{
		`{"kind": "VirtualService", "spec": []}`,
		`{"kind": "VirtualService", "metadata": {"annotations": []}, "spec": {"hosts": [null, {}], "http": [[], 1, {"match": [[{}]], "route": [null, {"destination": []}]}]}}`,
		`{"kind": "DestinationRule", "spec": {"subsets": [[], {"labels": {"": null}}], "trafficPolicy": {"loadBalancer": {"consistentHash": {"maglev": {"tableSize": 9223372036854775807}}}}}}`,
		`{"kind": "Gateway", "spec": {"servers": [null, {"port": []}]}}`,
		`{"kind": "ServiceEntry", "spec": {"hosts": 1, "ports": [null]}}`,
	} {
		f.Add([]byte(odd))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var object map[string]any
		if json.Unmarshal(data, &object) != nil {
			return
		}
		before := text(t, object)
		v := istio.Validate(object)
		require.Equal(t, said(v), said(istio.Validate(object)))
		require.Equal(t, before, text(t, object))
		for _, w := range v.Wrong {
			require.NotEmpty(t, w.Message)
			require.NotEmpty(t, w.Hint, w.Message)
		}
		for _, w := range v.Warnings {
			require.NotEmpty(t, w.Message)
			require.NotEmpty(t, w.Rule, w.Message)
		}
	})
}
