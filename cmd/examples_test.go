package cmd_test

import (
	"path"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

const bookinfo = "examples/bookinfo"

func TestTheExampleDeliveryNamesOverlaysThatPlanReviews(t *testing.T) {
	file := path.Join(bookinfo, "weir.yaml")
	delivery, problems := spec.DecodeDelivery(read(t, file), file)
	require.NoError(t, problems.Err())

	plans := map[string]rollout.Plan{}
	for _, environment := range delivery.Environments {
		for _, overlay := range environment.Overlays {
			read(t, path.Join(bookinfo, overlay, "kustomization.yaml"))
			plans[environment.Name] = examplePlan(t, path.Join(bookinfo, overlay, "weightplan.yaml"))
		}
	}
	require.Contains(t, plans, "staging")
	require.Contains(t, plans, "production")
	for environment, plan := range plans {
		assert.Equal(t, []rollout.TargetRef{{Name: "reviews", Routes: []string{"primary"}}}, plan.Targets, environment)
	}
	assert.Greater(t, soak(plans["production"]), soak(plans["staging"]), "production is the careful one")
}

// examplePlan reads the only document of a file as a WeightPlan.
func examplePlan(t *testing.T, file string) rollout.Plan {
	t.Helper()
	documents, problems := spec.Documents(read(t, file), file)
	require.NoError(t, problems.Err())
	require.Len(t, documents, 1)
	plan, problems := spec.DecodePlan(documents[0], func(at string) rollout.Position {
		return rollout.Position{File: file, Line: spec.Locate(documents[0], at)}
	})
	require.NoError(t, problems.Err())
	return plan
}

// soak is the seconds that a plan's pauses take together.
func soak(p rollout.Plan) float64 {
	total := 0.0
	for _, step := range p.Steps {
		if step.Pause != nil {
			total += step.Pause.Duration.Seconds()
		}
	}
	return total
}
