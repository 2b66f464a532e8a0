package kube

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/record"

	"github.com/weir-delivery/weir/rollout"
)

// events writes Kubernetes Events through client-go's recorder, which queues,
// merges and limits them.
type events struct {
	recorder record.EventRecorder
}

func newEvents(ctx context.Context, client dynamic.Interface) *events {
	broadcaster := record.NewBroadcaster(record.WithContext(ctx))
	broadcaster.StartRecordingToSink(&sink{ctx, client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "events"})})
	return &events{broadcaster.NewRecorder(runtime.NewScheme(), corev1.EventSource{Component: Manager})}
}

// Tell is agent.Cluster's. It never waits; an event that cannot be written is
// tried again for a while and then dropped.
func (c *Cluster) Tell(ref rollout.Ref, uid string, code rollout.Code, warning bool, sentence string) {
	kind := corev1.EventTypeNormal
	if warning {
		kind = corev1.EventTypeWarning
	}
	c.events.recorder.Event(&corev1.ObjectReference{
		APIVersion: istioGroup + "/v1", Kind: virtualService,
		Namespace: ref.Namespace, Name: ref.Name, UID: types.UID(uid),
	}, kind, string(code), clipped(sentence, maxMessage))
}

// maxMessage is how long an event's message may be, in bytes.
const maxMessage = 1024

// more stands for what is left out at the end of a sentence.
const more = "…"

// clipped cuts a sentence to at most so many bytes, between two letters; of one that
// has no room for any, more is left.
func clipped(s string, most int) string {
	if len(s) <= most {
		return s
	}
	end := 0
	for i := range s {
		if i > most-len(more) {
			break
		}
		end = i
	}
	return s[:end] + more
}

// sink is the recorder's way to the API server. The recorder's interface has no
// context, so it keeps the one that ends it.
type sink struct {
	ctx    context.Context //nolint:containedctx // see above
	events dynamic.NamespaceableResourceInterface
}

// Create is record.EventSink's.
func (s *sink) Create(event *corev1.Event) (*corev1.Event, error) {
	ctx, cancel := context.WithTimeout(s.ctx, deadline)
	defer cancel()
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(event)
	if err != nil {
		return nil, fmt.Errorf("encoding an event: %w", err)
	}
	body := &unstructured.Unstructured{Object: object}
	body.SetAPIVersion("v1")
	body.SetKind("Event")
	return eventOf(s.events.Namespace(event.Namespace).Create(ctx, body, metav1.CreateOptions{FieldManager: Manager}))
}

// Update is record.EventSink's; the recorder itself only creates and patches.
func (s *sink) Update(event *corev1.Event) (*corev1.Event, error) {
	return nil, fmt.Errorf("updating event %s/%s: weir only creates and patches events", event.Namespace, event.Name)
}

// Patch is record.EventSink's.
func (s *sink) Patch(event *corev1.Event, data []byte) (*corev1.Event, error) {
	ctx, cancel := context.WithTimeout(s.ctx, deadline)
	defer cancel()
	return eventOf(s.events.Namespace(event.Namespace).
		Patch(ctx, event.Name, types.StrategicMergePatchType, data, metav1.PatchOptions{FieldManager: Manager}))
}

func eventOf(object *unstructured.Unstructured, err error) (*corev1.Event, error) {
	if err != nil {
		return nil, err
	}
	event := &corev1.Event{}
	return event, runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, event)
}
