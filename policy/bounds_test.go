package policy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/policy"
)

func TestTooMuchIsCutAndMarked(t *testing.T) {
	d := asked(t, policy.Step, `deny contains sprintf("%d%d%d", [a, b, c]) if {
	some a in [1, 2, 3, 4, 5, 6, 7, 8, 9]; some b in [1, 2, 3, 4, 5, 6, 7, 8, 9]; some c in [1, 2, 3, 4, 5, 6, 7, 8, 9] }

warn contains "warned" if true`)
	assert.Len(t, d.Findings, 500)
	assert.Equal(t, 230, d.Dropped)
	assert.Equal(t, "111 (and 499 more)", d.Answer().Why)

	long := asked(t, policy.Step, fmt.Sprintf(`deny contains {"msg": %q, "fix": %q, "details": {"x": %q}} if true`,
		strings.Repeat("é", 3000), strings.Repeat("y", 5000), strings.Repeat("z", 20000)))
	f := long.Findings[0]
	assert.LessOrEqual(t, len(f.Message), 4096)
	assert.True(t, strings.HasSuffix(f.Message, "é ... (cut)"))
	assert.True(t, strings.HasSuffix(f.Fix, "y ... (cut)"))
	assert.Equal(t, map[string]any{"cut": true}, f.Details)
}

// endless asks for ten to the tenth combinations, keeping none or all of them.
func endless(keep string) string {
	digits := "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"
	var body []string
	for _, v := range strings.Split("abcdefghij", "") {
		body = append(body, fmt.Sprintf("some %s in %s", v, digits))
	}
	return fmt.Sprintf("deny contains sprintf(\"%%v\", [all]) if all := [%s | %s; a + b + c + d + e + f + g + h + i + j > 1]", keep, strings.Join(body, "; "))
}

func TestAPolicyWithoutEndIsCutOff(t *testing.T) {
	for name, rules := range map[string]string{
		"one that loops":     strings.Replace(endless("a"), "> 1]", "> 1000]", 1),
		"one that allocates": endless("[a, b, c, d, e, f, g, h, i, j]"),
	} {
		t.Run(name, func(t *testing.T) {
			set := load(t, own(), "p.rego", "package canary\n\n"+rules+"\n")
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer cancel()
			d := set.Review(ctx, question(t, policy.Step))
			assert.Equal(t, policy.Error, d.Verdict)
			assert.Contains(t, d.Problem, "policies/p.rego:3: canary.deny did not end in time")
		})
	}
}

func TestTheDeadlineIsOursWhereTheContextHasNone(t *testing.T) {
	set := load(t, own(), "p.rego", "package canary\n\n"+strings.Replace(endless("a"), "> 1]", "> 1000]", 1)+"\n")
	done := make(chan policy.Decision, 1)
	go func() { done <- set.Review(context.Background(), question(t, policy.Step)) }()
	select {
	case d := <-done:
		assert.Contains(t, d.Problem, "did not end in time, which is 1s at most")
	case <-time.After(20 * time.Second):
		t.Fatal("the review has no end")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	assert.Contains(t, set.Review(ctx, question(t, policy.Step)).Problem, "the review was cancelled")
}

func TestTheSameQuestionHasTheSameAnswerByteForByte(t *testing.T) {
	files := []string{"p.rego", `package canary

deny contains {"msg": m, "details": {"x": {"b": 1, "a": [2, 3]}}} if some m in ["c", "a", "b", sprintf("%v", [time.now_ns()])]

warn_b contains "b" if true

warn_a contains input.time.weekday if true
`}
	set := load(t, policy.Config{Path: "policies", Sets: []string{policy.Baseline}}, files...)
	q := question(t, policy.Step)
	first := encoded(t, set.Review(context.Background(), q))
	assert.Contains(t, string(first), fmt.Sprint(now.UnixNano()), "time.now_ns is the time of the decision")
	var said []string
	for _, f := range set.Review(context.Background(), q).Findings {
		said = append(said, f.Message)
	}
	assert.Equal(t, []string{fmt.Sprint(now.UnixNano()), "a", "b", "c", "Monday", "b"}, said, "by level, rule and member")
	for range 20 {
		assert.Equal(t, string(first), string(encoded(t, set.Review(context.Background(), q))))
	}
	again := load(t, policy.Config{Path: "policies", Sets: []string{policy.Baseline}}, files...)
	var replayed policy.Question
	require.NoError(t, json.Unmarshal(encoded(t, q), &replayed))
	assert.Equal(t, string(first), string(encoded(t, again.Review(context.Background(), replayed))), "from the recorded input")
}

func encoded(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return data
}

func TestAFindingIsTheOneOfACheckReport(t *testing.T) {
	d := asked(t, policy.Step, `deny contains "no" if true`)
	assert.JSONEq(t, `{"rule":"canary.deny","level":"deny","message":"no","file":"overlays/production/plan.yaml","line":1,
		"environment":"production","target":{"kind":"VirtualService","namespace":"bookinfo","name":"reviews"},
		"rollout":"0123456789ab","step":1,"transient":false,"waiver":null}`, string(encoded(t, d.Findings[0])))
	allowed := asked(t, policy.Step, `deny contains "no" if false`)
	assert.Contains(t, string(encoded(t, allowed)), `"verdict":"allow","findings":[]`)
}

func TestReviewsMayRunTogether(t *testing.T) {
	set := load(t, policy.Config{Path: "policies", Sets: []string{policy.Baseline}}, "p.rego", good)
	want := encoded(t, set.Review(context.Background(), question(t, policy.Step)))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				if got := encoded(t, set.Review(context.Background(), question(t, policy.Step))); !bytes.Equal(want, got) {
					t.Errorf("another answer: %s", got)
				}
			}
		})
	}
	all.Wait()
}
