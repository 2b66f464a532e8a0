// Package web is what the agent shows over HTTP: /healthz, /readyz and
// /metrics. It observes the agent's passes and asks nothing of it; it serves no
// secret, takes no request with a body, and decides nothing.
//
// Start at [New]; health.go says when the agent is healthy and ready,
// metrics.go what is measured.
package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

var (
	_ agent.Observer = (*Server)(nil)
	_ http.Handler   = (*Server)(nil)
)

// Options says what counts as healthy.
type Options struct {
	// Now is the clock; the loop's passes are measured by it.
	Now func() time.Time
	// Stale is how long the loop may be without a pass: longer than its
	// interval and all deadlines of one pass together. 0 means ten minutes.
	Stale time.Duration
}

// Server answers for the agent. It is safe for concurrent use.
type Server struct {
	now     func() time.Time
	stale   time.Duration
	mux     *http.ServeMux
	health  health
	metrics *metrics
}

// Bounds on one connection. grace is how long open requests may take to end
// when the server stops.
const (
	readTimeout  = 5 * time.Second
	writeTimeout = 30 * time.Second
	idleTimeout  = 2 * time.Minute
	maxHeader    = 8 << 10
	grace        = 3 * time.Second
)

// New makes a server that has seen no pass yet.
func New(o Options) *Server {
	if o.Stale <= 0 {
		o.Stale = 10 * time.Minute
	}
	s := &Server{now: o.Now, stale: o.Stale, mux: http.NewServeMux(), metrics: newMetrics()}
	s.mux.HandleFunc("GET /healthz", s.healthz)
	s.mux.HandleFunc("GET /readyz", s.readyz)
	s.mux.Handle("GET /metrics", s.metrics.handler())
	return s
}

// ServeHTTP is http.Handler's.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	s.mux.ServeHTTP(w, r)
}

// Passed is agent.Observer's.
func (s *Server) Passed(now time.Time, took time.Duration, turns []agent.Turn, views []agent.View, problems rollout.Problems, err error) {
	s.health.passed(now.Add(took), err)
	s.metrics.passed(now.Add(took), took, turns, views, problems, err)
}

// Serve answers on the listener until the context ends, then lets open requests
// end. It closes the listener.
func (s *Server) Serve(ctx context.Context, on net.Listener) error {
	server := &http.Server{
		Handler: s, ReadTimeout: readTimeout, ReadHeaderTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		stopped <- errors.Join(server.Shutdown(ending), server.Close())
	})
	err := server.Serve(on)
	if stop() || !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving on %s: %w", on.Addr(), err)
	}
	if err := <-stopped; err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stopping to serve on %s: %w", on.Addr(), err)
	}
	return nil
}
