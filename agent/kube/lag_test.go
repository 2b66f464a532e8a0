package kube_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/kube"
	"github.com/weir-delivery/weir/rollout"
)

func TestWhatWasWrittenIsReadThoughTheCacheLags(t *testing.T) {
	t.Parallel()
	w := newWorld(t, agenttest.Cluster(t))
	lag := &lagging{}
	config := w.local.Agent(t)
	config.Wrap(lag.over)
	c := w.connectAs(config, w.namespace)
	ref := w.ref("reviews")

	lag.hold()
	require.NoError(t, c.Apply(t.Context(), created(ref, 100, 0)))
	for _, v3 := range []int64{5, 50, 100} {
		require.NoError(t, c.Apply(t.Context(), again(t, c, ref, 100-v3, v3)), "each is written over the one before")
	}
	require.Len(t, c.Owned(), 1)
	assert.Equal(t, "v1 0 · v3 100", split(c.Owned()[0].Object))
	lag.release()
	w.Edit("kubectl-edit", "VirtualService", ref, func(o map[string]any) { o["spec"] = virtualService(ref, 70, 30)["spec"] })
	w.liveWhen(c, ref, func(l agent.LiveObject) bool { return split(l.Object) == "v1 70 · v3 30" })

	lag.hold()
	require.NoError(t, c.Apply(t.Context(), again(t, c, ref, 60, 40)))
	live, _ := c.Live(ref)
	require.NoError(t, c.Remove(t.Context(), ref, live.UID, live.Version))
	_, ok := c.Live(ref)
	assert.False(t, ok)
	require.NoError(t, c.Apply(t.Context(), created(ref, 100, 0)))
	reborn, _ := c.Live(ref)
	assert.NotEqual(t, live.UID, reborn.UID)
	w.Delete("VirtualService", ref)
	lag.release()
	w.eventually(func(t *assert.CollectT) {
		_, ok := c.Live(ref)
		assert.False(t, ok, "no ghost of a write stays")
		assert.Empty(t, c.Owned())
	})
}

func TestAWriteThatHangsEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w := newWorld(t, agenttest.Cluster(t))
	config := w.local.Agent(t)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return hanging{next} })
	c := w.connectAs(config, w.namespace)
	began := time.Now()
	err := c.Apply(soon(t, 50*time.Millisecond), created(w.ref("reviews"), 100, 0))
	require.ErrorContains(t, err, "deadline")
	assert.NotErrorIs(t, err, agent.ErrConflict, "it may have taken effect")
	assert.Less(t, time.Since(began), 5*time.Second)
}

// hanging never answers a PATCH.
type hanging struct{ next http.RoundTripper }

func (h hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPatch {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return h.next.RoundTrip(r)
}

// lagging holds back what the watches of VirtualServices tell.
type lagging struct {
	mu   sync.Mutex
	gate chan struct{}
}

func (l *lagging) hold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gate = make(chan struct{})
}

func (l *lagging) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.gate)
	l.gate = nil
}

func (l *lagging) wait() {
	l.mu.Lock()
	gate := l.gate
	l.mu.Unlock()
	if gate != nil {
		<-gate
	}
}

func (l *lagging) over(next http.RoundTripper) http.RoundTripper { return lagged{l, next} }

type lagged struct {
	*lagging
	next http.RoundTripper
}

func (l lagged) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := l.next.RoundTrip(r)
	if err == nil && r.URL.Query().Has("watch") && strings.HasSuffix(r.URL.Path, "/virtualservices") {
		answer.Body = slow{answer.Body, l.lagging}
	}
	return answer, err
}

type slow struct {
	io.ReadCloser
	lag *lagging
}

func (s slow) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	s.lag.wait()
	return n, err
}

// Endpoints that cannot be read for a while may be of an hour ago: they let nothing go
// forward, and once they can be it is told, though none of them has changed.
func TestWhatIsReadyIsUnknownWhileItCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, agenttest.Cluster(t))
	broken := &breaking{of: "/endpointslices", cut: make(chan struct{})}
	config := w.local.Agent(t)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return broke{broken, next} })
	c := w.connectAs(config, w.namespace)
	w.headless()
	w.endpoint("IPv4", "10.1.2.3", "reviews-a", map[string]any{"ready": true})
	d := rollout.Destination{Host: "reviews"}
	known := func() bool {
		_, known := c.Ready(w.namespace, []rollout.Destination{d})[d]
		return known
	}
	w.eventually(func(t *assert.CollectT) { assert.Equal(t, 1, c.Ready(w.namespace, []rollout.Destination{d})[d].Ready) })
	broken.begin()
	w.eventually(func(t *assert.CollectT) { assert.False(t, known()) })
	untilQuiet(c)
	broken.end()
	assert.Equal(t, agent.Change{}, <-c.Changed(), "of every rollout")
	w.eventually(func(t *assert.CollectT) { assert.True(t, known()) })
}

// untilQuiet hears what the cluster has to tell until it has told nothing for a while.
func untilQuiet(c *kube.Cluster) {
	for quiet := false; !quiet; {
		select {
		case <-c.Changed():
		case <-time.After(100 * time.Millisecond):
			quiet = true
		}
	}
}

// breaking refuses to say anything of one kind, and cuts who listens.
type breaking struct {
	of  string // how the kind's address ends
	mu  sync.Mutex
	on  bool
	cut chan struct{}
}

func (b *breaking) begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.on = true
	close(b.cut)
}

func (b *breaking) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.on, b.cut = false, make(chan struct{})
}

func (b *breaking) now() (bool, chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.on, b.cut
}

type broke struct {
	*breaking
	next http.RoundTripper
}

func (b broke) RoundTrip(r *http.Request) (*http.Response, error) {
	on, cut := b.now()
	switch {
	case !strings.HasSuffix(r.URL.Path, b.of):
		return b.next.RoundTrip(r)
	case on:
		return nil, errors.New("the role does not allow it")
	}
	ctx, end := context.WithCancel(r.Context())
	go func() {
		defer end()
		select {
		case <-cut:
		case <-r.Context().Done():
		}
	}()
	return b.next.RoundTrip(r.WithContext(ctx))
}

func execProvider() *api.ExecConfig { return &api.ExecConfig{Command: "touch"} }
