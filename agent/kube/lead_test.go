package kube_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/kube"
)

// council is the processes that could lead one story's cluster.
type council struct {
	*world
	name    string
	leading atomic.Int32 // how many lead now
}

func newCouncil(t *testing.T) *council {
	c := &council{world: newWorld(t, agenttest.Cluster(t))}
	c.name = kube.LeaseName(c.namespace)
	t.Cleanup(func() {
		_ = c.leases().Delete(context.WithoutCancel(t.Context()), c.name, metav1.DeleteOptions{}) // there may be none
	})
	return c
}

func (c *council) leases() interface {
	Get(context.Context, string, metav1.GetOptions, ...string) (*unstructured.Unstructured, error)
	Update(context.Context, *unstructured.Unstructured, metav1.UpdateOptions, ...string) (*unstructured.Unstructured, error)
	Delete(context.Context, string, metav1.DeleteOptions, ...string) error
} {
	return c.client.Resource(schema.GroupVersionResource{Group: "coordination.k8s.io", Version: "v1", Resource: "leases"}).Namespace("weir-system")
}

// member is one of the processes.
type member struct {
	terms chan context.Context // each time it leads
	fails chan error           // ends its leading
	heard *said
	done  chan error
	stop  func()
}

// said is who was said to lead, last.
type said struct {
	mu   sync.Mutex
	last string
}

func (s *said) hear(leader string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = leader
}

func (s *said) leader() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// joins runs one more process.
func (c *council) joins(name string, wrap func(http.RoundTripper) http.RoundTripper) *member {
	ctx, stop := context.WithCancel(c.t.Context())
	m := &member{make(chan context.Context, 10), make(chan error), &said{}, make(chan error, 1), stop}
	config := c.local.Agent(c.t)
	if wrap != nil {
		config.Wrap(wrap)
	}
	lease := kube.Lease{REST: config, Namespace: "weir-system", Name: c.name, Identity: name, Leader: m.heard.hear}
	go func() {
		m.done <- kube.Lead(ctx, lease, func(ctx context.Context) error {
			assert.EqualValues(c.t, 1, c.leading.Add(1), "never two at once")
			defer c.leading.Add(-1)
			m.terms <- ctx
			select {
			case <-ctx.Done():
				return nil
			case err := <-m.fails:
				return err
			}
		})
	}()
	c.t.Cleanup(stop)
	return m
}

// leads waits until the process leads.
func (m *member) leads(t *testing.T, within time.Duration) context.Context {
	t.Helper()
	select {
	case term := <-m.terms:
		return term
	case <-time.After(within):
		require.Fail(t, "it does not lead")
		return nil
	}
}

func TestOneLeadsAndWhoStopsHandsOverAtOnce(t *testing.T) {
	t.Parallel()
	c := newCouncil(t)
	ada := c.joins("ada", nil)
	ada.leads(t, 10*time.Second)
	ben := c.joins("ben", nil)
	c.eventually(func(t *assert.CollectT) { assert.Equal(t, "ada", ben.heard.leader()) })
	assert.Empty(t, ben.terms)
	ada.stop()
	require.NoError(t, <-ada.done)
	term := ben.leads(t, 6*time.Second) // well before the lease would have run out
	require.NoError(t, term.Err())
	c.eventually(func(t *assert.CollectT) { assert.Equal(t, "ben", ben.heard.leader()) })
	ben.stop()
	require.NoError(t, <-ben.done)
	lease, err := c.leases().Get(t.Context(), c.name, metav1.GetOptions{})
	require.NoError(t, err)
	holder, _, _ := unstructured.NestedString(lease.Object, "spec", "holderIdentity")
	assert.Empty(t, holder, "nobody holds it")
}

func TestWhoFailsGivesTheLeaseUpAndEnds(t *testing.T) {
	t.Parallel()
	c := newCouncil(t)
	ada := c.joins("ada", nil)
	ada.leads(t, 10*time.Second)
	broken := errors.New("broken")
	ada.fails <- broken
	require.ErrorIs(t, <-ada.done, broken)
	c.joins("ben", nil).leads(t, 8*time.Second)
}

func TestALeaseThatIsTakenEndsLeadingUntilItIsWonAgain(t *testing.T) {
	t.Parallel()
	c := newCouncil(t)
	ada := c.joins("ada", nil)
	term := ada.leads(t, 10*time.Second)
	c.eventually(func(t *assert.CollectT) {
		lease, err := c.leases().Get(c.t.Context(), c.name, metav1.GetOptions{})
		require.NoError(t, err)
		require.NoError(t, unstructured.SetNestedField(lease.Object, "mallory", "spec", "holderIdentity"))
		require.NoError(t, unstructured.SetNestedField(lease.Object, int64(1), "spec", "leaseDurationSeconds"))
		_, err = c.leases().Update(c.t.Context(), lease, metav1.UpdateOptions{})
		assert.NoError(t, err) // it may be renewed meanwhile
	})
	select {
	case <-term.Done():
	case <-time.After(8 * time.Second):
		require.Fail(t, "it still leads")
	}
	again := ada.leads(t, 20*time.Second)
	assert.NoError(t, again.Err())
}

func TestWhoCannotRenewStopsLeadingBeforeTheLeaseRunsOut(t *testing.T) {
	t.Parallel()
	c := newCouncil(t)
	var away atomic.Bool
	ada := c.joins("ada", func(next http.RoundTripper) http.RoundTripper { return blackHole{next, &away} })
	term := ada.leads(t, 10*time.Second)
	away.Store(true)
	since := time.Now()
	ben := c.joins("ben", nil)
	select {
	case <-term.Done():
	case <-time.After(30 * time.Second):
		require.Fail(t, "it still leads")
	}
	assert.Less(t, time.Since(since), 10*time.Second, "nobody else can lead before that")
	ben.leads(t, 20*time.Second)
	assert.Less(t, time.Since(since), 20*time.Second)
}

// blackHole takes requests and answers none while it is on.
type blackHole struct {
	next http.RoundTripper
	on   *atomic.Bool
}

func (b blackHole) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.on.Load() {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return b.next.RoundTrip(r)
}

func TestALeaseIsNamedAfterTheClusterAndItsWork(t *testing.T) {
	name := kube.LeaseName("EU_1", "production", "https://git.example.com/shop.git")
	assert.Regexp(t, `^weir-eu-1-[0-9a-f]{12}$`, name)
	assert.Equal(t, name, kube.LeaseName("EU_1", "production", "https://git.example.com/shop.git"))
	assert.NotEqual(t, name, kube.LeaseName("EU_1", "staging", "https://git.example.com/shop.git"))
	assert.NotEqual(t, name, kube.LeaseName("eu-1", "production", "https://git.example.com/shop.git"))
	assert.Regexp(t, `^weir-x-[0-9a-f]{12}$`, kube.LeaseName("x._"))
	assert.Less(t, len(kube.LeaseName(strings.Repeat("x", 400))), 253)
	assert.NotEqual(t, kube.Identity(), kube.Identity())
}
