package kube

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

func TestHintsThatNobodyTakesAreHeldOnceEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChanges()
		for i := range 10_000 {
			o := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: "n" + strconv.Itoa(i%3), Name: "o" + strconv.Itoa(i)}}
			c.add(pod, nil, o) // waits for nobody, or the bubble would end in a deadlock
		}
		go c.run(t.Context())
		var told []agent.Change
		for range 3 {
			told = append(told, <-c.out)
		}
		assert.Equal(t, []agent.Change{
			{Ref: rollout.Ref{Namespace: "n0"}}, {Ref: rollout.Ref{Namespace: "n1"}}, {Ref: rollout.Ref{Namespace: "n2"}},
		}, told)
		synctest.Wait()
		assert.Empty(t, c.waiting)
	})
}

func TestAPodThatOnlyReportsItsStatusIsNoChange(t *testing.T) {
	c := newChanges()
	pod1 := func(version, label string) *metav1.PartialObjectMetadata {
		return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: "n", ResourceVersion: version, Labels: map[string]string{"version": label}}}
	}
	c.add(pod, pod1("1", "v1"), pod1("2", "v1"))
	assert.Empty(t, c.waiting)
	c.add(pod, pod1("2", "v1"), pod1("3", "v2"))
	assert.Len(t, c.waiting, 1)
}

func TestMessagesAreCutBetweenLetters(t *testing.T) {
	for n := range 5 {
		got := clipped(strings.Repeat("x", n)+strings.Repeat("€", 1000), maxMessage)
		assert.LessOrEqual(t, len(got), maxMessage)
		assert.True(t, utf8.ValidString(got))
		assert.True(t, strings.HasSuffix(got, "…"))
	}
	assert.Equal(t, "short", clipped("short", maxMessage))
}

func TestAStateThatIsTooLargeSaysWhatIs(t *testing.T) {
	s := rollout.State{Cluster: "c"}
	for i := range 200 {
		s.Member.Stable = append(s.Member.Stable, rollout.Route{Key: "http:" + strconv.Itoa(i), Label: "x"})
	}
	_, err := encode(s)
	require.ErrorContains(t, err, "4096")
	assert.Regexp(t, `stable \d{4,}`, err.Error())
	assert.Regexp(t, `previous \d\b`, err.Error())
}

// A rollback is not refused for what somebody had to say about it.
func TestALongReasonIsCutBeforeAStateIsRefused(t *testing.T) {
	for _, letter := range []string{"x", "€", "<", "\x00", "\xff"} {
		s := rollout.State{
			Cluster: "c", Name: rollout.Name{Environment: "production", Namespace: "bookinfo", Plan: "reviews"},
			Journey: rollout.Journey{ID: "0123456789ab", Seq: 7, Step: -1, Phase: rollout.Degraded, Authors: []string{"Ann <ann@example.com>"}},
			Member:  rollout.Member{Stable: rollout.Routes{{Key: "http:primary", Protocol: rollout.HTTP, Label: "primary"}}, Rest: "r"},
			Outbox:  []rollout.Record{{Path: "decisions/a.json", Data: []byte("{}")}},
		}
		short, err := encode(s)
		require.NoError(t, err)
		s.Journey.Reason = rollout.Reason{Code: rollout.WebhookBack, Sentence: "went back: " + strings.Repeat(letter, 10_000)}
		long, err := encode(s)
		require.NoError(t, err, "%q", letter)
		assert.Len(t, s.Journey.Reason.Sentence, len("went back: ")+10_000*len(letter), "the caller keeps its own")
		want, err := decode(short)
		require.NoError(t, err)
		got, err := decode(long)
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(got.Journey.Reason.Sentence, "went back: "), "as much as there is room for")
		assert.True(t, strings.HasSuffix(got.Journey.Reason.Sentence, "…"))
		assert.Equal(t, rollout.WebhookBack, got.Journey.Reason.Code)
		got.Journey.Reason = rollout.Reason{}
		assert.Equal(t, want, got, "all that decides is there")
	}
}

func TestValuesAreTakenOutOfErrors(t *testing.T) {
	cause := errors.New(".spec.http[0].headers.request.set.x-api-key: expected string, got &value.valueUnstructured{Value:map[string]interface {}{\"a\":918273645}}\nand more")
	err := withoutValues(cause)
	assert.EqualError(t, err, ".spec.http[0].headers.request.set.x-api-key: expected string, got another kind of value\nand more")
	assert.ErrorIs(t, err, cause)
	same := errors.New("dial tcp: connection refused")
	assert.Equal(t, same, withoutValues(same))
}

// An elector that could not renew its lease gives it up by what it knew before it asks;
// another may lead meanwhile.
func TestNobodyGivesUpALeaseThatAnotherHas(t *testing.T) {
	lease := &heldBy{holder: "ben"}
	w := &watched{Interface: lease, renewing: func() func(error) { return func(error) {} }, seen: func(string) {}}
	for holder, updates := range map[string]int{"ben": 0, "ada": 1} {
		lease.holder, lease.updates = holder, 0
		_, _, err := w.Get(t.Context())
		require.NoError(t, err)
		err = w.Update(t.Context(), resourcelock.LeaderElectionRecord{})
		assert.Equal(t, holder == "ben", err != nil, err)
		assert.Equal(t, updates, lease.updates, holder)
	}
}

// heldBy is a lock as ada sees it.
type heldBy struct {
	resourcelock.Interface
	holder  string
	updates int
}

func (h *heldBy) Identity() string { return "ada" }
func (h *heldBy) Get(context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	return &resourcelock.LeaderElectionRecord{HolderIdentity: h.holder}, nil, nil
}
func (h *heldBy) Update(context.Context, resourcelock.LeaderElectionRecord) error {
	h.updates++
	return nil
}

func FuzzWhatIsReadOfAnAnnotationIsAStateOrAnError(f *testing.F) {
	f.Add(`{"cluster":"c","name":{"environment":"e","namespace":"n","plan":"p"},"journey":{"step":0,"phase":"Healthy"},"member":{"stable":null,"rest":""}}`)
	for _, s := range []string{"", "{", "null", "[]", "1", `{"cluster":1}`, `{"journey":{"since":"never"}}`, "{\"cluster\":\"\xff\"}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, annotation string) {
		object := &unstructured.Unstructured{Object: map[string]any{
			"kind": virtualService, "metadata": map[string]any{"annotations": map[string]any{Annotation: annotation}},
		}}
		live := liveOf(object)
		require.Equal(t, live.State == nil, live.Damaged != "")
		if live.State != nil && json.Valid([]byte(annotation)) {
			assert.NotEmpty(t, live.State.Cluster)
		}
	})
}

func FuzzManagedFieldsNeverSpoilAnObject(f *testing.F) {
	f.Add(`{"f:spec":{"f:http":{}},"f:metadata":{"f:labels":{".":{},"f:a":{}}}}`)
	for _, s := range []string{"", "{}", "null", `{"f:spec":null}`, `{"k:{\"a\":1}":{}}`, `{"v:1":{},"i:0":{}}`, `{"f:":{}}`, `{".":{}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, fields string) {
		object := &unstructured.Unstructured{Object: map[string]any{
			"kind": virtualService, "apiVersion": "networking.istio.io/v1",
			"metadata": map[string]any{"name": "n", "namespace": "ns", "labels": map[string]any{"a": "b"}, "annotations": map[string]any{Annotation: `{"cluster":"c"}`}},
			"spec":     map[string]any{"http": []any{map[string]any{"name": "r"}}, "hosts": []any{"h"}},
		}}
		raw := &metav1.FieldsV1{}
		raw.SetRawBytes([]byte(fields))
		object.SetManagedFields([]metav1.ManagedFieldsEntry{
			{Manager: Manager, Operation: metav1.ManagedFieldsOperationApply, FieldsType: "FieldsV1", FieldsV1: raw},
			{Manager: "other", Operation: metav1.ManagedFieldsOperationUpdate, FieldsType: "FieldsV1", FieldsV1: raw},
		})
		live := liveOf(object)
		spec, _ := live.Ours["spec"].(map[string]any)
		for name, value := range spec {
			assert.Equal(t, object.Object["spec"].(map[string]any)[name], value)
		}
	})
}
