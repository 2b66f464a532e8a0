package kube

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/weir-delivery/weir/rollout"
)

// IntentAnnotation on a VirtualService is what people ask for without a commit:
// a JSON list of rollout.Intent.
const IntentAnnotation = "weir.dev/intent"

// Unheard is the reason of the event about an IntentAnnotation that cannot be
// read.
const Unheard rollout.Code = "Unheard"

// askedOf reads what people ask for on the VirtualService itself. Whatever it
// says of where it came from, it came this way. One that cannot be read asks
// for nothing, whole, and holds nothing up.
func askedOf(object *unstructured.Unstructured) ([]rollout.Intent, error) {
	annotation, ok := object.GetAnnotations()[IntentAnnotation]
	if !ok {
		return nil, nil
	}
	var asked []rollout.Intent
	if err := json.Unmarshal([]byte(annotation), &asked); err != nil {
		return nil, fmt.Errorf("reading annotation %s: %w", IntentAnnotation, err)
	}
	for i := range asked {
		asked[i].Now = true
	}
	return asked, nil
}

// heard tells people once of an annotation that cannot be read.
func (c *Cluster) heard(old, object any) {
	now, ok := object.(*unstructured.Unstructured)
	if !ok {
		return
	}
	if was, ok := old.(*unstructured.Unstructured); ok && was.GetAnnotations()[IntentAnnotation] == now.GetAnnotations()[IntentAnnotation] {
		return
	}
	if _, err := askedOf(now); err != nil {
		c.Tell(refOf(now), string(now.GetUID()), Unheard, true, err.Error()+"; it asks for nothing until it is a JSON list of intents")
	}
}
