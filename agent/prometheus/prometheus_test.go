package prometheus_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/prometheus"
	"github.com/weir-delivery/weir/rollout"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func rate() rollout.Query {
	return rollout.Query{Destination: rollout.Destination{Host: "reviews", Subset: "v3"}, Measure: &rollout.Measure{
		Metric: rollout.SuccessRate, Namespace: "bookinfo", Version: "v3", Interval: time.Minute, From: noon, To: noon.Add(2 * time.Minute),
	}}
}

// matrix is an answer of one series with these values, a minute apart.
func matrix(values ...string) string {
	var pairs []string
	for i, v := range values {
		pairs = append(pairs, fmt.Sprintf(`[%d,"%s"]`, noon.Add(time.Duration(i)*time.Minute).Unix(), v))
	}
	return `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[` + strings.Join(pairs, ",") + `]}]}}`
}

// answering is Prometheus as the handler has it.
func answering(t *testing.T, c prometheus.Config, handle http.HandlerFunc) *prometheus.Prometheus {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	c.URL = server.URL + c.URL
	p, err := prometheus.New(c)
	require.NoError(t, err)
	return p
}

func saying(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}
}

// What is no number is absent, and what is beyond all numbers, as failures by no success,
// is the last of them: nobody is well for being as ill as that.
func TestWhatIsNoNumberIsAbsent(t *testing.T) {
	for inf, value := range map[string]float64{"+Inf": math.MaxFloat64, "-Inf": -math.MaxFloat64} {
		p := answering(t, prometheus.Config{}, saying(200, matrix("NaN", "99.5", inf)))
		samples, err := p.Samples(t.Context(), rate())
		require.NoError(t, err)
		one := rollout.Sample{Metric: rollout.SuccessRate, Destination: rate().Destination, At: noon.Add(time.Minute), Value: 99.5}
		last := one
		last.At, last.Value = noon.Add(2*time.Minute), value
		assert.Equal(t, []rollout.Sample{one, last}, samples)
	}
}

func TestTheQueryNamesTheDestination(t *testing.T) {
	for name, c := range map[string]struct {
		d      rollout.Destination
		query  string
		sends  []string
		spares []string
	}{
		"a subset of a short name": {rollout.Destination{Host: "reviews", Subset: "v3"}, "", []string{
			`destination_service_name="reviews", destination_service_namespace="bookinfo", destination_canonical_revision="three", response_code=~"5.*"}[60s]`, `destination_canonical_revision="three", response_code!="0", grpc_response_status=~"2|4|12|13|14|15"}[60s]`,
		}, []string{"{{", "SELECTOR"}},
		"a service of another namespace": {rollout.Destination{Host: "reviews.shop.svc.cluster.local"}, "", []string{
			`destination_service_name="reviews", destination_service_namespace="shop", response_code!="0"}[60s]`,
		}, []string{"revision"}},
		"a host outside like one within": {rollout.Destination{Host: "payments.svc.example.com"}, "", []string{`{destination_service="payments.svc.example.com", response_code!="0"}[60s]`}, []string{"revision"}},
		"a host outside":                 {rollout.Destination{Host: "v2.example.com"}, "", []string{`{destination_service="v2.example.com", response_code!="0"}[60s]`}, []string{"revision"}},
		"a query of one's own":           {rollout.Destination{Host: "reviews", Subset: "v3"}, `up{a="{{host}}/{{ subset }}/{{  version }}/{{namespace }}/{{service}}"}[{{ interval }}]`, []string{`up{a="reviews/v3/three/bookinfo/reviews"}[60s]`}, nil},
		"quotes that would end":          {rollout.Destination{Host: "a\"} or up{b=\"\\"}, `up{a="{{ host }}"}`, []string{`up{a="a\"} or up{b=\"\\"}`}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			sent := ""
			p := answering(t, prometheus.Config{URL: "/prom/"}, func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, "/prom/api/v1/query_range", r.URL.Path)
				sent = r.FormValue("query")
				assert.Equal(t, fmt.Sprint(noon.Unix()), r.FormValue("start"))
				assert.Equal(t, fmt.Sprint(noon.Unix()+120), r.FormValue("end"))
				assert.Equal(t, "60", r.FormValue("step"))
				fmt.Fprint(w, matrix())
			})
			q := rate()
			q.Destination, q.Measure.Version, q.Measure.Query = c.d, "three", c.query
			_, err := p.Samples(t.Context(), q)
			require.NoError(t, err)
			for _, part := range c.sends {
				assert.Contains(t, sent, part)
			}
			for _, part := range c.spares {
				assert.NotContains(t, sent, part)
			}
		})
	}
}

// One Prometheus over several clusters holds the series of each.
func TestBuiltInMetricsAreOfThisClusterWhereItsLabelsAreNamed(t *testing.T) {
	sent := ""
	p := answering(t, prometheus.Config{Labels: []string{"cluster=eu-1", `zone=a"b`}}, func(w http.ResponseWriter, r *http.Request) {
		sent = r.FormValue("query")
		fmt.Fprint(w, matrix())
	})
	for _, metric := range []string{rollout.SuccessRate, rollout.LatencyP99} {
		q := rate()
		q.Measure.Metric = metric
		_, err := p.Samples(t.Context(), q)
		require.NoError(t, err)
		asked := strings.Count(sent, "{") // one selector for each
		assert.Positive(t, asked)
		assert.Equal(t, asked, strings.Count(sent, `, cluster="eu-1", zone="a\"b"`), sent)
	}
	q := rate()
	q.Measure.Query = `up{job="x"}`
	_, err := p.Samples(t.Context(), q)
	require.NoError(t, err)
	assert.Equal(t, `up{job="x"}`, sent, "a query of one's own says all itself")
}

func TestWhatIsNoAnswerSaysWhy(t *testing.T) {
	success := func(data, more string) string { return `{"status":"success","data":` + data + more + `}` }
	for name, c := range map[string]struct {
		status     int
		text, want string
	}{
		"two series":         {200, success(`{"resultType":"matrix","result":[{"metric":{"a":"1"},"values":[]},{"metric":{"a":"2"},"values":[]}]}`, ""), `the query has 2 answers, of {a="1"} and {a="2"}: aggregate them to one`},
		"a string":           {200, success(`{"resultType":"string","result":[1,"x"]}`, ""), "Prometheus"},
		"a warning":          {200, strings.TrimSuffix(matrix("99"), "}") + `,"warnings":["No StoreAPIs matched"]}`, "may be wrong or in part: No StoreAPIs matched"},
		"a page of a proxy":  {200, "<html>hello</html>", "is something else, or sends elsewhere"},
		"no page":            {404, "not found", "Prometheus refuses to answer (client error: 404): check the token and the address"},
		"no right":           {401, "who are you?", "(client error: 401)"},
		"a wrong query":      {400, `{"status":"error","errorType":"bad_data","error":"parse error: unclosed left parenthesis"}`, "cannot make anything of the query: parse error: unclosed left parenthesis"},
		"too many samples":   {422, `{"status":"error","errorType":"execution","error":"query processing would load too many samples"}`, "load too many samples"},
		"a failing server":   {503, "try again\nlater", "server_error: server error: 503"},
		"an endless answer":  {200, `{"status":"success","data":"` + strings.Repeat("x", 5<<20) + `"}`, "the answer is longer than 4 MiB"},
		"half of an answer":  {200, matrix("99")[:40], "is something else"},
		"no data":            {200, `{"status":"ok"}`, "what answers at the address of Prometheus gives no data: check the address"},
		"data of nothing":    {200, success("null", ""), "gives no data: check the address"},
		"aligned instants":   {200, success(fmt.Sprintf(`{"resultType":"matrix","result":[{"metric":{},"values":[[%d,"99"]]}]}`, noon.Unix()+7), ""), "the answer is for other instants, as 2026-11-23T12:00:07Z, than asked for"},
		"another sort of it": {200, `{"status":"success","data":{"resultType":"vector","result":[]}}`, "the query answers with a vector"},
	} {
		t.Run(name, func(t *testing.T) {
			samples, err := answering(t, prometheus.Config{}, saying(c.status, c.text)).Samples(t.Context(), rate())
			require.Error(t, err)
			assert.Empty(t, samples)
			assert.Contains(t, err.Error(), c.want)
			assert.NotContains(t, err.Error(), "\n")
			assert.Less(t, len(err.Error()), 400)
		})
	}
}

func TestSilenceEndsWithTheDeadline(t *testing.T) {
	p := answering(t, prometheus.Config{}, func(_ http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // with its body unread, nobody hears that the other side has gone
		<-r.Context().Done()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := p.Samples(ctx, rate())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, "Prometheus does not answer in time", err.Error())
}

func TestTheTokenGoesToPrometheusAndNowhereElse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(token string) { require.NoError(t, os.WriteFile(file, []byte(token+"\n"), 0o600)) }
	write("first-secret")
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("asked elsewhere, with %q", r.Header.Get("Authorization"))
	}))
	t.Cleanup(elsewhere.Close)
	var seen []string
	p := answering(t, prometheus.Config{TokenFile: file}, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization"))
		if len(seen) == 1 {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
			return
		}
		saying(400, `{"status":"error","errorType":"bad_data","error":"what is `+r.Header.Get("Authorization")+`?"}`)(w, r)
	})
	_, err := p.Samples(t.Context(), rate())
	require.ErrorContains(t, err, "sends elsewhere")
	write("second-secret")
	_, err = p.Samples(t.Context(), rate())
	require.ErrorContains(t, err, "what is Bearer ***?")
	assert.Equal(t, []string{"Bearer first-secret", "Bearer second-secret"}, seen, "a renewed token needs no restart")
	require.NoError(t, os.Remove(file))
	_, err = p.Samples(t.Context(), rate())
	require.ErrorContains(t, err, "reading the token for Prometheus")
}

func TestAPrivateAuthorityIsTrustedWhereItIsNamed(t *testing.T) {
	server := httptest.NewTLSServer(saying(200, matrix("99")))
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "ca.crt")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	p, err := prometheus.New(prometheus.Config{URL: server.URL})
	require.NoError(t, err)
	_, err = p.Samples(t.Context(), rate())
	require.ErrorContains(t, err, "certificate")
	p, err = prometheus.New(prometheus.Config{URL: server.URL, CAFile: file})
	require.NoError(t, err)
	samples, err := p.Samples(t.Context(), rate())
	require.NoError(t, err)
	assert.Len(t, samples, 1)
}

func TestAWrongConfigurationIsRefusedAtOnce(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	for want, c := range map[string]prometheus.Config{
		"is no URL":                         {URL: "prometheus:9090"},
		"is no URL such":                    {URL: "ftp://prometheus"},
		"holds credentials":                 {URL: "http://ann:secret@prometheus"},
		"ends before any":                   {URL: "http://prometheus/?a=b"},
		"holds none":                        {URL: "http://prometheus", CAFile: empty},
		"token for Prometheus":              {URL: "http://prometheus", TokenFile: empty},
		"reading the token":                 {URL: "http://prometheus", TokenFile: empty + "x"},
		"certificates for Prometheus: open": {URL: "http://prometheus", CAFile: empty + "x"},
		`the label "eu-1" is not written`:   {URL: "http://prometheus", Labels: []string{"cluster=eu-1", "eu-1"}},
		`the label "a.b=c" is not written`:  {URL: "http://prometheus", Labels: []string{"a.b=c"}},
		`the label "cluster=" is`:           {URL: "http://prometheus", Labels: []string{"cluster="}},
	} {
		_, err := prometheus.New(c)
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "secret")
	}
}
