package kube

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/cache"

	"github.com/weir-delivery/weir/rollout"
)

// PauseAnnotation on the agent's own namespace stops the line: whatever it says
// is who did it and why.
const PauseAnnotation = "weir.dev/pause"

// unsigned is who stopped the line when the annotation says nothing.
const unsigned = "somebody who left no word"

// line is the agent's own namespace object, on which people stop the line.
type line struct {
	feed      *feed
	namespace string
}

// newLine watches just this one namespace object; without a name there is none,
// and nobody can stop the line by it.
func newLine(meta metadata.Interface, namespace string, out *changes) (*line, error) {
	if namespace == "" {
		return nil, nil
	}
	l := &line{&feed{back: out.everything}, namespace}
	object := named{meta.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}), namespace}
	l.feed.informer = informer(meta, object, &metav1.PartialObjectMetadata{}, l.feed.asked)
	return l, l.feed.follow(func(old, object any) {
		if word(old) != word(object) {
			out.everything()
		}
	})
}

// named is the one object with the name.
type named struct {
	resource metadata.Getter
	name     string
}

func (n named) only(o metav1.ListOptions) metav1.ListOptions {
	o.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, n.name).String()
	return o
}

// List is lister's.
func (n named) List(ctx context.Context, o metav1.ListOptions) (*metav1.PartialObjectMetadataList, error) {
	return n.resource.List(ctx, n.only(o))
}

// Watch is lister's.
func (n named) Watch(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	return n.resource.Watch(ctx, n.only(o))
}

// word is what a namespace object says of who stopped the line.
func word(object any) string {
	o, ok := object.(*metav1.PartialObjectMetadata)
	if !ok {
		return ""
	}
	said, stopped := o.Annotations[PauseAnnotation]
	if !stopped {
		return ""
	}
	return cmp.Or(strings.TrimSpace(said), unsigned)
}

// Stopped is agent.Cluster's. While the namespace cannot be read for some seconds, somebody
// may have stopped the line and not be heard, so that it is stopped.
func (c *Cluster) Stopped() string {
	if c.line == nil {
		return ""
	}
	object, _, _ := c.line.feed.informer.GetIndexer().GetByKey(cache.NewObjectName("", c.line.namespace).String())
	said := word(object)
	if said == "" && c.line.feed.blind() {
		return fmt.Sprintf("nobody can tell whether it may go on while namespace %s cannot be read; see that the agent may list and watch it", c.line.namespace)
	}
	return said
}

// everything tells that a change concerns every rollout.
func (c *changes) everything() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hold(rollout.Ref{})
}

// serviceAccount is where a pod finds who it is.
const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount"

// OwnNamespace is that of the pod that this runs in: what the environment
// variable POD_NAMESPACE says, else its service account; empty in no pod.
func OwnNamespace() string {
	if given := os.Getenv("POD_NAMESPACE"); given != "" {
		return given
	}
	data, err := os.ReadFile(filepath.Join(serviceAccount, "namespace"))
	if err != nil {
		return "" // no pod, or one without the account's files, which cannot log in either
	}
	return strings.TrimSpace(string(data))
}
