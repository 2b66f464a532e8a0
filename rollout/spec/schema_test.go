package spec_test

import (
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/weir-delivery/weir/rollout/spec/schema"
)

// schemaOf compiles one of the published schemas.
func schemaOf(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	const base = "https://weir.dev/schemas/v1alpha1/"
	c := jsonschema.NewCompiler()
	for _, file := range []string{"weightplan.schema.json", "delivery.schema.json", "intent.schema.json"} {
		f, err := schema.Files.Open(file)
		require.NoError(t, err)
		doc, err := jsonschema.UnmarshalJSON(f)
		require.NoError(t, f.Close())
		require.NoError(t, err)
		require.NoError(t, c.AddResource(base+file, doc))
	}
	s, err := c.Compile(base + name)
	require.NoError(t, err)
	return s
}

// refused asks the schema about a document as an editor would.
func refused(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		return nil // an editor's YAML reader says so, not the schema
	}
	return s.Validate(plain(v))
}

// plain writes times as text again: only YAML knows them.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, child := range v {
			v[key] = plain(child)
		}
	case []any:
		for i, child := range v {
			v[i] = plain(child)
		}
	case time.Time:
		return v.Format(time.RFC3339Nano)
	}
	return v
}

func TestTheSchemasRefuseWhatTheDecodersRefuse(t *testing.T) {
	for file, table := range map[string][]wrong{"weightplan.schema.json": wrongPlans(), "delivery.schema.json": wrongDeliveries(), "intent.schema.json": wrongIntents()} {
		s := schemaOf(t, file)
		for _, w := range table {
			t.Run(file+"/"+w.name, func(t *testing.T) {
				if !w.unseen {
					assert.Error(t, refused(t, s, w.text))
				}
			})
		}
	}
}

func TestTheSchemasTakeWhatTheDecodersTake(t *testing.T) {
	plan, delivery := schemaOf(t, "weightplan.schema.json"), schemaOf(t, "delivery.schema.json")
	for _, text := range rightPlans() {
		_, problems := decodePlan(t, text)
		require.Empty(t, problems, text)
		assert.NoError(t, refused(t, plan, text), text)
	}
	for _, text := range []string{deliveryHead, wholeDelivery} {
		assert.NoError(t, refused(t, delivery, text), text)
	}
	for _, text := range rightIntents() {
		assert.NoError(t, refused(t, schemaOf(t, "intent.schema.json"), text), text)
	}
}

func TestRulesThatASchemaCannotSayAreMarked(t *testing.T) {
	plan := schemaOf(t, "weightplan.schema.json")
	for _, w := range wrongPlans() {
		if w.unseen {
			assert.NoError(t, refused(t, plan, w.text), "the schema does see %s: unmark it", w.name)
		}
	}
}

func rightPlans() []string {
	with := func(s string) string { return planHead + target + s }
	return append([]string{
		with(oneGo),
		with(oneGo + wholeAnalysis),
		with("  steps: [{setWeight: 1, pause: {}}, {setWeight: 100, pause: {duration: 1h0.5s}}]\n"),
		with("  steps: [{setWeight: 7, pause: {duration: 90}, windows: [], analysis: {metrics: [{name: success-rate, thresholdRange: {min: 99}}]}}]\n"),
		with(oneGo + "  rollbackWindow: 0\n"),
		with(oneGo + "  rollbackWindow: 1.5h\n  totalWeight: 10000\n  approvals: {}\n"),
		with(oneGo + "  rollback: {stepWeight: 1, interval: 36}\n"),
		with(oneGo + "  windows: []\n  whenWindowCloses: hold\n  readiness: whenKnown\n"),
		"apiVersion: weir.dev/v1alpha1\nkind: WeightPlan\nmetadata: {name: a.b-c, namespace: d, annotations: {weir.dev/x: y}}\nspec:\n" + target + oneGo,
	}, rightWindows()...)
}
