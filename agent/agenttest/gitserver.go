package agenttest

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cgi" //nolint:gosec // loopback only; the git program itself answers
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is what a hook makes of a request to the Git server.
type Fault int

const (
	Serve    Fault = iota // go on
	Refuse                // answer 503
	BreakOff              // close the connection without an answer
)

// GitRequest is one line of the server's log.
type GitRequest struct {
	Repo    string // as given to Create
	Service string // "git-upload-pack" or "git-receive-pack"
	Listing bool   // it lists the references; otherwise it transfers objects
}

// GitServer serves bare repositories over smart HTTP on loopback, by the git
// program's own http-backend. Its zero value is not usable; see NewGitServer.
type GitServer struct {
	dir     string
	backend string
	address string
	server  *http.Server

	serving sync.RWMutex // held by each request, whose program may write
	closed  bool         // by serving: what comes late is refused

	mu                 sync.Mutex
	username, password string
	away               bool
	before             func(*http.Request) Fault
	after              func(*http.Request) Fault
	requests           []GitRequest
}

// NewGitServer starts a server of the repositories in the folder.
func NewGitServer(dir string) (*GitServer, error) {
	path, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		return nil, fmt.Errorf("starting a Git server: finding git: %w", err)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, fmt.Errorf("starting a Git server: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting a Git server: %w", err)
	}
	s := &GitServer{
		dir: dir, address: listener.Addr().String(),
		backend: filepath.Join(strings.TrimSpace(string(path)), "git-http-backend"),
	}
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.server.Serve(listener) }() // ends by Close
	return s, nil
}

// Close stops the server, breaks off what it is doing, and waits until nobody
// writes the folder any more, which stays.
func (s *GitServer) Close() error {
	err := s.server.Close()
	s.serving.Lock()
	defer s.serving.Unlock()
	s.closed = true
	return err
}

// Create makes an empty bare repository whose first branch is main.
func (s *GitServer) Create(ctx context.Context, repo string) error {
	if _, err := runGit(ctx, s.dir, nil, "init", "--quiet", "--bare", "--initial-branch=main", s.Path(repo)); err != nil {
		return err
	}
	return s.Configure(ctx, repo, "http.receivepack", "true")
}

// Configure sets an option of the repository, as git config does.
func (s *GitServer) Configure(ctx context.Context, repo, key, value string) error {
	_, err := runGit(ctx, s.Path(repo), nil, "config", key, value)
	return err
}

// URL is the repository's address, without credentials.
func (s *GitServer) URL(repo string) string { return "http://" + s.address + "/" + repo + ".git" }

// AuthorURL is the repository's address as the git program wants it: with the
// credentials that the server requires.
func (s *GitServer) AuthorURL(repo string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.password == "" {
		return s.URL(repo)
	}
	return "http://" + s.username + ":" + s.password + "@" + s.address + "/" + repo + ".git"
}

// Path is the repository's folder on disk.
func (s *GitServer) Path(repo string) string { return filepath.Join(s.dir, repo+".git") }

// Require makes the server ask for these credentials from now on; an empty
// password takes that back.
func (s *GitServer) Require(username, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.username, s.password = username, password
}

// Away makes the server break off every request, or serve them again.
func (s *GitServer) Away(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

// Before has f decide on each request before it is served; it may block to
// delay it. Nil ends that.
func (s *GitServer) Before(f func(*http.Request) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
}

// After has f decide on each request when it has been carried out and not yet
// been answered: the place where an answer gets lost. Nil ends that.
func (s *GitServer) After(f func(*http.Request) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.after = f
}

// Requests is the log so far: every request, the faulty ones included.
func (s *GitServer) Requests() []GitRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// IsPush says that the request carries a push, rather than a listing or a fetch.
func IsPush(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/git-receive-pack")
}

// ServeHTTP is http.Handler's.
func (s *GitServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.serving.RLock()
	defer s.serving.RUnlock()
	if s.closed {
		obey(w, BreakOff)
		return
	}
	before, after, allowed := s.admit(r)
	if !obey(w, before(r)) {
		return
	}
	if !allowed {
		w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	answer := &kept{header: http.Header{}, status: http.StatusOK}
	handler := cgi.Handler{
		Path: s.backend, Root: "/", Dir: s.dir,
		Env:    append(hermetic(), "GIT_PROJECT_ROOT="+s.dir, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=weir"),
		Stderr: io.Discard, // git tells of lost races there
	}
	handler.ServeHTTP(answer, r)
	if !obey(w, after(r)) {
		return
	}
	for key, values := range answer.header {
		w.Header()[key] = values
	}
	w.WriteHeader(answer.status)
	_, _ = w.Write(answer.body.Bytes()) // the client may have gone
}

// admit logs the request and says which hooks apply and whether it may pass.
func (s *GitServer) admit(r *http.Request) (before, after func(*http.Request) Fault, allowed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	repo, operation, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), ".git/")
	request := GitRequest{Repo: repo, Service: operation, Listing: operation == "info/refs"}
	if request.Listing {
		request.Service = r.URL.Query().Get("service")
	}
	s.requests = append(s.requests, request)
	before, after = s.before, s.after
	if before == nil {
		before = func(*http.Request) Fault { return Serve }
	}
	if after == nil {
		after = func(*http.Request) Fault { return Serve }
	}
	if s.away {
		before = func(*http.Request) Fault { return BreakOff }
	}
	username, password, _ := r.BasicAuth()
	same := subtle.ConstantTimeCompare([]byte(username+"\x00"+password), []byte(s.username+"\x00"+s.password)) == 1
	return before, after, s.password == "" || same
}

// obey carries out a fault; true means that the request goes on.
func obey(w http.ResponseWriter, fault Fault) bool {
	switch fault {
	case Refuse:
		http.Error(w, "not now", http.StatusServiceUnavailable)
	case BreakOff:
		if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = connection.Close()
		}
	default:
		return true
	}
	return false
}

// kept is an answer that waits for the after hook.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header         { return k.header }
func (k *kept) WriteHeader(status int)      { k.status = status }
func (k *kept) Write(p []byte) (int, error) { return k.body.Write(p) }

// hermetic is the environment in which git knows nothing of this machine's user.
func hermetic() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "LC_ALL=C", "TZ=UTC",
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
	}
}

// git runs the git program in a folder and returns what it says.
func runGit(ctx context.Context, dir string, env []string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "git", args...)
	command.Dir = dir
	command.Env = append(hermetic(), env...)
	out, err := command.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
		}
		return "", fmt.Errorf("running git %s: %w", args[0], err)
	}
	return string(out), nil
}
