package spec_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// deliveryHead are the first six lines of every Delivery here.
const deliveryHead = `apiVersion: weir.dev/v1alpha1
kind: Delivery
metadata: {name: bookinfo}
spec:
  environments:
  - {name: staging, overlays: [overlays/staging]}
`

const wholeDelivery = `apiVersion: weir.dev/v1alpha1
kind: Delivery
metadata: {name: bookinfo}
spec:
  environments:
  - name: staging
    overlays: [apps/*/staging, .]
    windows: []
  - name: production
    overlays:
    - overlays/production
    namespaces: [bookinfo]
  suspend: true
  prune: true
  adopt: [kubectl-client-side-apply, helm]
  policies: {path: policies, packages: [canary, mesh.weights], sets: [baseline], required: [canary.deny_first_step], revision: 0a1b2c3d4e5f0a1b2c3d4e5f0a1b2c3d4e5f0a1b}
  approvals: {path: ops/approvals, branch: ops, identity: author}
  freezes: []
  journal: {branch: status/prod, mode: required}
  defaultPlan: {steps: [{setWeight: 20, pause: {}}], settleSeconds: 0}
`

func at(line int) rollout.Position { return rollout.Position{File: "weir.yaml", Line: line} }

func TestADeliverySaysAllThatItCan(t *testing.T) {
	d, problems := spec.DecodeDelivery([]byte(wholeDelivery), "weir.yaml")
	require.Empty(t, problems)
	assert.Equal(t, spec.Delivery{
		Name: "bookinfo",
		Environments: []spec.Environment{
			{Name: "staging", Overlays: []string{"apps/*/staging", "."}, Position: at(6), At: []rollout.Position{at(7), at(7)}},
			{Name: "production", Overlays: []string{"overlays/production"}, Namespaces: []string{"bookinfo"}, Position: at(9), At: []rollout.Position{at(11)}},
		},
		Suspend: true, Prune: true, Adopt: []string{"kubectl-client-side-apply", "helm"},
		Policies:  spec.Policies{Path: "policies", Packages: []string{"canary", "mesh.weights"}, Sets: []string{"baseline"}, Required: []string{"canary.deny_first_step"}, Revision: "0a1b2c3d4e5f0a1b2c3d4e5f0a1b2c3d4e5f0a1b", Position: rollout.Position{File: "weir.yaml", Line: 16}},
		Approvals: spec.Approvals{Path: "ops/approvals", Branch: "ops", Identity: "author"},
		Journal:   spec.Journal{Branch: "status/prod", Mode: "required"},
		DefaultPlan: rollout.Plan{
			Steps:       []rollout.Step{{SetWeight: 20, Pause: &rollout.Pause{UntilApproved: true}}},
			TotalWeight: 100, Approvals: 1, RollbackWindow: 24 * time.Hour, Readiness: rollout.WhenKnown,
			Default: true, Position: at(20),
		},
		Position: at(1),
	}, d)
}

func TestADeliveryIsFilledInWhereItIsSilent(t *testing.T) {
	d, problems := spec.DecodeDelivery([]byte(deliveryHead), "weir.yaml")
	require.Empty(t, problems)
	assert.Equal(t, spec.Policies{Sets: []string{"baseline"}}, d.Policies)
	assert.Equal(t, spec.Approvals{Path: "approvals", Identity: "author"}, d.Approvals)
	assert.Equal(t, spec.Journal{Branch: "weir-status", Mode: "required"}, d.Journal)
	assert.Equal(t, 10*time.Second, d.DefaultPlan.Settle)
	assert.Equal(t, 24*time.Hour, d.DefaultPlan.RollbackWindow)
	steps := ""
	for _, s := range d.DefaultPlan.Steps {
		steps += s.String() + ", "
	}
	assert.Equal(t, "10% for 5m, 50% for 5m, 100%, ", steps)
}

const (
	annsKey         = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJL1zbgJ61b1nK9HHQDf7fF0uR9Ao9KG20/3IIVvRQis"
	annsFingerprint = "SHA256:bEQPFk/mSRtKYXBqejMocy0eGCmLmFBnox8fbIBJ310" // as ssh-keygen -l has it
)

// signer is a line for Ann's key, with an option.
func signer(option string) string {
	return strconv.Quote(strings.Join(strings.Fields("ann@example.com "+option+" "+annsKey), " "))
}

func TestSignersAreReadAsAnAllowedSignersFileIs(t *testing.T) {
	d, problems := spec.DecodeDelivery([]byte(deliveryHead+"  approvals: {identity: signature, signers: ["+
		signer(`namespaces="file,git",valid-after="20260101Z" valid-before="202701011230Z"`)+"]}\n"), "weir.yaml")
	require.Empty(t, problems)
	assert.Equal(t, spec.Approvals{Path: "approvals", Identity: "signature", Signers: []rollout.Signer{{
		Person: "ann@example.com", Key: annsFingerprint,
		From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(2027, 1, 1, 12, 30, 0, 0, time.UTC),
	}}}, d.Approvals)
	assert.Equal(t, d.Approvals.Signers, d.Rules(d.Environments[0]).Signers)
}

// What the examples say of approvals is a Delivery's.
func TestTheApprovalsOfTheExamplesAreRead(t *testing.T) {
	var pages []byte
	for _, page := range []string{"README.md", "signed-approvals.md"} {
		text, err := os.ReadFile("../../examples/" + page)
		require.NoError(t, err)
		pages = append(pages, text...)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(  approvals:.*?)```").FindAllStringSubmatch(string(pages), -1)
	require.Len(t, blocks, 2)
	for _, b := range blocks {
		_, problems := spec.DecodeDelivery([]byte(deliveryHead+b[1]), "weir.yaml")
		assert.Empty(t, problems)
	}
}

func wrongDeliveries() []wrong {
	const clean = "write the path from the repository's root, without a / before or after it and without . or .."
	const lower = "use lower-case letters, digits and -, beginning and ending with a letter or digit"
	const branch = "use letters, digits, - _ . and / between them"
	also := func(s string) string { return deliveryHead + s }
	signed := func(s string) string {
		return deliveryHead + "  approvals: {identity: signature, signers: [" + s + "]}\n"
	}
	envs := func(s string) string {
		return "apiVersion: weir.dev/v1alpha1\nkind: Delivery\nmetadata: {name: bookinfo}\nspec:\n  environments:\n" + s
	}
	return append([]wrong{
		{"nothing", "# nothing\n", 0, "the file is empty", "write a Delivery there", true},
		{"two documents", also("---\n" + deliveryHead), 8, "the file holds 2 documents", "keep one Delivery a file", true},
		{"another kind", "apiVersion: weir.dev/v1alpha1\nkind: Deliveries\nmetadata: {name: a}\nspec: {environments: [{name: a, overlays: [a]}]}\n", 2, "kind must be Delivery, not \"Deliveries\"", "did you mean Delivery?", false},
		{"no environments", "apiVersion: weir.dev/v1alpha1\nkind: Delivery\nmetadata: {name: a}\nspec: {}\n", 4, "spec has no environments", "add environments", false},
		{"an empty list of environments", "apiVersion: weir.dev/v1alpha1\nkind: Delivery\nmetadata: {name: a}\nspec: {environments: []}\n", 4, "spec.environments is an empty list", "add an environment with a name and overlays", false},
		{"a misspelt field", also("  enviroments: []\n"), 7, "spec.enviroments is not a known field", "did you mean environments?", false},
		{"an environment without overlays", envs("  - {name: a}\n"), 6, "spec.environments[0] has no overlays", "add overlays", false},
		{"an environment without a name", envs("  - {overlays: [a]}\n"), 6, "spec.environments[0] has no name", "add name", false},
		{"an environment with no overlays", envs("  - {name: a, overlays: []}\n"), 6, "spec.environments[0].overlays is an empty list", "name a folder that holds a kustomization", false},
		{"an environment that climbs", envs("  - {name: ../a, overlays: [a]}\n"), 6, "spec.environments[0].name is no DNS label: \"../a\"", lower, false},
		{"an environment with a long name", envs("  - {name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, overlays: [a]}\n"), 6, "spec.environments[0].name is longer than 63 characters", "use a shorter one", false},
		{"two environments of one name", envs("  - {name: a, overlays: [a]}\n  - {name: a, overlays: [b]}\n"), 7, "spec.environments[1].name repeats \"a\" of spec.environments[0].name", "give each environment a name of its own", true},
		{"an overlay in two environments", envs("  - {name: a, overlays: [x]}\n  - name: b\n    overlays:\n    - y\n    - x\n"), 10, "spec.environments[1].overlays[1] repeats \"x\" of spec.environments[0].overlays[0]", "an overlay stands once and belongs to one environment", true},
		{"an absolute overlay", envs("  - {name: a, overlays: [/etc]}\n"), 6, "spec.environments[0].overlays[0] is no clean path inside the repository: \"/etc\"", clean, false},
		{"an overlay outside", envs("  - {name: a, overlays: [../x]}\n"), 6, "spec.environments[0].overlays[0] is no clean path inside the repository: \"../x\"", clean, false},
		{"an overlay that goes round", envs("  - {name: a, overlays: [a/../x]}\n"), 6, "spec.environments[0].overlays[0] is no clean path inside the repository: \"a/../x\"", clean, false},
		{"an overlay with a slash behind", envs("  - {name: a, overlays: [a/]}\n"), 6, "spec.environments[0].overlays[0] is no clean path inside the repository: \"a/\"", clean, false},
		{"an overlay from here", envs("  - {name: a, overlays: [./a]}\n"), 6, "spec.environments[0].overlays[0] is no clean path inside the repository: \"./a\"", clean, false},
		{"an overlay without a name", envs("  - {name: a, overlays: [\"\"]}\n"), 6, "spec.environments[0].overlays[0] is no clean path inside the repository: \"\"", clean, false},
		{"a glob over all levels", envs("  - {name: a, overlays: [\"apps/**\"]}\n"), 6, "spec.environments[0].overlays[0] uses **, which no glob here does: \"apps/**\"", "write one * for each level of folders", false},
		{"a glob that is not closed", envs("  - {name: a, overlays: [\"apps/[ab\"]}\n"), 6, "spec.environments[0].overlays[0] is no glob: \"apps/[ab\"", "close the [ or escape it", true},
		{"no namespace", envs("  - {name: a, overlays: [a], namespaces: []}\n"), 6, "spec.environments[0].namespaces is an empty list", "name the namespaces, or leave the field out for no bound", false},
		{"adopting twice", also("  adopt: [helm, helm]\n"), 7, "spec.adopt[1] repeats \"helm\" of spec.adopt[0]", "keep one of them", false},
		{"pruning by a word", also("  prune: always\n"), 7, "spec.prune must be true or false, not \"always\"", "write true or false without quotes", false},
		{"policies of nothing", also("  policies: {}\n"), 7, "spec.policies names no rules", "give it a path or sets; leave the whole field out for the baseline set", false},
		{"policies that are a path", also("  policies: policies\n"), 7, "spec.policies must be an object, not \"policies\"", "write it as fields and values", false},
		{"policies outside", also("  policies: {path: ../policies, packages: [a]}\n"), 7, "spec.policies.path is no clean path inside the repository: \"../policies\"", clean, false},
		{"packages without a path", also("  policies: {sets: [baseline], packages: [a]}\n"), 7, "spec.policies has packages and no path", "add the path of the folder that holds the packages", false},
		{"a path without packages", also("  policies: {path: policies}\n"), 7, "spec.policies has a path and neither packages nor sets", "add packages, as in packages: [canary], or sets that heed the data there", false},
		{"a package that is none", also("  policies: {path: a, packages: [a-b]}\n"), 7, "spec.policies.packages[0] is no Rego package: \"a-b\"", "write it as in the policy's package line, without data.", false},
		{"policies from elsewhere", also("  policies: {sets: [baseline], repo: https://example.com}\n"), 7, "spec.policies.repo is not for the repository to say that the policies judge", "name the repository where the agent is started, with --policies-repo, and for weir check a clone of it, with --policies", false},
		{"policies of a branch", also("  policies: {path: policies, packages: [canary], revision: main}\n"), 7, "spec.policies.revision is no id of a commit: \"main\"", "write the full id of a commit; a branch or a tag may come to mean another", false},
		{"a pin without a path", also("  policies: {sets: [baseline], revision: 0a1b2c3d4e5f0a1b2c3d4e5f0a1b2c3d4e5f0a1b}\n"), 7, "spec.policies.revision pins no rules, as there is no path", "leave it out; the sets come with weir itself", false},
		{"a required rule without a package", also("  policies: {path: policies, packages: [canary], required: [deny]}\n"), 7, "spec.policies.required[0] is no id of a rule: \"deny\"", "write its package and its name, as in canary.deny_first_step", false},
		{"approvals on no branch", also("  approvals: {branch: ops/}\n"), 7, "spec.approvals.branch is no name of a branch: \"ops/\"", branch, false},
		{"approvals on the status branch", also("  approvals: {branch: weir-status}\n"), 7, "spec.approvals.branch is weir-status, the status branch, which weir alone writes", "name another branch", true},
		{"no approvers", also("  approvals: {approvers: []}\n"), 7, "spec.approvals.approvers is an empty list", "name somebody, or leave the field out to let everybody approve who did not write the change", false},
		{"an approver without an address", also("  approvals: {approvers: [ann]}\n"), 7, "spec.approvals.approvers[0] is no mail address: \"ann\"", "write a mail address, as in ann@example.com, or @example.com for all of a domain", false},
		{"a pattern of approvers", also("  approvals: {approvers: ['*@example.com']}\n"), 7, "spec.approvals.approvers[0] is no mail address: \"*@example.com\"", "write a mail address, as in ann@example.com, or @example.com for all of a domain", false},
		{"an approver in two cases", also("  approvals: {approvers: [ann@example.com, Ann@Example.com]}\n"), 7, "spec.approvals.approvers[1] repeats \"ann@example.com\" of spec.approvals.approvers[0]", "keep one of them", true},
		{"an approver twice", also("  approvals: {approvers: [ann@example.com, ann@example.com]}\n"), 7, "spec.approvals.approvers[1] repeats \"ann@example.com\" of spec.approvals.approvers[0]", "keep one of them", false},
		{"fewer approvers than approvals", also("  approvals: {approvers: [ann@example.com]}\n  defaultPlan: {approvals: {required: 2}, steps: [{setWeight: 50, pause: {}}]}\n"), 6, "spec.environments[0] can never end a pause of the default plan, which requires 2 approvals, and approvers in weir.yaml names 1", "name more approvers, or require fewer approvals", true},
		{"signed approvals by nobody", also("  approvals: {identity: signature}\n"), 7, "spec.approvals.identity is signature, and there are no signers whose signatures could count", "add signers, or leave it at author", false},
		{"signers who need not sign", also("  approvals: {signers: [" + signer("") + "]}\n"), 7, "spec.approvals.signers count for nothing while identity is author", "add identity: signature, or leave the signers out", false},
		{"no signers", also("  approvals: {identity: signature, signers: []}\n"), 7, "spec.approvals.signers is an empty list", "name somebody's key, or leave the field out", false},
		{"a signer without a key", signed("\"ann@example.com\""), 7, "spec.approvals.signers[0] holds no public key", "write it as in an allowed signers file", false},
		{"a signer with a fingerprint", signed("\"ann@example.com SHA256:bEQPFk\""), 7, "spec.approvals.signers[0] holds no public key", "write it as in an allowed signers file", false},
		{"a blank signer", signed("\" \""), 7, "spec.approvals.signers[0] is blank", "write it as in an allowed signers file", true},
		{"a signer who is anybody", signed("\"*@example.com " + annsKey + "\""), 7, "spec.approvals.signers[0] names no mail address: \"*@example.com\"", "name one person a line", false},
		{"a signer who is two", signed("\"ann@example.com,bob@example.com " + annsKey + "\""), 7, "spec.approvals.signers[0] names no mail address: \"ann@example.com,bob@example.com\"", "name one person a line", false},
		{"a key that is cut", signed("\"ann@example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5\""), 7, "spec.approvals.signers[0] holds a public key that is not one of the kind ssh-ed25519", "copy the whole line of the .pub file", true},
		{"a key of another kind", signed("\"ann@example.com ssh-rsa " + strings.Fields(annsKey)[1] + "\""), 7, "spec.approvals.signers[0] holds a public key that is not one of the kind ssh-rsa", "copy the whole line of the .pub file", true},
		{"a key of two people", also("  approvals: {identity: signature, signers: [" + signer("") + ", \"bob@example.com " + annsKey + "\"]}\n"), 7, "spec.approvals.signers[1] repeats \"" + annsFingerprint + "\" of spec.approvals.signers[0]", "a key is one person's", true},
		{"an authority that signs keys", signed(signer("cert-authority")), 7, "spec.approvals.signers[0] names an authority, which weir does not follow", "name the keys themselves", true},
		{"a key for mails", signed(signer("namespaces=email")), 7, "spec.approvals.signers[0] is a key that does not sign commits: namespaces=email", "leave it out", true},
		{"a key until a time of somewhere", signed(signer("valid-before=20270101")), 7, "spec.approvals.signers[0] has no time that means the same everywhere: valid-before=20270101", "write it in UTC", true},
		{"a key that is never valid", signed(signer("valid-after=20270101Z,valid-before=20260101Z")), 7, "spec.approvals.signers[0] is a key that is never valid", "swap valid-after and valid-before", true},
		{"a signer's unknown option", signed(signer("verify-required")), 7, "spec.approvals.signers[0] has an option that is not known: verify-required", "write it as in an allowed signers file", true},
		{"fewer signers than approvals", also("  approvals: {identity: signature, signers: [" + signer("") + "]}\n  defaultPlan: {approvals: {required: 2}, steps: [{setWeight: 50, pause: {}}]}\n"), 6, "spec.environments[0] can never end a pause of the default plan, which requires 2 approvals, and signers in weir.yaml names 1", "name more approvers, or require fewer approvals", true},
		{"approvers who are no signers", also("  approvals: {identity: signature, approvers: [bob@example.com], signers: [" + signer("") + "]}\n"), 6, "spec.environments[0] can never end a pause of the default plan, which requires 1 approval, and approvers that are signers too in weir.yaml names 0", "name more approvers, or require fewer approvals", true},
		{"approvals outside", also("  approvals: {path: /a}\n"), 7, "spec.approvals.path is no clean path inside the repository: \"/a\"", clean, false},
		{"a journal without a branch", also("  journal: {branch: \"\"}\n"), 7, "spec.journal.branch is no name of a branch: \"\"", branch, false},
		{"a journal branch like an option", also("  journal: {branch: --upload-pack=x}\n"), 7, "spec.journal.branch is no name of a branch: \"--upload-pack=x\"", branch, false},
		{"a journal branch that climbs", also("  journal: {branch: a/../b}\n"), 7, "spec.journal.branch is no name of a branch: \"a/../b\"", branch, false},
		{"a journal branch that is locked", also("  journal: {branch: a.lock}\n"), 7, "spec.journal.branch is no name of a branch: \"a.lock\"", branch, false},
		{"a journal as it likes", also("  journal: {mode: besteffort}\n"), 7, "spec.journal.mode must be required, not \"besteffort\"", "", false},
		{"a journal that may fail", also("  journal: {mode: bestEffort}\n"), 7, "spec.journal.mode is bestEffort, which this version of weir does not support yet", "use required", false},
		{"a default plan with targets", also("  defaultPlan: {targets: [], steps: [{setWeight: 5}]}\n"), 7, "spec.defaultPlan.targets is not a known field", "known here: ", false},
		{"a default plan without steps", also("  defaultPlan: {suspend: true}\n"), 7, "spec.defaultPlan has no steps", "add steps, or stepWeight and interval", false},
		{"a default plan that goes down", also("  defaultPlan:\n    steps:\n    - {setWeight: 50}\n    - {setWeight: 40}\n"), 10, "spec.defaultPlan.steps[1].setWeight goes down to 40 from 50 of spec.defaultPlan.steps[0].setWeight", "each step must set a higher weight than the one before it; to take traffic back, revert the change in Git", true},
		{"a default plan with a typo", also("  defaultPlan: {steps: [{setWeight: 5, puase: {}}]}\n"), 7, "spec.defaultPlan.steps[0].puase is not a known field", "did you mean pause?", false},
	}, wrongFreezes()...)
}

func TestAWrongDeliverySaysWhereWhatAndTheWayOut(t *testing.T) {
	for _, w := range wrongDeliveries() {
		t.Run(w.name, func(t *testing.T) {
			d, problems := spec.DecodeDelivery([]byte(w.text), "weir.yaml")
			require.Len(t, problems, 1, problems.Error())
			assert.Equal(t, at(w.line), problems[0].Position)
			assert.Equal(t, w.message, problems[0].Message)
			assert.Contains(t, problems[0].Hint, w.hint)
			assert.Zero(t, d)
		})
	}
}
