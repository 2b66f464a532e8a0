package kube

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"

	"github.com/weir-delivery/weir/rollout"
)

// write is the answer to our last write of an object; object is nil where that
// removed the object.
type write struct {
	uid     types.UID
	version string
	object  *unstructured.Unstructured
}

// get is the newest that is known of an object, which nobody may change; nil
// when it does not exist.
func (s *store) get(ref rollout.Ref) *unstructured.Unstructured {
	s.mu.Lock()
	defer s.mu.Unlock()
	newest := s.newest(ref.Namespace) // before the cache is asked, which has all of it then
	cached, _ := s.cached(ref).(*unstructured.Unstructured)
	w, ok := s.written[ref]
	if ok && !w.superseded(cached, newest) {
		return w.object
	}
	delete(s.written, ref)
	return cached
}

// superseded tells whether the cache holds what followed the write: a newer
// version, or, where it has no such object, anything of the kind that is newer, which
// the API server tells of in order. Of a removal it holds that when it has no such
// object any more, or one that only waits for its finalizers. For as long as the write
// is the newest version its answer is what counts: for a second after a definition got
// a new field, the API server's old watches tell of objects without it.
func (w write) superseded(cached *unstructured.Unstructured, newest string) bool {
	switch {
	case w.object == nil:
		return cached == nil || cached.GetUID() != w.uid || cached.GetResourceVersion() != w.version && reached(cached.GetResourceVersion(), w.version)
	case cached == nil:
		return reached(newest, w.version)
	}
	return cached.GetResourceVersion() != w.version && reached(cached.GetResourceVersion(), w.version)
}

// keep remembers the answer to a write until the cache has it.
func (s *store) keep(ref rollout.Ref, w write) {
	s.mu.Lock()
	defer s.mu.Unlock()
	have, ok := s.written[ref]
	later := ok && w.object != nil && reached(have.version, w.version) // of two at once, the second answer came first
	if s.feed(ref.Namespace) != nil && !later {
		s.written[ref] = w
	}
}

// forget drops a remembered write that the API server has contradicted.
func (s *store) forget(ref rollout.Ref) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.written, ref)
}

// deleted drops the remembered write of an object that is gone.
func (s *store) deleted(object any) {
	o, ok := object.(metav1.Object)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ref := refOf(o)
	if s.written[ref].uid == o.GetUID() {
		delete(s.written, ref)
	}
}

// reached tells whether a is as new a resourceVersion as b.
func reached(a, b string) bool {
	if a == "" {
		return false
	}
	order, err := resourceversion.CompareResourceVersion(a, b)
	return err == nil && order >= 0
}
