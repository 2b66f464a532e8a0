package web

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// health is what the passes say of the agent's own state.
type health struct {
	mu    sync.Mutex
	last  time.Time // when the last pass ended; zero before the first
	ready bool      // a pass has read Git and could write the status branch
	// standing is who leads instead while this process stands by; nil when it
	// leads itself.
	standing *string
	led      time.Time // since when it leads, its caches filled; zero where that is not known
}

func (h *health) passed(ended time.Time, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = ended
	h.ready = h.ready || err == nil
}

func (h *health) read() (last time.Time, ready bool, standing *string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last, h.ready, h.standing
}

// idle is since when no pass has ended that could have; zero where none could.
func (h *health) idle() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.standing != nil:
		return time.Time{}
	case h.last.IsZero():
		return h.led
	}
	return h.last
}

// stand notes who leads instead; nil begins anew at the time, with no pass yet.
func (h *health) stand(leader *string, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.standing, h.led = leader, now
	h.last, h.ready = time.Time{}, false
}

// StandBy says that another process leads, or nobody yet where leader is empty:
// this one makes no passes, shows no rollouts, and is ready to take over.
func (s *Server) StandBy(leader string) {
	s.health.stand(&leader, s.now())
	s.metrics.stand()
}

// Lead says that this process makes the passes from now on.
func (s *Server) Lead() {
	s.health.stand(nil, s.now())
	s.metrics.leading.Set(1)
}

// healthz fails only when a restart could help: the loop passed once, or leads, and has
// not passed for too long. An API server or a repository that is away is no reason.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	since := s.health.idle()
	if idle := s.now().Sub(since); !since.IsZero() && idle > s.stale {
		answer(w, http.StatusServiceUnavailable, "no pass has ended for %s", rollout.Short(idle.Round(time.Second)))
		return
	}
	answer(w, http.StatusOK, "ok")
}

// readyz succeeds from the first pass on that reached both the cluster and Git;
// the last good state stays in place after that, so it stays ready. One that
// stands by is ready too: its caches are filled.
func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	switch last, ready, standing := s.health.read(); {
	case standing != nil && *standing == "":
		answer(w, http.StatusOK, "standing by; nobody leads yet")
	case standing != nil:
		answer(w, http.StatusOK, "standing by; %s leads", *standing)
	case ready:
		answer(w, http.StatusOK, "ok")
	case last.IsZero():
		answer(w, http.StatusServiceUnavailable, "no pass yet: the caches of the cluster are being filled")
	default:
		answer(w, http.StatusServiceUnavailable, "no pass has reached Git yet; the log says why")
	}
}

func answer(w http.ResponseWriter, status int, format string, args ...any) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, fmt.Sprintf(format, args...)+"\n") // whoever asked may be gone
}
