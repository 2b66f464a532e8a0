package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/route"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/tsdb"
	v1 "github.com/prometheus/prometheus/web/api/v1"
)

// Limits of the Prometheus.
const (
	queryTimeout = time.Minute
	querySamples = 10_000_000
	// importAge is how old samples may be that are imported, and importBytes how
	// many at once.
	importAge   = 24 * time.Hour
	importBytes = 64 << 20
)

// metrics is a real Prometheus but for scraping: its storage, its query engine and
// its HTTP API. Samples are what is sent to /import, in OpenMetrics' text with a
// time stamp on each.
type metrics struct {
	db       *tsdb.DB
	listener net.Listener
	server   *http.Server
	url      string
}

// newMetrics opens the storage in the folder and takes a port on loopback.
func newMetrics(ctx context.Context, dir string) (_ *metrics, err error) {
	options := tsdb.DefaultOptions()
	options.OutOfOrderTimeWindow = importAge.Milliseconds()
	m := &metrics{}
	if m.db, err = tsdb.Open(dir, slog.New(slog.DiscardHandler), nil, options, nil); err != nil {
		return nil, fmt.Errorf("opening the storage: %w", err)
	}
	if m.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
		return nil, errors.Join(fmt.Errorf("listening: %w", err), m.db.Close())
	}
	m.url = "http://" + m.listener.Addr().String()
	paths := route.New()
	paths.Post("/import", m.imported)
	m.api().Register(paths.WithPrefix("/api/v1"))
	m.server = &http.Server{Handler: paths, ReadHeaderTimeout: queryTimeout}
	return m, nil
}

// run serves until ctx ends.
func (m *metrics) run(ctx context.Context) error {
	served := make(chan error, 1)
	go func() { served <- m.server.Serve(m.listener) }()
	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
	}
	return errors.Join(err, m.server.Close(), m.db.Close())
}

// api is Prometheus's own, of which what is served needs a storage alone.
func (m *metrics) api() *v1.API {
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: querySamples, Timeout: queryTimeout, LookbackDelta: 5 * time.Minute, EnableAtModifier: true, EnableNegativeOffset: true})
	registry := prometheus.NewRegistry()
	always := func(h http.HandlerFunc) http.HandlerFunc { return h }
	return v1.NewAPI(engine, m.db, m.db, m.db,
		nil, nil, nil, func() config.Config { return config.DefaultConfig }, nil, v1.GlobalURLOptions{}, always,
		nil, "", false, slog.New(slog.DiscardHandler), nil, 0, 0, 0, false, nil,
		nil, nil, nil, nil, registry, registry, nil, false, nil, false, false, false, false, 5*time.Minute, false, false, nil, nil)
}

// imported takes the samples that somebody sends.
func (m *metrics) imported(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, importBytes))
	if err == nil {
		err = m.take(r.Context(), text)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

// take stores all samples of the text, or none.
func (m *metrics) take(ctx context.Context, text []byte) (err error) {
	into := m.db.Appender(ctx)
	defer func() {
		if err != nil {
			err = errors.Join(err, into.Rollback())
		}
	}()
	parser := textparse.NewOpenMetricsParser(text, labels.NewSymbolTable())
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			return into.Commit()
		}
		if err != nil {
			return fmt.Errorf("reading the samples: %w", err)
		}
		if entry != textparse.EntrySeries {
			continue
		}
		series, at, value := parser.Series()
		if at == nil {
			return fmt.Errorf("the sample of %s has no time stamp", series)
		}
		var of labels.Labels
		parser.Labels(&of)
		if _, err := into.Append(0, of, *at, value); err != nil {
			return fmt.Errorf("storing a sample of %s: %w", series, err)
		}
	}
}
