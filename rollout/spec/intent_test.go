package spec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// intentHead are the first three lines of every Intent here; the spec follows.
const intentHead = "apiVersion: weir.dev/v1alpha1\nkind: Intent\nmetadata: {name: reviews, namespace: bookinfo}\n"

func rightIntents() []string {
	with := func(s string) string { return intentHead + "spec: {environment: production, " + s + "}\n" }
	return []string{
		with("verb: approve, id: 0123456789ab, step: 2, reason: dashboards are green"),
		with(`verb: promote, id: "012345678901", step: 1, full: true`),
		with("verb: promote, id: 0123456789ab, step: 0, full: false"),
		with("verb: pause, id: 0123456789ab"),
		with("verb: abort, id: 0123456789ab, step: 3, full: false"),
		with("verb: abort, id: 0123456789ab, full: true"),
		with("verb: resume, id: 0123456789ab"),
		with("verb: retry, id: 0123456789ab, step: 101"),
		with("verb: override, id: 0123456789ab, step: 0, reason: CVE-2026-1234"),
	}
}

func TestAnIntentSaysAllThatItCan(t *testing.T) {
	i, problems := spec.DecodeIntent([]byte("# asked by hand\n"+rightIntents()[0]), "approvals/a.yaml")
	require.Empty(t, problems)
	assert.Equal(t, spec.Intent{
		Name:     rollout.Name{Environment: "production", Namespace: "bookinfo", Plan: "reviews"},
		Asked:    rollout.Intent{Verb: rollout.ToApprove, ID: "0123456789ab", Step: 1, Reason: "dashboards are green"},
		Position: rollout.Position{File: "approvals/a.yaml", Line: 2},
	}, i)
	for _, text := range rightIntents() {
		_, problems := spec.DecodeIntent([]byte(text), "i.yaml")
		assert.Empty(t, problems, text)
	}
}

func TestStepsOfPeopleCountFromOne(t *testing.T) {
	for text, want := range map[string]int{"step: 0": -1, "step: 1": 0, "reason: none": -1} {
		i, problems := spec.DecodeIntent([]byte(intentHead+"spec: {environment: a, verb: pause, id: 0123456789ab, "+text+"}\n"), "i.yaml")
		require.Empty(t, problems)
		assert.Equal(t, want, i.Asked.Step, text)
	}
}

func wrongIntents() []wrong {
	with := func(s string) string { return intentHead + "spec: {environment: a, " + s + "}\n" }
	const digits = "copy the 12 digits that `weir status -o wide` shows, in quotes"
	const lower = "use lower-case letters, digits and -, beginning and ending with a letter or digit"
	pause := "verb: pause, id: 0123456789ab"
	return []wrong{
		{"nothing", "# nothing\n", 0, "the file is empty", "write an Intent there, or remove the file", true},
		{"two documents", with(pause) + "---\n" + with(pause), 6, "the file holds 2 documents", "keep one Intent a file", true},
		{"text", "approve!\n", 1, "the document must be an object, not \"approve!\"", "write it as fields and values", false},
		{"another kind", "apiVersion: weir.dev/v1alpha1\nkind: Intend\nmetadata: {name: a, namespace: b}\nspec: {environment: a, " + pause + "}\n", 2, "kind must be Intent, not \"Intend\"", "did you mean Intent?", false},
		{"another version", "apiVersion: weir.dev/v1\nkind: Intent\nmetadata: {name: a, namespace: b}\nspec: {environment: a, " + pause + "}\n", 1, "apiVersion must be weir.dev/v1alpha1, not \"weir.dev/v1\"", "known here: weir.dev/v1alpha1", false},
		{"no namespace", "apiVersion: weir.dev/v1alpha1\nkind: Intent\nmetadata: {name: a}\nspec: {environment: a, " + pause + "}\n", 3, "metadata has no namespace", "add the namespace of the rollout", false},
		{"no name", "apiVersion: weir.dev/v1alpha1\nkind: Intent\nmetadata: {namespace: a}\nspec: {environment: a, " + pause + "}\n", 3, "metadata has no name", "add name", false},
		{"no spec", intentHead, 1, "the document has no spec", "add spec", false},
		{"no environment", intentHead + "spec: {" + pause + "}\n", 4, "spec has no environment", "add environment", false},
		{"an environment that climbs", intentHead + "spec: {environment: ../a, " + pause + "}\n", 4, "spec.environment is no DNS label: \"../a\"", lower, false},
		{"no verb", with("id: 0123456789ab"), 4, "spec has no verb", "add verb", false},
		{"a verb that nobody knows", with("verb: aprove, id: 0123456789ab, step: 1"), 4, "spec.verb must be approve or pause or resume or promote or abort or retry or override, not \"aprove\"", "did you mean approve?", false},
		{"no id", with("verb: pause"), 4, "spec has no id", "add id", false},
		{"an id that is a number", with("verb: pause, id: 123456789012"), 4, "spec.id must be a string, not 123456789012", "put quotes around it", false},
		{"an id that is too short", with("verb: pause, id: 01234abcdef"), 4, "spec.id is no id of a rollout: \"01234abcdef\"", digits, false},
		{"an id that is a path", with("verb: pause, id: ../../../etc"), 4, "spec.id is no id of a rollout: \"../../../etc\"", digits, false},
		{"an approval of no step", with("verb: approve, id: 0123456789ab"), 4, "spec has no step, and approve is for one step alone", "add the step", false},
		{"a promotion of no step", with("verb: promote, id: 0123456789ab"), 4, "spec has no step, and promote is for one step alone", "add the step", false},
		{"an override of no step", with("verb: override, id: 0123456789ab, reason: incident"), 4, "spec has no step, and override is for one step alone", "add the step", false},
		{"an override without a reason", with("verb: override, id: 0123456789ab, step: 1"), 4, "spec has no reason, and override needs one", "say why it cannot wait", false},
		{"a full override", with("verb: override, id: 0123456789ab, step: 1, reason: incident, full: true"), 4, "spec has full, which goes with promote and abort, not with override", "leave full out, or use promote or abort", false},
		{"a step below none", with("verb: approve, id: 0123456789ab, step: -1"), 4, "spec.step must be from 0 to 101, not -1", "use a number from 0 to 101", false},
		{"a step that no plan has", with("verb: approve, id: 0123456789ab, step: 102"), 4, "spec.step must be from 0 to 101, not 102", "use a number from 0 to 101", false},
		{"half a step", with("verb: approve, id: 0123456789ab, step: 1.5"), 4, "spec.step must be a whole number from 0 to 101, not 1.5", "write digits without quotes", false},
		{"a full approval", with("verb: approve, id: 0123456789ab, step: 1, full: true"), 4, "spec has full, which goes with promote and abort, not with approve", "leave full out, or use promote or abort", false},
		{"full by a word", with("verb: promote, id: 0123456789ab, step: 1, full: always"), 4, "spec.full must be true or false, not \"always\"", "write true or false without quotes", false},
		{"no reason in it", with(pause + ", reason: \"\""), 4, "spec.reason is empty", "give it a value or leave it out", false},
		{"a reason of two lines", with(pause + ", reason: \"a\\nb\""), 4, "spec.reason holds a line break or another control character", "write it in one line", false},
		{"a reason that obeys nobody", with(pause + ", reason: \"\\e[31m\""), 4, "spec.reason holds a line break or another control character", "write it in one line", false},
		{"a long reason", with(pause + ", reason: " + strings.Repeat("a", 501)), 4, "spec.reason is longer than 500 characters", "use a shorter one", false},
		{"who asks", with(pause + ", by: Ada"), 4, "spec.by is not a known field", "known here: ", false},
		{"a misspelt field", with(pause + ", reson: x"), 4, "spec.reson is not a known field", "did you mean reason?", false},
	}
}

func TestAWrongIntentSaysWhereWhatAndTheWayOut(t *testing.T) {
	for _, w := range wrongIntents() {
		t.Run(w.name, func(t *testing.T) {
			i, problems := spec.DecodeIntent([]byte(w.text), "i.yaml")
			require.Len(t, problems, 1, problems.Error())
			assert.Equal(t, rollout.Position{File: "i.yaml", Line: w.line}, problems[0].Position)
			assert.Equal(t, w.message, problems[0].Message)
			assert.Contains(t, problems[0].Hint, w.hint)
			assert.Zero(t, i)
		})
	}
}

func TestAllThatIsWrongWithAnIntentIsToldAtOnce(t *testing.T) {
	_, problems := spec.DecodeIntent([]byte("apiVersion: weir.dev/v1alpha1\nkind: Intent\nmetadata: {name: a}\nspec:\n  verb: approve\n  id: x\n  who: me\n"), "i.yaml")
	lines := []int{}
	for _, p := range problems {
		lines = append(lines, p.Line)
	}
	assert.Equal(t, []int{3, 4, 4, 6, 7}, lines, problems.Error())
}
