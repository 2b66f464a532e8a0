package kustomize_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
)

// here marks the line that a weight must be found at. The mark is taken out
// before anything is rendered, so that it may stand in any file.
const here = " # <- here"

// reviewsBase is what the overlays of the table are made from, unless they
// bring files of the same names.
const reviewsBase = `
-- base/kustomization.yaml --
resources: [reviews.yaml]
-- base/reviews.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, labels: {app: reviews}}
spec:
  hosts: [reviews]
  http:
  - name: primary
    route:
    - destination: {host: reviews, subset: v1}
      weight: 75
    - destination: {host: reviews, subset: v2}
      weight: 25
`

// marked reads an archive, takes the mark out and says where it was.
func marked(t testing.TB, archive string) (tree fstest.MapFS, at string) {
	t.Helper()
	tree = repository(archive)
	for name, file := range tree {
		for i, line := range strings.Split(string(file.Data), "\n") {
			if strings.Contains(line, here) {
				require.Empty(t, at, "the mark is there once")
				at = fmt.Sprintf("%s:%d", name, i+1)
			}
		}
		file.Data = []byte(strings.ReplaceAll(string(file.Data), here, ""))
	}
	require.NotEmpty(t, at, "the mark is there")
	return tree, at
}

// field is the value at a path of an object.
func field(t require.TestingT, o agent.Object, path string) any {
	var value any = o.Value
	for _, key := range strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune(".[]", r) }) {
		if list, ok := value.([]any); ok {
			var i int
			_, err := fmt.Sscan(key, &i)
			require.NoError(t, err)
			value = list[i]
			continue
		}
		value = value.(map[string]any)[key]
	}
	return value
}

// ways are ways to set a weight through kustomize. Each is the second weight of
// VirtualService reviews in the overlay top, unless it says otherwise.
var ways = []struct{ name, of, field, archive string }{
	{name: "plainly", archive: `
-- top/kustomization.yaml --
resources: [reviews.yaml]
-- top/reviews.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  http:
  - route:
    - {destination: {host: reviews, subset: v1}, weight: 75}
    - {destination: {host: reviews, subset: v2}, weight: 25} # <- here
`},
	{name: "in a base", archive: `
-- top/kustomization.yaml --
resources: [../base]
-- base/reviews.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  http:
  - route:
    - destination: {host: reviews, subset: v1}
      weight: 75
    - destination: {host: reviews, subset: v2}
      weight: 25 # <- here
`},
	{name: "in flow style over several lines", archive: `
-- top/kustomization.yaml --
resources: [reviews.yaml]
-- top/reviews.yaml --
{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: reviews},
 spec: {http: [{route: [
   {destination: {host: reviews, subset: v1}, weight: 75},
   {destination: {host: reviews, subset: v2},
    weight: 25}]}]}} # <- here
`},
	{name: "in JSON", archive: `
-- top/kustomization.yaml --
resources: [reviews.json]
-- top/reviews.json --
{
  "apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "reviews"},
  "spec": {"http": [{"route": [
    {"destination": {"host": "reviews", "subset": "v1"}, "weight": 75},
    {"destination": {"host": "reviews", "subset": "v2"}, "weight": 25} # <- here
  ]}]}
}
`},
	{name: "in the second of several documents", archive: `
-- top/kustomization.yaml --
resources: [all.yaml]
-- top/all.yaml --
# ratings comes first
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ratings}
spec: {http: [{route: [{destination: {host: a}, weight: 75}, {destination: {host: b}, weight: 25}]}]}
---

# and then
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  http:
  - route:
    - {destination: {host: a}, weight: 75}
    - {destination: {host: b}, weight: 25} # <- here
`},
	{name: "in a list of objects", archive: `
-- top/kustomization.yaml --
resources: [list.yaml]
-- top/list.yaml --
apiVersion: v1
kind: List
items:
- apiVersion: networking.istio.io/v1
  kind: VirtualService
  metadata: {name: ratings}
  spec: {http: [{route: [{destination: {host: a}, weight: 75}, {destination: {host: b}, weight: 25}]}]}
- apiVersion: networking.istio.io/v1
  kind: VirtualService
  metadata: {name: reviews}
  spec:
    http:
    - route:
      - {destination: {host: a}, weight: 75}
      - {destination: {host: b}, weight: 25} # <- here
`},
	{name: "by an alias of a number", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches: [{path: weights.yaml}]
-- top/weights.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  http:
  - route:
    - {destination: {host: reviews, subset: v1}, weight: &half 50}
    - destination: {host: reviews, subset: v2}
      weight: *half # <- here
`},
	{name: "by an alias of a route", field: "spec.http[1].route[1].weight", archive: `
-- top/kustomization.yaml --
resources: [reviews.yaml]
-- top/reviews.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  http:
  - match: [{uri: {prefix: /a}}]
    route: &route
    - {destination: {host: reviews, subset: v1}, weight: 75}
    - {destination: {host: reviews, subset: v2}, weight: 25} # <- here
  - route: *route
`},
	{name: "by a merge key", archive: `
-- top/kustomization.yaml --
resources: [reviews.yaml]
-- top/reviews.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  http:
  - route:
    - &half
      destination: {host: reviews, subset: v1}
      weight: 50 # <- here
    - <<: *half
      destination: {host: reviews, subset: v2}
`},
	{name: "under umlauts, and with Windows' line ends", archive: "-- top/kustomization.yaml --\nresources: [reviews.yaml]\n-- top/reviews.yaml --\n" + strings.ReplaceAll(`# Größe, Übersicht
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  http:
  - route:
    - {destination: {host: reviews, subset: "für"}, weight: 75}
    - {destination: {host: reviews, subset: "größer"}, weight: 25} # <- here
`, "\n", "\r\n")},
	{name: "by a strategic merge patch in a file", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches: [{path: weights.yaml}]
-- top/weights.yaml --
# The canary.
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  http:
  - route:
    - {destination: {host: reviews, subset: v1}, weight: 40}
    - {destination: {host: reviews, subset: v2}, weight: 60} # <- here
`},
	{name: "by the second patch of a file", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches: [{path: weights.yaml}]
-- top/weights.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, labels: {a: b}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  http:
  - route:
    - {destination: {host: reviews, subset: v1}, weight: 40}
    - {destination: {host: reviews, subset: v2}, weight: 60} # <- here
`},
	{name: "by a strategic merge patch in the kustomization", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- patch: |-

    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: reviews}
    spec:
      http:
      - route:
        - {destination: {host: reviews, subset: v1}, weight: 40}
        - {destination: {host: reviews, subset: v2}, weight: 60} # <- here
`},
	{name: "by patchesStrategicMerge in the kustomization", archive: `
-- top/kustomization.yaml --
resources: [../base]
patchesStrategicMerge:
- |
  apiVersion: networking.istio.io/v1
  kind: VirtualService
  metadata: {name: reviews}
  spec:
    http:
    - route:
      - {destination: {host: reviews, subset: v1}, weight: 40}
      - {destination: {host: reviews, subset: v2}, weight: 60} # <- here
`},
	{name: "by patchesStrategicMerge in a file", archive: `
-- top/kustomization.yaml --
resources: [../base]
patchesStrategicMerge: [weights.yaml]
-- top/weights.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec: {http: [{route: [
  {destination: {host: reviews, subset: v1}, weight: 40},
  {destination: {host: reviews, subset: v2}, weight: 60}]}]} # <- here
`},
	{name: "by a JSON patch in the kustomization", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService, name: reviews}
  patch: |-
    - op: replace
      path: /spec/http/0/route/0/weight
      value: 40
    - op: replace
      path: /spec/http/0/route/1/weight
      value: 60 # <- here
`},
	{name: "by a JSON patch in JSON, on one line", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService, name: reviews}
  patch: '[{"op": "replace", "path": "/spec/http/0/route/1/weight", "value": 60}]' # <- here
`},
	{name: "by a JSON patch in JSON, over several lines of a quoted string", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService, name: reviews}
  patch: "[
    {\"op\": \"replace\", \"path\": \"/spec/http/0/route/0/weight\", \"value\": 40},

    {\"op\": \"replace\", \"path\": \"/spec/http/0/route/1/weight\", \"value\": 60}  # <- here
  ]"
`},
	{name: "by a JSON patch in JSON, folded", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService, name: reviews}
  patch: >2-
    [{"op": "replace", "path": "/spec/http/0/route/0/weight", "value": 40},
     {"value": 60, "op": "replace", "path": "/spec/http/0/route/1/weight"}] # <- here
`},
	{name: "by a JSON patch in a file", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService, name: reviews}
  path: weights.yaml
-- top/weights.yaml --
- op: replace
  path: /spec/http/0/route/0/weight
  value: 40
- op: replace
  path: /spec/http/0/route/1/weight
  value: 60 # <- here
`},
	{name: "by a JSON patch in a file of JSON", archive: `
-- top/kustomization.yaml --
resources: [../base]
patchesJson6902:
- target: {group: networking.istio.io, version: v1, kind: VirtualService, name: reviews}
  path: weights.json
-- top/weights.json --
[
  {"op": "replace", "path": "/spec/http/0/route/0/weight", "value": 40},
  {"op": "replace", "path": "/spec/http/0/route/1/weight", "value": 60} # <- here
]
`},
	{name: "by a JSON patch that adds a destination", field: "spec.http[0].route[2].weight", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService}
  patch: |-
    - op: add
      path: /spec/http/0/route/-
      value:
        destination: {host: reviews, subset: v3}
        weight: 5 # <- here
`},
	{name: "by a JSON patch that replaces all routes", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService}
  patch: |-
    - op: replace
      path: /spec/http
      value:
      - route:
        - {destination: {host: reviews, subset: v1}, weight: 75}
        - {destination: {host: reviews, subset: v2}, weight: 25} # <- here
`},
	{name: "by a JSON patch that copies", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService}
  patch: '[{"op": "copy", "from": "/spec/http/0/route/0/weight", "path": "/spec/http/0/route/1/weight"}]'
-- base/reviews.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  http:
  - route:
    - {destination: {host: reviews, subset: v1}, weight: 50} # <- here
    - {destination: {host: reviews, subset: v2}, weight: 25}
`},
	{name: "by a JSON patch that moves a destination", field: "spec.http[0].route[0].weight", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService}
  patch: '[{"op": "move", "from": "/spec/http/0/route/1", "path": "/spec/http/0/route/0"}]'
-- base/reviews.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  http:
  - route:
    - {destination: {host: reviews, subset: v1}, weight: 75}
    - {destination: {host: reviews, subset: v2}, weight: 25} # <- here
`},
	{name: "by a JSON patch that tests the weight before", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService}
  patch: |-
    - {op: test, path: /spec/http/0/route/1/weight, value: 25}
    - {op: replace, path: /spec/http/0/route/1/weight, value: 60} # <- here
`},
	{name: "under a JSON patch that tests only", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService}
  patch: '[{"op": "test", "path": "/spec/http/0/route/1/weight", "value": 25}]'
-- base/reviews.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  http:
  - route:
    - {destination: {host: reviews, subset: v1}, weight: 75}
    - {destination: {host: reviews, subset: v2}, weight: 25} # <- here
`},
	{name: "by the last of several patches", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService}
  patch: '[{"op": "replace", "path": "/spec/http/0/route/1/weight", "value": 60}]'
- target: {kind: VirtualService}
  patch: '[{"op": "replace", "path": "/spec/http/0/route/1/weight", "value": 60}]' # <- here
`},
	{name: "by a patch that is written once for two", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService, name: kiosk}
  patch: &canary |-
    - op: replace
      path: /spec/http/0/route/1/weight
      value: 60 # <- here
- target: {kind: VirtualService, name: reviews}
  patch: *canary
`},
	{name: "by a patch for a label", of: "kiosk", archive: `
-- top/kustomization.yaml --
resources: [../base, kiosk.yaml]
patches:
- target: {labelSelector: app=reviews}
  patch: '[{"op": "replace", "path": "/spec/http/0/route/1/weight", "value": 60}]' # <- here
-- top/kiosk.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: kiosk, labels: {app: reviews}}
spec: {http: [{route: [{destination: {host: a}, weight: 75}, {destination: {host: b}, weight: 25}]}]}
`},
	{name: "by a patch for names that match", of: "kiosk", archive: `
-- top/kustomization.yaml --
resources: [../base, kiosk.yaml]
patches:
- target: {kind: Virtual.*, name: (reviews|kiosk)}
  patch: |-
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: any}
    spec:
      http:
      - route:
        - {destination: {host: a}, weight: 40}
        - {destination: {host: b}, weight: 60} # <- here
-- top/kiosk.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: kiosk}
spec: {http: [{route: [{destination: {host: a}, weight: 75}, {destination: {host: b}, weight: 25}]}]}
`},
	{name: "under a name prefix, a suffix and a namespace", of: "eu-reviews-blue", archive: `
-- top/kustomization.yaml --
resources: [../base]
namePrefix: eu-
nameSuffix: -blue
namespace: shop
commonLabels: {team: shop}
patches: [{path: weights.yaml}]
-- top/weights.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  http:
  - route:
    - {destination: {host: reviews, subset: v1}, weight: 40}
    - {destination: {host: reviews, subset: v2}, weight: 60} # <- here
`},
	{name: "in the middle of three bases", archive: `
-- top/kustomization.yaml --
resources: [../middle]
namespace: shop
-- middle/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService}
  patch: '[{"op": "replace", "path": "/spec/http/0/route/1/weight", "value": 60}]' # <- here
`},
	{name: "by a component", archive: `
-- top/kustomization.yaml --
resources: [../base]
components: [../canary]
-- canary/kustomization.yaml --
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches: [{path: weights.yaml, target: {kind: VirtualService}}]
-- canary/weights.yaml --
- {op: replace, path: /spec/http/0/route/1/weight, value: 60} # <- here
`},
	{name: "by the later of two components", archive: `
-- top/kustomization.yaml --
resources: [../base]
components: [../canary, ../half]
-- canary/kustomization.yaml --
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches: [{patch: '[{"op": "replace", "path": "/spec/http/0/route/1/weight", "value": 60}]', target: {kind: VirtualService}}]
-- half/kustomization.yaml --
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches: [{patch: '[{"op": "replace", "path": "/spec/http/0/route/1/weight", "value": 50}]', target: {kind: VirtualService}}] # <- here
`},
	{name: "by a base that is used twice", of: "green-reviews", archive: `
-- top/kustomization.yaml --
resources: [../blue, ../green]
-- blue/kustomization.yaml --
namePrefix: blue-
resources: [../base]
patches: [{patch: '[{"op": "replace", "path": "/spec/http/0/route/1/weight", "value": 60}]', target: {kind: VirtualService}}]
-- green/kustomization.yaml --
namePrefix: green-
resources: [../base]
-- base/reviews.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  http:
  - route:
    - {destination: {host: reviews, subset: v1}, weight: 75}
    - {destination: {host: reviews, subset: v2}, weight: 25} # <- here
`},
	{name: "by a replacement from a ConfigMap", archive: `
-- top/kustomization.yaml --
resources: [../base, settings.yaml]
replacements:
- source: {kind: ConfigMap, name: settings, fieldPath: data.canary}
  targets:
  - {select: {kind: VirtualService}, fieldPaths: [spec.http.0.route.1.weight]}
-- top/settings.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  other: "60"
  canary: "60" # <- here
`},
	{name: "by a replacement in a file", archive: `
-- top/kustomization.yaml --
resources: [../base, settings.yaml]
replacements: [{path: replace.yaml}]
-- top/replace.yaml --
source: {kind: ConfigMap, name: settings, fieldPath: metadata.annotations.shop/canary}
targets:
- {select: {kind: VirtualService}, fieldPaths: ["spec.http.[name=primary].route.1.weight"]}
-- top/settings.yaml --
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  annotations: {shop/canary: "60"} # <- here
`},
	{name: "by a replacement that takes a part", archive: `
-- top/kustomization.yaml --
resources: [../base, settings.yaml]
replacements:
- source: {kind: ConfigMap, name: settings, fieldPath: data.split, options: {delimiter: ",", index: 1}}
  targets:
  - {select: {kind: VirtualService}, fieldPaths: [spec.http.0.route.1.weight]}
-- top/settings.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {split: "40,60,2"} # <- here
`},
	{name: "by a replacement that takes a line", archive: `
-- top/kustomization.yaml --
resources: [../base, settings.yaml]
replacements:
- source: {kind: ConfigMap, name: settings, fieldPath: data.weights, options: {delimiter: "\n", index: 1}}
  targets:
  - {select: {kind: VirtualService}, fieldPaths: [spec.http.0.route.1.weight]}
-- top/settings.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  weights: |
    40
    60 # <- here
    2
`},
	{name: "by a replacement from another weight", archive: `
-- top/kustomization.yaml --
resources: [../base, ratings.yaml]
replacements:
- source: {kind: VirtualService, name: ratings, fieldPath: spec.http.0.route.1.weight}
  targets:
  - {select: {name: reviews}, fieldPaths: [spec.http.0.route.1.weight]}
-- top/ratings.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ratings}
spec:
  http:
  - route:
    - {destination: {host: a}, weight: 40}
    - {destination: {host: b}, weight: 60} # <- here
`},
	{name: "by a replacement that copies all routes", archive: `
-- top/kustomization.yaml --
resources: [../base, ratings.yaml]
replacements:
- source: {kind: VirtualService, name: ratings, fieldPath: spec.http.0.route}
  targets:
  - {select: {name: reviews}, fieldPaths: [spec.http.0.route]}
-- top/ratings.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ratings}
spec:
  http:
  - route:
    - {destination: {host: a}, weight: 40}
    - {destination: {host: b}, weight: 60} # <- here
`},
	{name: "by a replacement whose source is patched", archive: `
-- top/kustomization.yaml --
resources: [../base, settings.yaml]
patches:
- target: {kind: ConfigMap}
  patch: |-
    - op: replace
      path: /data/canary
      value: "60" # <- here
replacements:
- source: {kind: ConfigMap, name: settings, fieldPath: data.canary}
  targets:
  - {select: {kind: VirtualService}, fieldPaths: [spec.http.0.route.1.weight]}
-- top/settings.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {canary: "5"}
`},
	{name: "by a replacement that holds the value", archive: `
-- top/kustomization.yaml --
resources: [../base]
replacements:
- sourceValue: "60" # <- here
  targets:
  - {select: {kind: VirtualService}, fieldPaths: [spec.http.0.route.1.weight]}
`},
	{name: "by a literal of a generator", archive: `
-- top/kustomization.yaml --
resources: [../base]
configMapGenerator:
- name: settings
  literals:
  - stable=60
  - canary=60 # <- here
replacements:
- source: {kind: ConfigMap, name: settings, fieldPath: data.canary}
  targets:
  - {select: {kind: VirtualService}, fieldPaths: [spec.http.0.route.1.weight]}
`},
	{name: "by a file of variables", archive: `
-- top/kustomization.yaml --
resources: [../base]
configMapGenerator: [{name: settings, envs: [weights.env]}]
replacements:
- source: {kind: ConfigMap, name: settings, fieldPath: data.canary}
  targets:
  - {select: {kind: VirtualService}, fieldPaths: [spec.http.0.route.1.weight]}
-- top/weights.env --
# of the canary
stable=60

canary=60 # <- here
`},
	{name: "by a file", archive: `
-- top/kustomization.yaml --
resources: [../base]
configMapGenerator: [{name: settings, files: [canary=weight.txt]}]
generatorOptions: {disableNameSuffixHash: true}
replacements:
- source: {kind: ConfigMap, name: settings, fieldPath: data.canary, options: {delimiter: "\n", index: 0}}
  targets:
  - {select: {kind: VirtualService}, fieldPaths: [spec.http.0.route.1.weight]}
-- top/weight.txt --
60 # <- here
`},
	{name: "by a generator that another merges into", archive: `
-- top/kustomization.yaml --
resources: [../settings]
configMapGenerator: [{name: settings, behavior: merge, literals: ["canary=60"]}] # <- here
components: [../copy]
-- settings/kustomization.yaml --
resources: [../base]
configMapGenerator: [{name: settings, literals: [canary=5]}]
-- copy/kustomization.yaml --
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
replacements:
- source: {kind: ConfigMap, name: settings, fieldPath: data.canary}
  targets:
  - {select: {kind: VirtualService}, fieldPaths: [spec.http.0.route.1.weight]}
`},
	{name: "by a var", archive: `
-- top/kustomization.yaml --
resources: [reviews.yaml, settings.yaml]
configurations: [vars.yaml]
vars:
- name: CANARY
  objref: {kind: ConfigMap, name: settings, apiVersion: v1}
  fieldref: {fieldpath: data.canary}
-- top/vars.yaml --
varReference: [{path: spec/http/route/weight, kind: VirtualService}]
-- top/reviews.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec: {http: [{route: [{destination: {host: a}, weight: 75}, {destination: {host: b}, weight: $(CANARY)}]}]}
-- top/settings.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {canary: "60"} # <- here
`},
	{name: "by a patch of what a replacement overwrites", archive: `
-- top/kustomization.yaml --
resources: [../copied]
patches:
- target: {kind: VirtualService}
  patch: '[{"op": "replace", "path": "/spec/http/0/route/1/weight", "value": 60}]' # <- here
-- copied/kustomization.yaml --
resources: [../base]
configMapGenerator: [{name: settings, literals: [canary=60]}]
replacements:
- source: {kind: ConfigMap, name: settings, fieldPath: data.canary}
  targets:
  - {select: {kind: VirtualService}, fieldPaths: [spec.http.0.route.1.weight]}
`},
	{name: "as a negative number", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService}
  patch: '[{"op": "replace", "path": "/spec/http/0/route/1/weight", "value": -60}]' # <- here
`},
	{name: "as a number with a fraction", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService}
  patch: '[{"op": "replace", "path": "/spec/http/0/route/1/weight", "value": 60.5}]' # <- here
`},
	{name: "as a string", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService}
  patch: '[{"op": "replace", "path": "/spec/http/0/route/1/weight", "value": "60"}]' # <- here
`},
	{name: "as a word", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService}
  patch: '[{"op": "replace", "path": "/spec/http/0/route/1/weight", "value": "much"}]' # <- here
`},
	{name: "as a truth", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService}
  patch: '[{"op": "replace", "path": "/spec/http/0/route/1/weight", "value": true}]' # <- here
`},
	{name: "as more than Istio can hold", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService}
  patch: '[{"op": "replace", "path": "/spec/http/0/route/1/weight", "value": 4294967296}]' # <- here
`},
	{name: "as a number that weir would take for its own", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService}
  patch: |-
    - {op: replace, path: /spec/http/0/route/0/weight, value: 1900000001}
    - {op: replace, path: /spec/http/0/route/1/weight, value: 1900000002} # <- here
`},
	{name: "in another notation", archive: `
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService}
  patch: |2-  # the canary
    - op: replace
      path: /spec/http/0/route/0/weight
      value: 60
    - op: replace
      path: &second /spec/http/0/route/1/weight
      value: 0x3C # <- here
    - {op: test, path: *second, value: 60}
`},
	{name: "by a replacement that adds it", field: "spec.http[0].route[0].weight", archive: `
-- top/Kustomization --
bases: [../base]
replacements:
- source: {kind: ConfigMap, fieldPath: data.canary}
  targets:
  - {select: {kind: VirtualService}, fieldPaths: [spec.http.0.route.0.weight], options: {create: true}}
configMapGenerator: [{name: settings, envs: [../weights.env]}]
-- weights.env --
canary="60" # <- here
-- base/reviews.yaml --
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec: {http: [{route: [{destination: {host: a}}, {destination: {host: b}, weight: 60}]}]}
`},
	{name: "for a step of a plan", of: "plan", field: "spec.steps[0].setWeight", archive: `
-- top/kustomization.yaml --
resources: [plan.yaml]
patches:
- target: {kind: WeightPlan}
  patch: |-
    - op: replace
      path: /spec/steps/0/setWeight
      value: 60 # <- here
-- top/plan.yaml --
apiVersion: weir.dev/v1alpha1
kind: WeightPlan
metadata: {name: plan}
spec: {targets: [{kind: VirtualService, name: reviews}], steps: [{setWeight: 5}, {setWeight: 100}]}
`},
}

func TestAWeightIsFoundAtTheLineThatSetsIt(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			tree, at := marked(t, reviewsBase+way.archive)
			if way.of == "" {
				way.of = "reviews"
			}
			if way.field == "" {
				way.field = "spec.http[0].route[1].weight"
			}
			kind := "VirtualService"
			if way.of == "plan" {
				kind = "WeightPlan"
			}
			o := the(t, render(t, tree, "top"), kind, way.of)
			assert.Equal(t, at, o.Where(way.field).String())
			require.NotNil(t, field(t, o, way.field))
		})
	}
}

const setTwice = `
-- top/kustomization.yaml --
resources: [../base, settings.yaml, other.yaml]
patches:
- target: {kind: VirtualService, name: reviews}
  patch: '[{"op": "replace", "path": "/spec/http/0/route/0/weight", "value": 40}]' # <- here
replacements:
- source: {kind: ConfigMap, name: settings, fieldPath: data.canary}
  targets:
  - {select: {kind: VirtualService, name: reviews}, fieldPaths: [spec.http.0.route.1.weight]}
  - {select: {kind: Gateway}, fieldPaths: [metadata.name]}
-- top/settings.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {canary: "60"}
-- top/other.yaml --
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: other}
`

// The setting is the name of an object as well, which no number may stand for.
func TestAWeightThatCannotBeTracedHidesNoOther(t *testing.T) {
	tree, at := marked(t, reviewsBase+setTwice)
	o := the(t, render(t, tree, "top"), "VirtualService", "reviews")
	assert.Equal(t, "base/reviews.yaml:12", o.Where("spec.http[0].route[1].weight").String(), "where it stood before")
	assert.Equal(t, at, o.Where("spec.http[0].route[0].weight").String())
}

// A selector finds the label no more when a number stands for it, so that the
// second patch is left out and the number of the first one lands.
func TestWhatLandsCountsOnlyForTheValueThatWasRendered(t *testing.T) {
	tree, at := marked(t, strings.Replace(reviewsBase, "app: reviews", "weight: high", 1)+`
-- top/kustomization.yaml --
resources: [../base]
patches:
- target: {kind: VirtualService}
  patch: |-
    - {op: replace, path: /spec/http/0/route/0/weight, value: 70} # <- here
    - {op: replace, path: /spec/http/0/route/1/weight, value: 30}
- target: {labelSelector: weight=high}
  patch: '[{"op": "replace", "path": "/spec/http/0/route/1/weight", "value": 60}]'
`)
	o := the(t, render(t, tree, "top"), "VirtualService", "reviews")
	assert.Equal(t, at, o.Where("spec.http[0].route[0].weight").String())
	assert.Equal(t, "base/reviews.yaml:12", o.Where("spec.http[0].route[1].weight").String(), "not the first patch's")
}

func TestANumberOfTheSourcesIsNoneOfOurs(t *testing.T) {
	tree, _ := marked(t, strings.NewReplacer("60", "1900000001", "75", "1900000001").Replace(reviewsBase+setTwice))
	o := the(t, render(t, tree, "top"), "VirtualService", "reviews")
	assert.Equal(t, "base/reviews.yaml:12", o.Where("spec.http[0].route[1].weight").String())
}

func TestManyMayAskForLinesAtOnce(t *testing.T) {
	tree, at := marked(t, reviewsBase+setTwice)
	objects := render(t, tree, "top")
	before := printed(t, objects)
	reviews := the(t, objects, "VirtualService", "reviews")
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() { assert.Equal(t, at, reviews.Where("spec.http[0].route[0].weight").String()) })
	}
	wg.Wait()
	assert.Equal(t, before, printed(t, objects), "the objects stay as they are")
	assert.Equal(t, before, printed(t, render(t, tree, "top")), "and so do the sources")
}
