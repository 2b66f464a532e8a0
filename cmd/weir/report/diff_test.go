package report_test

import (
	"io"
	"testing"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/cmd/weir/report"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// different is a diff with every kind of thing to show.
func different() report.DiffReport {
	one := func(name string, phase rollout.Phase, move report.NextMove) report.Difference {
		return report.Difference{
			Rollout: report.Rollout{View: agent.View{Name: name, Namespace: "bookinfo", Environment: "production", Phase: phase, Routes: []agent.RouteView{at("primary", 100, 0)}, Wanted: []agent.RouteView{at("primary", 0, 100)}}, Cluster: "eu-1"},
			Move:    move, Fields: []report.Fields{},
		}
	}
	settled := one("details", rollout.Healthy, report.NextMove{Kind: rollout.Hold, Phase: rollout.Healthy, Reason: rollout.Reason{Code: rollout.Settled, Sentence: "as Git has it"}})
	forward := one("reviews", rollout.Healthy, report.NextMove{
		Kind: rollout.Forward, Phase: rollout.Progressing, Reason: rollout.Reason{Code: rollout.Stepping, Sentence: "step 1 of 3, for 10m"}, Decision: policy.Allow, Again: minutes(10),
		Changes: []report.Change{{Target: "reviews", From: []agent.RouteView{at("primary", 100, 0)}, To: []agent.RouteView{at("primary", 90, 10)}}},
	})
	forward.Fields = []report.Fields{{Target: "reviews", Diff: "--- bookinfo/reviews in the cluster\n+++ bookinfo/reviews in Git\n@@ -1,3 +1,3 @@\n spec:\n-  timeout: 5s\n+  timeout: 6s\x1b[2J\n"}}
	foreign := one("ratings", rollout.Pending, report.NextMove{Kind: rollout.Hold, Phase: rollout.Pending, Reason: rollout.Reason{Code: rollout.Foreign, Sentence: "bookinfo/ratings is applied by argocd, which weir may not take over from"}})
	foreign.Adoption = []report.Adoption{{Target: "ratings", From: []string{"helm"}, Refused: []string{"argocd"}}}
	return report.DiffReport{
		Kind: "DiffReport", Cluster: "eu-1", Rollouts: []report.Difference{settled, foreign, forward},
		Support: []report.Prop{
			{Kind: "Gateway", Namespace: "bookinfo", Name: "bookinfo", Absent: true},
			{Kind: "DestinationRule", Namespace: "bookinfo", Name: "reviews", Diff: "--- bookinfo/reviews in the cluster\n+++ bookinfo/reviews in Git\n@@ -1,2 +1,2 @@\n spec:\n-  host: reviews\n+  host: reviews.bookinfo\n", Refused: "its host would change"},
		},
		Problems: rollout.Problems{{Position: rollout.Position{File: "weir.yaml", Line: 3}, Message: "spec.prun is not a known field", Hint: "did you mean prune?"}},
	}
}

func TestADiffReadsAsIfSomebodyHadWrittenIt(t *testing.T) {
	golden(t, "diff", func(w io.Writer) error { return report.DiffText(w, different(), report.Look{Now: now()}) })
	golden(t, "diff_json", func(w io.Writer) error { return report.JSON(w, different()) })
}

func TestADiffWithNothingInItSaysSo(t *testing.T) {
	golden(t, "diff_nothing", func(w io.Writer) error { return report.DiffText(w, report.DiffReport{}, report.Look{Now: now()}) })
}
