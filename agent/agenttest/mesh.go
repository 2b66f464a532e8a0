package agenttest

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Mesh tells the local cluster's Prometheus of traffic, as Istio's proxies would:
// https://istio.io/latest/docs/reference/config/metrics.
type Mesh struct {
	t   *testing.T
	url string

	mu     sync.Mutex
	counts map[string]*counts
}

// counts is what the proxies in front of one version have counted so far.
type counts struct{ ok, failed, fast, slow float64 }

// Mesh is a mesh in the test's own namespaces.
func (c *LocalCluster) Mesh(t *testing.T) *Mesh {
	t.Helper()
	require.NotEmpty(t, c.Prometheus, "the local cluster is of before it had a Prometheus: make .build/localcluster")
	return &Mesh{t: t, url: c.Prometheus, counts: map[string]*counts{}}
}

// Serve makes MetricsWorld: a sample each second, or less often in a long time.
func (m *Mesh) Serve(tr Traffic) {
	m.t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	host, namespace := tr.Service+"."+tr.Namespace+".svc.cluster.local", tr.Namespace
	if strings.Contains(tr.Service, ".") { // outside the cluster
		host, namespace = tr.Service, "unknown"
	}
	of := fmt.Sprintf(`reporter="%s",destination_service="%s",destination_service_name="%s",destination_service_namespace="%s",destination_version="%s",destination_canonical_revision="%s"`,
		cmp.Or(tr.Reporter, "destination"), host, tr.Service, namespace, tr.Version, tr.Version)
	n := m.counts[of]
	if n == nil {
		n = &counts{}
		m.counts[of] = n
	}
	failed := `response_code="503"`
	if tr.Code != "" {
		failed = fmt.Sprintf(`response_code="200",grpc_response_status="%s"`, tr.Code)
	}
	if tr.Lost {
		failed = `response_code="0",response_flags="DC"`
	}
	var requests, durations strings.Builder
	step := max(time.Second, tr.To.Sub(tr.From)/120)
	for at := tr.From; !at.After(tr.To); at = at.Add(step) {
		stamp := float64(at.UnixMilli()) / 1000
		if tr.Failed < tr.Requests {
			fmt.Fprintf(&requests, "istio_requests_total{%s,response_code=\"200\"} %g %.3f\n", of, n.ok, stamp)
		}
		if tr.Failed > 0 || n.failed > 0 {
			fmt.Fprintf(&requests, "istio_requests_total{%s,%s} %g %.3f\n", of, failed, n.failed, stamp)
		}
		all := n.ok + n.failed
		fmt.Fprintf(&durations, "istio_request_duration_milliseconds_bucket{%s,le=\"25\"} %g %.3f\n", of, n.fast, stamp)
		fmt.Fprintf(&durations, "istio_request_duration_milliseconds_bucket{%s,le=\"50\"} %g %.3f\n", of, all-n.slow, stamp)
		fmt.Fprintf(&durations, "istio_request_duration_milliseconds_bucket{%s,le=\"+Inf\"} %g %.3f\n", of, all, stamp)
		seconds := step.Seconds()
		n.ok, n.failed = n.ok+seconds*float64(tr.Requests-tr.Failed), n.failed+seconds*float64(tr.Failed)
		switch {
		case tr.Millis <= 25:
			n.fast += seconds * float64(tr.Requests)
		case tr.Millis > 50:
			n.slow += seconds * float64(tr.Requests)
		}
	}
	m.send("# TYPE istio_requests counter\n" + requests.String() + "# TYPE istio_request_duration_milliseconds histogram\n" + durations.String() + "# EOF\n")
}

func (m *Mesh) send(text string) {
	m.t.Helper()
	response, err := http.Post(m.url+"/import", "application/openmetrics-text", strings.NewReader(text))
	require.NoError(m.t, err)
	said, err := io.ReadAll(response.Body)
	require.NoError(m.t, response.Body.Close())
	require.NoError(m.t, err)
	require.Equal(m.t, http.StatusOK, response.StatusCode, "%s", said)
}
