package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// programVariable turns this test binary into localcluster.
const programVariable = "LOCALCLUSTER_TEST_PROGRAM"

// TestProgram is no test: it is localcluster itself, for the tests of whole processes.
func TestProgram(t *testing.T) {
	if os.Getenv(programVariable) != "" {
		os.Exit(run(flag.Args()))
	}
}

func TestSignalEndsProgram(t *testing.T) {
	p := startProgram(t)
	var r ready
	p.decodeLine(t, &r)
	if r.Version == "" || r.PID != p.Process.Pid || r.Server == "" {
		t.Errorf("the line is %+v", r)
	}
	for _, path := range []string{r.Kubeconfig, r.AgentKubeconfig} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
	}
	p.signal(t, syscall.SIGTERM)
	if rest := p.rest(t); rest != "" {
		t.Errorf("it printed more: %q", rest)
	}
	p.wantExit(t, 0)
	p.wantNothingLeft(t)
}

func TestCommandEndsProgram(t *testing.T) {
	p := startProgram(t, "--", "sh", "-c", `trap "exit 7" TERM; cat "$WEIR_LOCALCLUSTER"; sleep 1000 & wait`)
	var r ready
	p.decodeLine(t, &r)
	if _, err := os.Stat(r.Kubeconfig); err != nil {
		t.Error(err)
	}
	p.signal(t, syscall.SIGTERM)
	p.rest(t) // ends when nobody has standard output any more, sleep included
	p.wantExit(t, 7)
	p.wantNothingLeft(t)
}

func TestKeptClusterComesBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	port := strconv.Itoa(freePort(t))
	args := []string{"--dir", dir, "--keep", "--port", port, "--until-stdin-closes"}

	first := startProgram(t, args...)
	var r ready
	first.decodeLine(t, &r)
	config := loadConfig(t, r.Kubeconfig)
	maps := kubernetes.NewForConfigOrDie(config).CoreV1().ConfigMaps("default")
	if _, err := maps.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "kept"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	agent := loadConfig(t, r.AgentKubeconfig)
	check(t, first.stdin.Close)
	first.wantExit(t, 0)

	second := startProgram(t, args...)
	second.decodeLine(t, &r)
	if _, err := maps.Get(t.Context(), "kept", metav1.GetOptions{}); err != nil {
		t.Errorf("with the first kubeconfig: %v", err)
	}
	if _, err := kubernetes.NewForConfigOrDie(agent).Discovery().ServerVersion(); err != nil {
		t.Errorf("with the first kubeconfig of the agent: %v", err)
	}
	second.signal(t, syscall.SIGINT)
	second.wantExit(t, 0)
	if _, err := os.Stat(filepath.Join(dir, etcdFolder)); err != nil {
		t.Errorf("the data is gone: %v", err)
	}
}

func TestFailureToStartIsExplained(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	p := startProgram(t, "--port", strconv.Itoa(taken.Addr().(*net.TCPAddr).Port))
	p.wantExit(t, 1)
	if !strings.HasPrefix(p.stderr.String(), "localcluster: starting the API server: ") {
		t.Errorf("the error is %q", &p.stderr)
	}
	p.wantNothingLeft(t)
}

// program is a localcluster that runs in a process of its own.
type program struct {
	*exec.Cmd
	tmp    string // its folder for temporary files
	stdin  io.Closer
	stdout *bufio.Reader
	stderr bytes.Buffer
}

func startProgram(t *testing.T, args ...string) *program {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{"-test.run=^TestProgram$", "--", "--crds", istioCRDs(t)}, args...)
	p := &program{Cmd: exec.CommandContext(t.Context(), binary, args...), tmp: t.TempDir()}
	p.Env = append(os.Environ(), programVariable+"=1", "TMPDIR="+p.tmp)
	p.Stderr = &p.stderr
	if p.stdin, err = p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdout = bufio.NewReader(stdout)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// decodeLine decodes the next line of standard output.
func (p *program) decodeLine(t *testing.T, into any) {
	t.Helper()
	line, err := p.stdout.ReadBytes('\n')
	if err != nil {
		t.Fatalf("reading a line: %v; %s", err, &p.stderr)
	}
	if err := json.Unmarshal(line, into); err != nil {
		t.Fatalf("decoding %q: %v", line, err)
	}
}

// rest is what standard output has until its end.
func (p *program) rest(t *testing.T) string {
	t.Helper()
	rest, err := io.ReadAll(p.stdout)
	if err != nil {
		t.Error(err)
	}
	return string(rest)
}

func (p *program) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

func (p *program) wantExit(t *testing.T, code int) {
	t.Helper()
	p.rest(t)
	if err := p.Wait(); p.ProcessState.ExitCode() != code {
		t.Errorf("it ended with %v; %s", err, &p.stderr)
	}
}

// wantNothingLeft checks that no file is left behind.
func (p *program) wantNothingLeft(t *testing.T) {
	t.Helper()
	entries, err := os.ReadDir(p.tmp)
	if err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// freePort is a port that nobody has at the moment.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(context.WithoutCancel(t.Context()), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
