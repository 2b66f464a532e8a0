package istio_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

func TestMirrorsAreReadAsIstioReadsThem(t *testing.T) {
	shadow := rollout.Destination{Host: "shadow", Subset: "v2", Port: 80}
	for more, want := range map[string][]rollout.Mirror{
		`"timeout": "1s"`: nil,
		`"mirror": {"host": "shadow", "subset": "v2", "port": {"number": 80}}`:                                    {{Destination: shadow, Percent: 100}},
		`"mirror": {"host": "shadow"}, "mirrorPercentage": {"value": 0.5}`:                                        {{Destination: rollout.Destination{Host: "shadow"}, Percent: 0.5}},
		`"mirror": {"host": "shadow"}, "mirrorPercentage": {}`:                                                    {{Destination: rollout.Destination{Host: "shadow"}}},
		`"mirror": {"host": "shadow"}, "mirrorPercent": 7`:                                                        {{Destination: rollout.Destination{Host: "shadow"}, Percent: 7}},
		`"mirror": {"host": "shadow"}, "mirror_percent": 7`:                                                       {{Destination: rollout.Destination{Host: "shadow"}, Percent: 7}},
		`"mirror": {"host": "shadow"}, "mirror_percent": 7, "mirrorPercent": 2`:                                   {{Destination: rollout.Destination{Host: "shadow"}, Percent: 7}},
		`"mirror": {"host": "shadow"}, "mirror_percent": 7, "mirrorPercentage": {"value": 1}`:                     {{Destination: rollout.Destination{Host: "shadow"}, Percent: 1}},
		`"mirrors": [{"destination": {"host": "a"}}, {"destination": {"host": "b"}, "percentage": {"value": 3}}]`: {{Destination: rollout.Destination{Host: "a"}, Percent: 100}, {Destination: rollout.Destination{Host: "b"}, Percent: 3}},
		`"mirror": "shadow", "mirrors": [1, {}]`:                                                                  nil,
	} {
		vs := object(t, `{"spec": {"http": [{"name": "primary", `+more+`, "route": [`+entry("v1", 100)+`]}]}}`)
		assert.Equal(t, want, istio.Mirrors(vs)["http:primary"], more)
	}
}
