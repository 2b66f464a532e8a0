package agenttest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/rollout"
)

// NewWitness begins to watch. The admin's connection should have nothing in its way.
func NewWitness(t *testing.T, admin *rest.Config, namespace string, git *GitServer, repo string) *Witness {
	t.Helper()
	w := &Witness{
		t: t, git: git, repo: repo, namespace: namespace, versions: map[string][]Version{}, wanted: map[string]map[string]any{},
		pushed: map[rollout.Digest]audit.Entry{}, moved: map[string]string{}, news: make(chan struct{}), leave: func() {},
	}
	w.watch(admin)
	git.Before(w.serve)
	git.After(w.served)
	t.Cleanup(func() { w.leave() })
	return w
}

// Follow has the witness watch another API server from now on: the cluster was
// made anew, and what was in the one before is gone with it.
func (w *Witness) Follow(admin *rest.Config) {
	w.t.Helper()
	w.leave()
	w.mu.Lock()
	for name := range w.versions {
		w.versions[name] = append(w.versions[name], Version{})
	}
	w.mu.Unlock()
	w.watch(admin)
}

// watch sees all that the API server stores from now on, until leave.
func (w *Witness) watch(admin *rest.Config) {
	w.t.Helper()
	client, err := dynamic.NewForConfig(admin)
	require.NoError(w.t, err)
	services := client.Resource(schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1", Resource: "virtualservices"}).Namespace(w.namespace)
	ctx, stop := context.WithCancel(context.WithoutCancel(w.t.Context()))
	events, err := services.Watch(ctx, metav1.ListOptions{})
	require.NoError(w.t, err)
	w.mu.Lock()
	w.services = services
	w.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for e := range events.ResultChan() {
			if ctx.Err() == nil { // else it says that it ends
				w.see(e)
			}
		}
		if ctx.Err() == nil {
			w.breaks("the watch ended")
		}
	}()
	w.leave = func() {
		stop()
		<-done
	}
}

// see takes one event of the watch.
func (w *Witness) see(e watch.Event) {
	object, ok := e.Object.(*unstructured.Unstructured)
	if !ok {
		w.breaks("the watch sent %s: %v", e.Type, e.Object)
		return
	}
	v := Version{}
	if e.Type != watch.Deleted {
		v = versionOf(object.Object)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	name := object.GetName()
	var before Version
	if all := w.versions[name]; len(all) > 0 {
		before = all[len(all)-1]
	}
	w.versions[name] = append(w.versions[name], v)
	if v.Object != nil {
		w.hold(name, before, v)
	}
	close(w.news)
	w.news = make(chan struct{})
}
