package spec_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// sound checks what holds of every plan that decodes without a problem.
func sound(t *testing.T, p rollout.Plan) {
	t.Helper()
	last := 0
	require.NotEmpty(t, p.Steps)
	for _, s := range p.Steps {
		require.Greater(t, s.SetWeight, last)
		require.LessOrEqual(t, s.SetWeight, 100)
		if s.Pause != nil {
			require.Equal(t, s.Pause.UntilApproved, s.Pause.Duration == 0)
			require.GreaterOrEqual(t, s.Pause.Duration, 0*s.Pause.Duration)
		}
		last = s.SetWeight
	}
	require.GreaterOrEqual(t, p.TotalWeight, 100)
	require.LessOrEqual(t, p.TotalWeight, rollout.MaxTotal)
	require.Positive(t, p.Approvals)
	require.False(t, p.RollbackWindow < 0 || p.Settle < 0 || p.ProgressDeadline < 0)
}

// speaking checks that every problem says something and where.
func speaking(t *testing.T, ps rollout.Problems) {
	t.Helper()
	for _, p := range ps {
		require.NotEmpty(t, p.Message)
		require.NotEmpty(t, p.Hint)
		require.Equal(t, "f.yaml", p.File)
		require.GreaterOrEqual(t, p.Line, 0)
	}
}

func FuzzPlan(f *testing.F) {
	for _, w := range wrongPlans() {
		f.Add([]byte(w.text))
	}
	for _, text := range rightPlans() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		docs, problems := spec.Documents(data, "f.yaml")
		speaking(t, problems)
		for _, doc := range docs {
			plan, problems := spec.DecodePlan(doc, func(path string) rollout.Position {
				return rollout.Position{File: "f.yaml", Line: spec.Locate(doc, path)}
			})
			speaking(t, problems)
			if len(problems) == 0 {
				sound(t, plan)
				require.NotEmpty(t, plan.Name)
				require.NotEmpty(t, plan.Targets)
			}
		}
	})
}

func FuzzDelivery(f *testing.F) {
	for _, w := range wrongDeliveries() {
		f.Add([]byte(w.text))
	}
	f.Add([]byte(wholeDelivery))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, problems := spec.DecodeDelivery(data, "f.yaml")
		speaking(t, problems)
		if len(problems) > 0 {
			return
		}
		sound(t, d.DefaultPlan)
		require.NotEmpty(t, d.Environments)
		require.NotEmpty(t, d.Journal.Branch)
		for _, e := range d.Environments {
			require.NotEmpty(t, e.Name)
			require.Len(t, e.At, len(e.Overlays))
			require.NotEmpty(t, e.Overlays)
		}
	})
}

func FuzzIntent(f *testing.F) {
	for _, w := range wrongIntents() {
		f.Add([]byte(w.text))
	}
	for _, text := range rightIntents() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		i, problems := spec.DecodeIntent(data, "f.yaml")
		speaking(t, problems)
		if len(problems) > 0 {
			require.Zero(t, i)
			return
		}
		require.Contains(t, rollout.Verbs(), i.Asked.Verb)
		require.Len(t, i.Asked.ID, 12)
		require.GreaterOrEqual(t, i.Asked.Step, -1)
		require.NotContains(t, i.Asked.Reason, "\n")
		require.Empty(t, i.Asked.By, "nobody says of himself who he is")
		require.True(t, i.Asked.At.IsZero())
		require.False(t, i.Asked.Now)
		require.NotEmpty(t, i.Name.Plan)
		require.NotEmpty(t, i.Name.Namespace)
		require.NotEmpty(t, i.Name.Environment)
	})
}

// FuzzWindow throws texts at the fields of a window: what passes comes again
// and again, and closes in between.
func FuzzWindow(f *testing.F) {
	f.Add("office", "allow", "0 9 * * MON-THU", "8h", "Europe/Berlin")
	f.Add("n", "deny", "*/5 */2 1,15 * *", "90", "Pacific/Apia")
	f.Add("n", "allow", "TZ=", "1ns", "Local")
	f.Add("n", "allow", "0 9 29 2 *", "8784h", "Australia/Lord_Howe")
	f.Fuzz(func(t *testing.T, name, kind, schedule, duration, zone string) {
		object := map[string]any{
			"apiVersion": spec.APIVersion, "kind": spec.KindPlan, "metadata": map[string]any{"name": "p"},
			"spec": map[string]any{
				"targets": []any{map[string]any{"kind": "VirtualService", "name": "v"}},
				"steps":   []any{map[string]any{"setWeight": int64(100)}},
				"windows": []any{map[string]any{"name": name, "kind": kind, "schedule": schedule, "duration": duration, "timeZone": zone}},
			},
		}
		plan, problems := spec.DecodePlan(spec.Node(object), func(string) rollout.Position { return rollout.Position{File: "f.yaml"} })
		speaking(t, problems)
		if len(problems) > 0 {
			return
		}
		w := plan.Windows[0]
		require.Positive(t, w.Duration)
		require.NotNil(t, w.Starts)
		require.NotNil(t, w.Zone)
		now := time.Date(2026, time.November, 25, 0, 0, 0, 0, time.UTC)
		o := rollout.Openings([]rollout.Level{{Windows: plan.Windows}}, now)
		require.False(t, o.Open && !o.Opens.IsZero())
		require.True(t, o.Opens.IsZero() || o.Opens.After(now))
		require.True(t, o.Closes.IsZero() || o.Closes.After(now) && o.Closes.After(o.Opens))
	})
}
