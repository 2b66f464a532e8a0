package agent_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// hasty is a plan that the example's rule refuses, and lax the rules without it.
var hasty = planYAML("{setWeight: 40, pause: {duration: 10m}}, {setWeight: 80}, {setWeight: 100}")

const lax = "package canary\n\nimport rego.v1\n\nwarn_nothing contains \"never\" if input.environment == \"nowhere\"\n"

// requiring is weir.yaml with more about policies.
func requiring(t *testing.T, more string) string {
	t.Helper()
	text := bookinfo(t)["weir.yaml"]
	at := strings.Index(text, "    path: policies\n")
	require.Positive(t, at)
	return text[:at] + more + text[at:]
}

// A rule that is required goes by two commits: the first says that it may.
func TestARequiredRuleDoesNotVanish(t *testing.T) {
	story(t, func(w *world) {
		w.git.Commit(map[string]string{"weir.yaml": requiring(t, "    required: [canary.deny_first_step]\n"), "overlays/production/weightplan.yaml": hasty})
		w.pass(time.Minute)
		w.git.Commit(map[string]string{"weir.yaml": requiring(t, ""), "policies/first_step.rego": lax})
		w.pass(time.Minute)
		require.ErrorContains(t, w.told().problems, "the required rule canary.deny_first_step is not enforced")
		w.restart()
		w.weigh(0, 0, 100)
		w.pass(time.Minute)
		w.says(atV1, rollout.Pending, "a first step above 25 percent")
		w.git.Commit(map[string]string{"policies/first_step.rego": bookinfo(t)["policies/first_step.rego"]})
		w.pass(time.Minute)
		require.NoError(t, w.told().problems.Err())
		w.git.Commit(map[string]string{"policies/first_step.rego": lax})
		w.pass(10 * time.Minute)
		w.says("v1 60 · v2 0 · v3 40", rollout.Progressing, "step 1 of 3")
	})
}

func TestWhatTheOperatorRequiresNoCommitTakesAway(t *testing.T) {
	story(t, func(w *world) {
		w.stop()
		w.required = []string{"canary.deny_first_step"}
		w.start()
		w.git.Commit(map[string]string{"policies/first_step.rego": lax, "overlays/production/weightplan.yaml": hasty})
		w.pass(time.Minute)
		w.git.Commit(map[string]string{"NEWS": "anything"})
		w.weigh(0, 0, 100)
		w.pass(10 * time.Minute)
		w.says(atV1, rollout.Pending, "a first step above 25 percent")
		require.ErrorContains(t, w.told().problems, "the required rule canary.deny_first_step is not enforced")
	})
}

// Pinned policies are those of a commit, whatever the branch says now. The pin is part
// of what has to be trusted first.
func TestPinnedPoliciesJudgeWhateverTheBranchHas(t *testing.T) {
	story(t, func(w *world) {
		strict := w.git.Commit(map[string]string{"overlays/production/weightplan.yaml": hasty})
		w.git.Commit(map[string]string{"weir.yaml": requiring(t, "    revision: "+strict+"\n")})
		w.pass(time.Minute)
		free := w.git.Commit(map[string]string{"policies/first_step.rego": lax})
		w.pass(time.Minute)
		w.weigh(0, 0, 100)
		w.pass(10 * time.Minute)
		w.says(atV1, rollout.Pending, "a first step above 25 percent")
		w.restart()
		w.pass(10 * time.Minute)
		w.says(atV1, rollout.Pending, "a first step above 25 percent")
		w.git.Commit(map[string]string{"weir.yaml": requiring(t, "    revision: "+strings.Repeat("0a", 20)+"\n")})
		w.pass(time.Minute)
		require.ErrorContains(t, w.told().problems, "opening the policies of commit 0a0a0a0, which weir.yaml pins")
		w.says(atV1, rollout.Pending, "a first step above 25 percent")
		w.git.Commit(map[string]string{"weir.yaml": requiring(t, "    revision: "+free+"\n")})
		w.pass(10 * time.Minute)
		w.says("v1 60 · v2 0 · v3 40", rollout.Progressing, "step 1 of 3")
	})
}

// What a change does to get round the rules that refuse it: each time those of the base
// refuse it all the same.
func TestNoChangeGetsRoundTheRulesThatRefuseIt(t *testing.T) {
	weir := bookinfo(t)["weir.yaml"]
	without := func(text, part string) string {
		require.Contains(t, text, part)
		return strings.Replace(text, part, "", 1)
	}
	policies := weir[strings.Index(weir, "  policies:"):strings.Index(weir, "  defaultPlan:")]
	for way, files := range map[string]map[string]string{
		"takes the rule away":                 {"policies/first_step.rego": lax},
		"raises what the rule allows":         {"policies/first_step.rego": strings.Replace(bookinfo(t)["policies/first_step.rego"], "first_step := 25", "first_step := 100", 1)},
		"names no policies":                   {"weir.yaml": without(weir, policies)},
		"names another folder":                {"weir.yaml": strings.Replace(weir, "path: policies", "path: others", 1), "others/lax.rego": lax},
		"excepts the rule":                    {"policies/exception.rego": "package canary\n\nexception contains [\"first_step\"] if true\n"},
		"waives the rule":                     {"policies/data.yaml": "waivers: [{rule: canary.deny_first_step, reason: hurry, ticket: none, approvedBy: bob@example.com, expires: 2099-01-01}]\n"},
		"renames the rule so that none asks":  {"policies/first_step.rego": strings.Replace(bookinfo(t)["policies/first_step.rego"], "deny_first_step", "was_deny_first_step", 1) + "\nwarn_nothing contains \"never\" if input.environment == \"nowhere\"\n"},
		"moves the rule to a package unasked": {"policies/first_step.rego": lax, "policies/elsewhere.rego": "package elsewhere\n\ndeny contains \"x\" if input.environment == \"nowhere\"\n", "weir.yaml": weir},
	} {
		head := weights("0", "0", "100")
		head["overlays/production/weightplan.yaml"] = hasty
		for name, text := range files {
			head[name] = text
		}
		report := checked(t, nil, head)
		assert.NotEqual(t, policy.Allow, report.Decision, way)
		if report.Decision == policy.Deny {
			i := slices.IndexFunc(report.Findings, func(f policy.Finding) bool { return f.Rule == "canary.deny_first_step" })
			require.GreaterOrEqual(t, i, 0, way)
			assert.Nil(t, report.Findings[i].Waiver, way)
		}
	}
}

// Whoever calls an environment or a VirtualService otherwise begins no traffic anew.
func TestARenameDoesNotStartTrafficAnew(t *testing.T) {
	files := bookinfo(t)
	staging := strings.Index(files["weir.yaml"], "  - name: staging")
	files["weir.yaml"] = files["weir.yaml"][:staging] + files["weir.yaml"][strings.Index(files["weir.yaml"], "  - name: production"):]
	for way, head := range map[string]map[string]string{
		"another name for the VirtualService": {"base/reviews.yaml": strings.Replace(reviewsYAML("0", "0", "100"), "kind: VirtualService\nmetadata:\n  name: reviews", "kind: VirtualService\nmetadata:\n  name: reviews2", 1), "overlays/production/weightplan.yaml": strings.Replace(planYAML(untilTold), "name: reviews, routes", "name: reviews2, routes", 1)},
		"another name for the environment":    {"base/reviews.yaml": reviewsYAML("0", "0", "100"), "weir.yaml": strings.Replace(files["weir.yaml"], "name: production", "name: prod", 1)},
	} {
		base := map[string]string{"weir.yaml": files["weir.yaml"]}
		if head["weir.yaml"] == "" {
			head["weir.yaml"] = files["weir.yaml"]
		}
		report := checkedAll(t, base, head)
		require.Empty(t, report.Problems, way)
		assert.Equal(t, policy.Deny, report.Decision, way)
		var rules []string
		for _, f := range report.Findings {
			rules = append(rules, f.Rule)
		}
		assert.Contains(t, rules, "baseline.deny_renamed", way)
	}
}

func TestAnEnvironmentDoesNotVanishInSilence(t *testing.T) {
	weir := bookinfo(t)["weir.yaml"]
	from, to := strings.Index(weir, "  - name: production"), strings.Index(weir, "  policies:")
	report := checkedAll(t, nil, map[string]string{"weir.yaml": weir[:from] + weir[to:]})
	require.NotEmpty(t, report.Findings)
	assert.Equal(t, "weir-environment-gone", report.Findings[0].Rule)
	assert.Contains(t, report.Findings[0].Message, "environment production is in weir.yaml no more")
}

// Who may approve, whose keys sign and when nothing moves is not changed unseen.
func TestAChangeOfSafeguardsIsSaid(t *testing.T) {
	weir := bookinfo(t)["weir.yaml"]
	with := func(more string) map[string]string {
		return map[string]string{"weir.yaml": strings.Replace(weir, "spec:\n", "spec:\n"+more, 1)}
	}
	said := func(base, head map[string]string) (out []string) {
		for _, f := range checked(t, base, head).Findings {
			if f.Rule == "weir-safeguards" && f.Environment == "production" {
				assert.Equal(t, policy.Warns, f.Level)
				assert.Equal(t, "weir.yaml", f.File)
				out = append(out, f.Message)
			}
		}
		return out
	}
	const sets = "the change sets for environment production "
	one := with("  approvals: {approvers: [ann@example.com]}\n")
	assert.Equal(t, []string{sets + "who may approve: ann@example.com, and it was everybody who did not write the change"}, said(nil, one))
	assert.Equal(t, []string{sets + "who may approve: everybody who did not write the change, and it was ann@example.com"}, said(one, nil))
	assert.Empty(t, said(one, with("  approvals: {approvers: [ann@example.com]}\n  prune: false\n")))
	assert.Equal(t, []string{sets + "whether what is gone from Git is deleted: true, and it was false"}, said(nil, with("  prune: true\n")))
	assert.Equal(t, []string{sets + "from whom VirtualServices are taken over: helm, and it was none"}, said(nil, with("  adopt: [helm]\n")))
	assert.Equal(t, []string{sets + "other windows or freezes"}, said(with("  freezes: [{name: xmas, reason: no, from: 2026-12-19T00:00:00Z, to: 2027-01-04T00:00:00Z}]\n"), nil))
	signed := said(nil, with(signedBy(ann)))
	require.Len(t, signed, 2)
	assert.Equal(t, sets+"whether approvals are signed: true, and it was false", signed[0])
	assert.Regexp(t, `^`+sets+`whose keys sign: ann@example.com \(SHA256:[^)]+\), and it was none$`, signed[1])
}

func TestACheckMissesARequiredRuleThatWouldVanish(t *testing.T) {
	base := map[string]string{"weir.yaml": requiring(t, "    required: [canary.deny_first_step]\n")}
	report := checked(t, base, map[string]string{"weir.yaml": requiring(t, ""), "policies/first_step.rego": lax})
	assert.Equal(t, policy.Error, report.Decision)
	require.ErrorContains(t, report.Problems, "policies: rule canary.deny_first_step is required by the base, and is not enforced after this change")
	assert.Equal(t, policy.Allow, checked(t, base, map[string]string{"weir.yaml": requiring(t, "")}).Decision, "the first of two commits")
}

// A change of the policies alone moves nothing, and yet is not let through where
// nothing could move after it.
func TestPoliciesThatCouldNotJudgeAreSaidBeforeTheyAreInForce(t *testing.T) {
	for want, files := range map[string]map[string]string{
		"a finding has an empty message": {"policies/first_step.rego": "package canary\n\nimport rego.v1\n\ndeny_first_step contains \"\" if input.step > 0\n"},
		"limits.maxstep in the policies' data is not known": {
			"policies/data.yaml": "limits: {maxstep: {production: 10}}\n",
		},
	} {
		report := checked(t, nil, files)
		assert.Equal(t, policy.Error, report.Decision, want)
		require.ErrorContains(t, report.Problems, want)
	}
	report := checked(t, nil, map[string]string{"policies/first_step.rego": lax})
	assert.Equal(t, policy.Allow, report.Decision)
	assert.Empty(t, report.Problems)
	require.Len(t, report.Findings, 1, "and not unseen")
	assert.Equal(t, "the change changes the policies, rules: canary.deny_first_step would not be asked any more, and canary.warn_nothing would", report.Findings[0].Message)
	raised := strings.Replace(bookinfo(t)["policies/first_step.rego"], "first_step := 25", "first_step := 100", 1)
	report = checked(t, nil, map[string]string{"policies/first_step.rego": raised})
	require.Len(t, report.Findings, 1)
	assert.Equal(t, "the change changes the policies, the rules that there were, or their data", report.Findings[0].Message)
}

// A DestinationRule that is not there, or that the change takes away, is no silence.
func TestASubsetThatNobodyDefinesIsSaid(t *testing.T) {
	rules := "base/reviews.yaml"
	found := func(report agent.CheckReport) (out []string) {
		for _, f := range report.Findings {
			if strings.Contains(f.Rule, "subset_exists") {
				out = append(out, string(report.Decision)+" "+f.Rule)
			}
		}
		return out
	}
	astray := func(text string) string {
		return strings.Replace(text, "  host: reviews\n  subsets", "  host: revues\n  subsets", 1)
	}
	head := map[string]string{rules: astray(reviewsYAML("50", "0", "50"))}
	assert.Contains(t, found(checked(t, nil, head)), "deny baseline.deny_subset_exists", "the change takes it away")
	assert.Contains(t, found(checked(t, map[string]string{rules: astray(bookinfo(t)[rules])}, head)), "allow baseline.warn_subset_exists", "it was elsewhere before")
	assert.Empty(t, found(checked(t, nil, weights("50", "0", "50"))))
}

// What staging has in Git goes before what production asks for, where the data say so.
func TestOneEnvironmentComesAfterAnother(t *testing.T) {
	weir := strings.Replace(bookinfo(t)["weir.yaml"], "sets: [baseline]", "sets: [baseline, production]", 1)
	base := map[string]string{"weir.yaml": weir, "policies/data.yaml": "limits: {after: {production: staging}}\n"}
	said := func(report agent.CheckReport) (out []string) {
		for _, f := range report.Findings {
			if f.Rule == "production.deny_environment_order" {
				out = append(out, f.Message)
			}
		}
		return out
	}
	head := map[string]string{"base/reviews.yaml": reviewsYAML("50", "0", "50")}
	for name, text := range base {
		head[name] = text
	}
	report := checkedAll(t, base, head)
	require.NotEmpty(t, said(report))
	assert.Equal(t, "reviews route primary gives subset v3 of reviews 50% in production, and staging has it at 0%", said(report)[0])
	assert.Empty(t, said(checked(t, base, head)), "nobody looked at staging")

	base["base/reviews.yaml"] = reviewsYAML("50", "0", "50")
	base["overlays/production/first.yaml"] = "- {op: replace, path: /spec/http/0/route/0/weight, value: 100}\n- {op: replace, path: /spec/http/0/route/2/weight, value: 0}\n"
	kustomization := bookinfo(t)["overlays/production/kustomization.yaml"]
	base["overlays/production/kustomization.yaml"] = kustomization + "\npatches:\n- {path: first.yaml, target: {kind: VirtualService, name: reviews}}\n"
	head["overlays/production/kustomization.yaml"] = kustomization
	report = checkedAll(t, base, head)
	require.NotEmpty(t, report.Rollouts, report.Problems)
	assert.Equal(t, "production", report.Rollouts[0].Environment)
	assert.Empty(t, said(report))
}

// The status branch has room for one agent of a cluster: what another one keeps there,
// its policies first of all, is not taken for one's own.
func TestAnAgentOfOtherEnvironmentsLeavesWhatAnotherKeeps(t *testing.T) {
	story(t, func(w *world) {
		w.pass(time.Minute)
		before := w.accepted()
		require.Contains(t, before, `"branch": "main"`)
		require.Contains(t, before, `"environments": [`)
		w.stop()
		w.moves = []string{"staging"}
		w.start()
		w.pass(time.Minute)
		require.ErrorContains(t, w.told().err, "accepted/eu1.json on the status branch is kept by the agent of environment production of this cluster: start this one with a --status-branch of its own")
		require.Equal(t, before, w.accepted())
		w.stop()
		w.moves = []string{"staging", "production"}
		w.start()
		w.pass(time.Minute)
		require.NoError(t, w.told().err)
	})
}
