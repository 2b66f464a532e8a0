// Package prometheus reads samples from Prometheus, or from what speaks its HTTP
// API, such as Thanos and Mimir.
package prometheus

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// Config says where Prometheus is and who asks.
type Config struct {
	// URL is its address, with the path under which it serves /api/v1.
	URL string
	// TokenFile holds a bearer token; it is read anew for every question, as the
	// tokens of service accounts are renewed.
	TokenFile string
	// CAFile holds the certificates of a private authority.
	CAFile string
	// Labels are those that the series of this cluster have, written as cluster=eu-1,
	// where one Prometheus holds several clusters' series: without them the other
	// clusters' traffic to a version of the same name counts too. The built-in metrics
	// ask for them; a plan's own queries say for themselves what they ask for.
	Labels []string
}

// Prometheus is agent.Metrics.
type Prometheus struct {
	api    v1.API
	way    *way
	labels string // as matchers of a selector
}

// New reads the configuration; nothing is asked yet.
func New(c Config) (*Prometheus, error) {
	at, err := url.Parse(c.URL)
	switch {
	case err != nil, at.Host == "", at.Scheme != "http" && at.Scheme != "https":
		return nil, errors.New("the address of Prometheus is no URL such as http://prometheus.istio-system:9090")
	case at.User != nil:
		return nil, errors.New("the address of Prometheus holds credentials, which end up in logs: put a token into a file instead")
	case at.RawQuery != "" || at.Fragment != "":
		return nil, errors.New("the address of Prometheus ends before any ? or #")
	}
	w := &way{tokenFile: c.TokenFile, transport: http.DefaultTransport.(*http.Transport).Clone()}
	if c.CAFile != "" {
		if w.transport.TLSClientConfig, err = authorities(c.CAFile); err != nil {
			return nil, err
		}
	}
	if _, err := w.token(); err != nil {
		return nil, err
	}
	labels, err := matchers(c.Labels)
	if err != nil {
		return nil, err
	}
	client, err := api.NewClient(api.Config{Address: strings.TrimSuffix(c.URL, "/"), Client: &http.Client{
		Transport: w,
		// Where Prometheus is, the operator says; no answer sends a token elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}})
	if err != nil {
		return nil, fmt.Errorf("preparing to ask Prometheus: %w", err)
	}
	return &Prometheus{v1.NewAPI(client), w, labels}, nil
}

// authorities trusts those in the file besides the system's.
func authorities(file string) (*tls.Config, error) {
	pem, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("reading the certificates for Prometheus: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("reading the certificates for Prometheus: %s holds none", file)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}

// Samples is agent.Metrics'.
func (p *Prometheus) Samples(ctx context.Context, q rollout.Query) ([]rollout.Sample, error) {
	if q.Measure == nil {
		return nil, errors.New("this query is not for samples")
	}
	text, err := expression(q, p.labels)
	if err != nil {
		return nil, err
	}
	answer, warnings, _, err := p.api.QueryRange(ctx, text, v1.Range{Start: q.Measure.From, End: q.Measure.To, Step: q.Measure.Interval}) // which Prometheus gives up with the request
	switch {
	case err != nil:
		return nil, p.way.explain(err)
	case len(warnings) > 0:
		return nil, p.way.explain(fmt.Errorf("Prometheus warns that its answer may be wrong or in part: %s", strings.Join(warnings, "; "))) //nolint:staticcheck // a name
	}
	return samples(q, answer)
}

// samples reads the one series that an answer may have.
func samples(q rollout.Query, answer model.Value) ([]rollout.Sample, error) {
	series, ok := answer.(model.Matrix)
	switch {
	case answer == nil:
		return nil, errors.New("what answers at the address of Prometheus gives no data: check the address")
	case !ok:
		return nil, fmt.Errorf("the query answers with a %s, which is no number in time", answer.Type())
	case len(series) > 1:
		return nil, fmt.Errorf("the query has %d answers, of %s and %s: aggregate them to one, as by sum", len(series), agent.OneLine(series[0].Metric.String(), maxMessage), agent.OneLine(series[1].Metric.String(), maxMessage))
	case len(series) == 0:
		return nil, nil
	case len(series[0].Histograms) > 0:
		return nil, errors.New("the query answers with a histogram: make it a number, as by histogram_quantile")
	}
	var out []rollout.Sample
	var other time.Time
	for _, pair := range series[0].Values {
		at, v := pair.Timestamp.Time().UTC(), min(max(float64(pair.Value), -math.MaxFloat64), math.MaxFloat64) // a record has no infinite numbers
		switch {
		case math.IsNaN(v):
		case q.Measure.Fits(at):
			out = append(out, rollout.Sample{Metric: q.Measure.Metric, Destination: q.Destination, At: at, Value: v})
		default:
			other = at
		}
	}
	if len(out) == 0 && !other.IsZero() {
		return nil, fmt.Errorf("the answer is for other instants, as %s, than asked for: what answers aligns them, as a query frontend may; name the querier behind it, or switch that off", other.Format(time.RFC3339Nano))
	}
	return out, nil
}
