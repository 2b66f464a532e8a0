package kube

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/cache"

	"github.com/weir-delivery/weir/rollout"
)

// The kinds that the agent reads.
const (
	virtualService  = "VirtualService"
	destinationRule = "DestinationRule"
	service         = "Service"
	endpointSlice   = "EndpointSlice"
	pod             = "Pod"
	serviceEntry    = "ServiceEntry"
	workloadEntry   = "WorkloadEntry"
)

// resources is where the API server has each kind. It is never changed.
var resources = map[string]schema.GroupVersionResource{
	virtualService:  {Group: "networking.istio.io", Version: "v1", Resource: "virtualservices"},
	destinationRule: {Group: "networking.istio.io", Version: "v1", Resource: "destinationrules"},
	"Gateway":       {Group: "networking.istio.io", Version: "v1", Resource: "gateways"},
	serviceEntry:    {Group: "networking.istio.io", Version: "v1", Resource: "serviceentries"},
	workloadEntry:   {Group: "networking.istio.io", Version: "v1", Resource: "workloadentries"},
	service:         {Version: "v1", Resource: "services"},
	endpointSlice:   {Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices"},
	pod:             {Version: "v1", Resource: "pods"},
}

// Indexes of the caches.
const (
	byOwned   = "owned"   // VirtualServices with our annotation, under ""
	byService = "service" // EndpointSlices by namespace/service
	byHost    = "host"    // ServiceEntries by each of their hosts
)

// store is the cache of one kind. On top of it lie our own writes that it has
// not caught up with, so that nobody reads what was before them.
type store struct {
	kind     string
	resource schema.GroupVersionResource
	feeds    map[string]*feed // by namespace; "" for all of them

	mu      sync.Mutex
	written map[rollout.Ref]write
}

// feed is one informer of a store.
type feed struct {
	informer cache.SharedIndexInformer
	synced   cache.DoneChecker

	mu     sync.Mutex
	err    error // why it could not be read last time
	failed int   // how many times in a row
	back   func()
}

// patience is how many requests for a cache may fail in a row, which takes some seconds,
// until it is told that nobody knows what it holds.
const patience = 3

func newStores(client dynamic.Interface, meta metadata.Interface, namespaces []string, tell func(kind string, old, object any), back func()) (map[string]*store, error) {
	if len(namespaces) == 0 {
		namespaces = []string{metav1.NamespaceAll}
	}
	stores := map[string]*store{}
	for kind, resource := range resources {
		s := &store{kind: kind, resource: resource, feeds: map[string]*feed{}, written: map[rollout.Ref]write{}}
		for _, namespace := range namespaces {
			f := &feed{back: back}
			if kind == pod { // only their labels matter
				f.informer = informer(meta, meta.Resource(resource).Namespace(namespace), &metav1.PartialObjectMetadata{}, f.asked)
			} else {
				f.informer = informer(client, client.Resource(resource).Namespace(namespace), &unstructured.Unstructured{}, f.asked)
			}
			if err := s.attach(f, tell); err != nil {
				return nil, fmt.Errorf("%s: %w", resource.Resource, err)
			}
			s.feeds[namespace] = f
		}
		stores[kind] = s
	}
	return stores, nil
}

// lister is what the dynamic and the metadata client have in common.
type lister[L runtime.Object] interface {
	List(ctx context.Context, options metav1.ListOptions) (L, error)
	Watch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error)
}

// informer makes an informer that says how each of its requests went.
func informer[L runtime.Object](client any, resource lister[L], example runtime.Object, asked func(error)) cache.SharedIndexInformer {
	source := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			list, err := resource.List(ctx, o)
			asked(err)
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			w, err := resource.Watch(ctx, o)
			asked(err)
			return w, err
		},
	}
	return cache.NewSharedIndexInformerWithOptions(cache.ToListWatcherWithWatchListSemantics(source, client), example,
		cache.SharedIndexInformerOptions{Indexers: cache.Indexers{
			cache.NamespaceIndex: cache.MetaNamespaceIndexFunc, byOwned: owned, byService: services, byHost: hosts,
		}})
}

// attach has the feed tell of what it learns.
func (s *store) attach(f *feed, tell func(kind string, old, object any)) error {
	if err := f.informer.SetTransform(slim); err != nil {
		return err
	}
	return f.follow(func(old, object any) {
		if object == nil {
			s.deleted(old)
		}
		tell(s.kind, old, object)
	})
}

// follow has each change told: of an object that came (old is nil), changed or
// went (object is nil).
func (f *feed) follow(tell func(old, object any)) error {
	quiet := func(context.Context, *cache.Reflector, error) {} // asked has heard it
	if err := f.informer.SetWatchErrorHandlerWithContext(quiet); err != nil {
		return err
	}
	handler, err := f.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { tell(nil, object) },
		UpdateFunc: tell,
		DeleteFunc: func(object any) {
			if last, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = last.Obj
			}
			tell(object, nil)
		},
	})
	if err == nil {
		f.synced = handler.HasSyncedChecker()
	}
	return err
}

// asked notes how the last request to fill the cache went, and tells when it is seen
// again: perhaps nothing has changed meanwhile, and nobody would look.
func (f *feed) asked(err error) {
	f.mu.Lock()
	blind := f.failed >= patience
	if f.err = err; err == nil {
		f.failed = 0
	} else {
		f.failed++
	}
	f.mu.Unlock()
	if blind && err == nil && f.back != nil {
		f.back()
	}
}

// blind tells whether the cache has not been kept up for a while.
func (f *feed) blind() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed >= patience
}

// trouble is why the last request to fill the cache failed; nil if it did not.
func (f *feed) trouble() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// feed is the informer that has the namespace's objects; nil when none does.
func (s *store) feed(namespace string) *feed {
	if f, ok := s.feeds[metav1.NamespaceAll]; ok {
		return f
	}
	return s.feeds[namespace]
}

// newest is the newest resourceVersion of the kind that the informer of the namespace has
// heard of, lists and bookmarks included; "" when there is none.
func (s *store) newest(namespace string) string {
	if f := s.feed(namespace); f != nil {
		return f.informer.GetIndexer().LastStoreSyncResourceVersion()
	}
	return ""
}

// cached is an object as the informer has it, and nil when it has none.
func (s *store) cached(ref rollout.Ref) any {
	f := s.feed(ref.Namespace)
	if f == nil {
		return nil
	}
	object, _, _ := f.informer.GetIndexer().GetByKey(ref.String())
	return object
}

// list returns the cached objects with the value in the index, of all
// namespaces that are watched.
func (s *store) list(index, value string) []any {
	var out []any
	for _, f := range s.feeds {
		found, _ := f.informer.GetIndexer().ByIndex(index, value)
		out = append(out, found...)
	}
	return out
}

func refOf(o metav1.Object) rollout.Ref {
	return rollout.Ref{Namespace: o.GetNamespace(), Name: o.GetName()}
}

func owned(object any) ([]string, error) {
	if u, ok := object.(*unstructured.Unstructured); ok && u.GetAnnotations()[Annotation] != "" {
		return []string{""}, nil
	}
	return nil, nil
}

func services(object any) ([]string, error) {
	if slice, ok := object.(*discoveryv1.EndpointSlice); ok {
		return []string{slice.Namespace + "/" + slice.Labels[discoveryv1.LabelServiceName]}, nil
	}
	return nil, nil
}

func hosts(object any) ([]string, error) {
	u, ok := object.(*unstructured.Unstructured)
	if !ok || u.GetKind() != serviceEntry {
		return nil, nil
	}
	out, _, _ := unstructured.NestedStringSlice(u.Object, "spec", "hosts")
	return out, nil
}

// slim keeps of endpoints, services, pods and workloads what is read of them. Istio's
// other objects stay whole.
func slim(object any) (any, error) {
	switch o := object.(type) {
	case *metav1.PartialObjectMetadata:
		o.ManagedFields, o.Annotations, o.OwnerReferences, o.Finalizers = nil, nil, nil, nil
	case *unstructured.Unstructured:
		switch o.GetKind() {
		case endpointSlice:
			slice := &discoveryv1.EndpointSlice{}
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, slice); err != nil {
				return nil, fmt.Errorf("reading EndpointSlice %s: %w", refOf(o), err)
			}
			slice.ManagedFields, slice.Annotations = nil, nil
			return slice, nil
		case service:
			whole := &corev1.Service{}
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, whole); err != nil {
				return nil, fmt.Errorf("reading Service %s: %w", refOf(o), err)
			}
			return &corev1.Service{ObjectMeta: metav1.ObjectMeta{
				Namespace: whole.Namespace, Name: whole.Name, UID: whole.UID, ResourceVersion: whole.ResourceVersion,
			}, Spec: corev1.ServiceSpec{Type: whole.Spec.Type, Selector: whole.Spec.Selector}}, nil
		case workloadEntry:
			return workloadOf(o), nil
		}
	}
	return object, nil
}
