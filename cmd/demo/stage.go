package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/weir-delivery/weir/agent/agenttest"
)

// The demo's part of the world.
const (
	environment = "production"
	namespace   = "bookinfo"
	clusterName = "demo"
	planFile    = "overlays/production/weightplan.yaml"
	patience    = 60 * time.Second // how long an act may keep its audience waiting
)

// ready is what the local cluster says once it answers.
type ready struct {
	Kubeconfig      string `json:"kubeconfig"`
	AgentKubeconfig string `json:"agentKubeconfig"`
	Server          string `json:"server"`
	Version         string `json:"version"`
}

// stage is everything that runs for the story.
type stage struct {
	options
	dir     string
	cluster ready
	admin   *rest.Config
	client  dynamic.Interface
	git     *agenttest.GitServer
	author  *agenttest.Author
	plan    string // the WeightPlan as the demo's copy has it
	seen    *audience
	path    []string       // the splits seen since the act began
	stops   []func() error // what ends each part, last started first
	agent   *exec.Cmd
}

// build sets the stage: API server, Git server, workloads and the agent's
// permissions. The stage is never nil once something was started.
func build(ctx context.Context, o options) (*stage, error) {
	dir, err := os.MkdirTemp("", "weir-demo-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the demo: %w", err)
	}
	s := &stage{options: o, dir: dir}
	s.stops = append(s.stops, func() error { return os.RemoveAll(dir) })
	s.say("weir, on a real Kubernetes API server and a real Git server, both on this machine.\n")
	for _, part := range []struct {
		name  string
		start func(context.Context) error
	}{
		{"a Kubernetes API server", s.startCluster},
		{"bookinfo's workloads and the agent's permissions", s.install},
		{"a Git server with the bookinfo repository", s.startGit},
		{"the audience", s.watch},
	} {
		began := time.Now()
		if err := part.start(ctx); err != nil {
			return s, fmt.Errorf("starting %s: %w", part.name, err)
		}
		s.say("  %s %-50s %s", s.green("✔"), part.name, s.dim(time.Since(began).Round(100*time.Millisecond).String()))
	}
	return s, nil
}

// startCluster runs the local cluster, which ends with us whatever happens.
func (s *stage) startCluster(ctx context.Context) error {
	cmd := exec.Command(s.localcluster, "--agent", "weir-system/weir", "--until-stdin-closes")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	said := &strings.Builder{}
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%w (make builds it)", err)
	}
	s.stops = append(s.stops, func() error { return errors.Join(stdin.Close(), end(cmd)) })
	line := make(chan error, 1)
	go func() { line <- json.NewDecoder(stdout).Decode(&s.cluster) }()
	select {
	case err = <-line:
	case <-time.After(patience):
		err = errors.New("it was not ready in time")
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, said)
	}
	if s.admin, err = clientcmd.BuildConfigFromFlags("", s.cluster.Kubeconfig); err != nil {
		return err
	}
	s.admin.QPS, s.admin.Burst = 200, 400
	s.client, err = dynamic.NewForConfig(s.admin)
	return err
}

// startGit serves the example as a repository, with pauses that fit a demo.
func (s *stage) startGit(ctx context.Context) (err error) {
	served := filepath.Join(s.dir, "git")
	if err := os.Mkdir(served, 0o700); err != nil {
		return err
	}
	if s.git, err = agenttest.NewGitServer(served); err != nil {
		return err
	}
	s.stops = append(s.stops, s.git.Close)
	if err := s.git.Create(ctx, "bookinfo"); err != nil {
		return err
	}
	if s.author, err = agenttest.NewAuthor(ctx, s.git.URL("bookinfo"), filepath.Join(s.dir, "clone"), "Dana Developer"); err != nil {
		return err
	}
	if err := s.author.Copy(os.DirFS(s.examples)); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(s.examples, planFile))
	if err != nil {
		return err
	}
	s.plan = strings.ReplaceAll(string(text), "duration: 10m", "duration: 5s")
	s.plan = strings.Replace(s.plan, "  steps:", "  settleSeconds: 1\n  steps:", 1)
	files := map[string]string{planFile: s.plan}
	if s.files != nil {
		s.files(files)
	}
	_, err = s.author.Publish(ctx, "bookinfo", files)
	return err
}

// startAgent runs the agent as whoever installs it would: as its own service
// account, from its own program.
func startAgent(_ context.Context, s *stage) error {
	log, err := os.Create(filepath.Join(s.dir, "agent.log"))
	if err != nil {
		return err
	}
	listen, err := freeAddress()
	if err != nil {
		return err
	}
	s.agent = exec.Command(s.weir, "agent", "--repo", s.git.URL("bookinfo"), "--cluster", clusterName, "--environment", environment,
		"--interval", "1s", "--kubeconfig", s.cluster.AgentKubeconfig, "--state-dir", filepath.Join(s.dir, "agent"), "--listen", listen)
	s.agent.Stdout, s.agent.Stderr = log, log
	if err := s.agent.Start(); err != nil {
		return err
	}
	s.stops = append(s.stops, func() error { return errors.Join(end(s.agent), log.Close()) })
	s.say("  %s weir agent --repo %s --cluster %s --environment %s", s.dim("$"), s.git.URL("bookinfo"), clusterName, environment)
	return nil
}

// commit pushes files as the developer.
func (s *stage) commit(ctx context.Context, message string, files map[string]string) error {
	sha, err := s.author.Publish(ctx, message, files)
	if err == nil {
		s.say("  %s git commit -m %q → %s", s.dim("$"), message, sha[:7])
	}
	return err
}

// clear ends every part, last started first, and shows the agent's log when
// the story went wrong.
func (s *stage) clear(err error) error {
	if err != nil {
		if text, readErr := os.ReadFile(filepath.Join(s.dir, "agent.log")); readErr == nil {
			lines := strings.Split(strings.TrimSpace(string(text)), "\n")
			s.say("\nThe agent's last words:\n%s", strings.Join(lines[max(0, len(lines)-30):], "\n"))
		}
	}
	for i := len(s.stops) - 1; i >= 0; i-- {
		err = errors.Join(err, s.stops[i]())
	}
	return err
}

// end asks a process to stop, and waits.
func end(cmd *exec.Cmd) error {
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	kill := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("stopping %s: %w", filepath.Base(cmd.Path), err)
	}
	return nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
