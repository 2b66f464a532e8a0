package git_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/weir-delivery/weir/agent/git"
)

func newKey(t *testing.T) (ssh.Signer, string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	signer, err := ssh.NewSignerFromKey(private)
	require.NoError(t, err)
	block, err := ssh.MarshalPrivateKey(private, "")
	require.NoError(t, err)
	return signer, string(pem.EncodeToMemory(block))
}

// serveSSH runs the git program for whoever has the key, as a forge does.
func serveSSH(t *testing.T, host ssh.Signer, allowed ssh.PublicKey) string {
	t.Helper()
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if string(key.Marshal()) != string(allowed.Marshal()) {
			return nil, assert.AnError
		}
		return nil, nil
	}}
	config.AddHostKey(host)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go serveConnection(connection, config)
		}
	}()
	return listener.Addr().String()
}

func serveConnection(connection net.Conn, config *ssh.ServerConfig) {
	_, channels, requests, err := ssh.NewServerConn(connection, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for offered := range channels {
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		for request := range requests {
			_ = request.Reply(request.Type == "exec", nil)
			if request.Type != "exec" {
				continue
			}
			var line struct{ Command string }
			_ = ssh.Unmarshal(request.Payload, &line)
			program, path, _ := strings.Cut(line.Command, " ")
			command := exec.Command("git", strings.TrimPrefix(program, "git-"), strings.Trim(path, "'")) //nolint:gosec // the test's own
			command.Stdin, command.Stdout, command.Stderr = channel, channel, channel.Stderr()
			_ = command.Run()
			_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{0}))
			_ = channel.Close()
		}
	}
}

// What stands behind /~/ is found from the home of whoever logs in, which on this server
// is where the test runs.
func TestOverSSHAPathMayBeginAtHome(t *testing.T) {
	r := newRemote(t)
	host, _ := newKey(t)
	client, private := newKey(t)
	address := serveSSH(t, host, client.PublicKey())
	home, err := os.Getwd()
	require.NoError(t, err)
	path, err := filepath.Rel(home, r.server.Path(repo))
	require.NoError(t, err)
	repository := r.open(func(c *git.Config) {
		c.URL = "ssh://git@" + address + "/~/" + filepath.ToSlash(path)
		c.Credentials = secretFolder(t, map[string]string{
			"ssh-privatekey": private, "known_hosts": knownhosts.Line([]string{knownhosts.Normalize(address)}, host.PublicKey()) + "\n",
		})
	})
	_, err = repository.Fetch(t.Context())
	require.NoError(t, err)
}

func TestOverSSHTheHostKeyIsAlwaysChecked(t *testing.T) {
	r := newRemote(t)
	host, _ := newKey(t)
	impostor, _ := newKey(t)
	client, private := newKey(t)
	address := serveSSH(t, host, client.PublicKey())
	known := knownhosts.Line([]string{knownhosts.Normalize(address)}, host.PublicKey()) + "\n"
	open := func(files map[string]string) *git.Repository {
		return r.open(func(c *git.Config) {
			c.URL = "ssh://git@" + address + r.server.Path(repo)
			c.Credentials = secretFolder(t, files)
		})
	}

	repository := open(map[string]string{"ssh-privatekey": private, "known_hosts": known})
	_, err := repository.Fetch(t.Context())
	require.NoError(t, err)
	r.Commit(map[string]string{"a": "new"})
	_, err = repository.Fetch(t.Context())
	require.NoError(t, err)
	for _, name := range []string{"1", "2"} {
		_, _, err = repository.Record(t.Context(), entry(name, "x"))
		require.NoError(t, err)
	}
	assert.Equal(t, []string{"entry 2", "entry 1"}, r.StatusLog())

	wrong := knownhosts.Line([]string{knownhosts.Normalize(address)}, impostor.PublicKey()) + "\n"
	_, stranger := newKey(t)
	for want, files := range map[string]map[string]string{
		"key mismatch":           {"ssh-privatekey": private, "known_hosts": wrong},
		"key is unknown":         {"ssh-privatekey": private, "known_hosts": "other.example.com " + strings.SplitN(known, " ", 2)[1]},
		"known_hosts":            {"ssh-privatekey": private},
		"ssh-privatekey":         {"known_hosts": known},
		"unable to authenticate": {"ssh-privatekey": stranger, "known_hosts": known},
	} {
		_, err := open(files).Fetch(t.Context())
		assert.ErrorContains(t, err, want)
	}
}

// runAgent is an ssh-agent that holds the key, as the environment names it.
func runAgent(t *testing.T, key string) {
	t.Helper()
	private, err := ssh.ParseRawPrivateKey([]byte(key))
	require.NoError(t, err)
	ring := agent.NewKeyring()
	require.NoError(t, ring.Add(agent.AddedKey{PrivateKey: private}))
	dir, err := os.MkdirTemp("", "agent") // a socket's path is short
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	listener, err := net.Listen("unix", filepath.Join(dir, "socket"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, connection) }()
		}
	}()
	t.Setenv("SSH_AUTH_SOCK", listener.Addr().String())
}

func TestAPersonsSSHAgentServesAndTheHostKeyIsCheckedAllTheSame(t *testing.T) {
	r := newRemote(t)
	host, _ := newKey(t)
	impostor, _ := newKey(t)
	client, private := newKey(t)
	address := serveSSH(t, host, client.PublicKey())
	runAgent(t, private)
	person := func(c *git.Config) { c.URL, c.SSHAgent = "ssh://git@"+address+r.server.Path(repo), true }
	known := func(key ssh.PublicKey) {
		file := filepath.Join(t.TempDir(), "known_hosts")
		require.NoError(t, os.WriteFile(file, []byte(knownhosts.Line([]string{knownhosts.Normalize(address)}, key)+"\n"), 0o600))
		t.Setenv("SSH_KNOWN_HOSTS", file)
	}
	known(host.PublicKey())
	_, err := r.open(person).Propose(t.Context(), proposal("a"))
	require.NoError(t, err)
	known(impostor.PublicKey())
	_, err = r.open(person).Fetch(t.Context())
	assert.ErrorContains(t, err, "key mismatch")
	t.Setenv("SSH_AUTH_SOCK", filepath.Join(t.TempDir(), "nobody"))
	_, err = r.open(person).Fetch(t.Context())
	assert.ErrorContains(t, err, "asking the ssh-agent")
	_, err = git.Open(t.Context(), git.Config{URL: "ssh://git@" + address + "/x.git", Dir: t.TempDir()})
	assert.ErrorContains(t, err, "ssh needs a folder", "an agent has no person's keys")
}

func TestAServerThatAcceptsAndSaysNothingIsLeft(t *testing.T) {
	r := newRemote(t)
	host, _ := newKey(t)
	_, private := newKey(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	left := make(chan error, 1)
	go func() {
		connection, err := listener.Accept()
		if err == nil {
			_, err = io.Copy(io.Discard, connection)
		}
		left <- err
	}()
	address := listener.Addr().String()
	source := r.open(func(c *git.Config) {
		c.URL, c.Timeout = "ssh://git@"+address+"/x.git", 300*time.Millisecond
		c.Credentials = secretFolder(t, map[string]string{
			"ssh-privatekey": private, "known_hosts": knownhosts.Line([]string{knownhosts.Normalize(address)}, host.PublicKey()) + "\n",
		})
	})
	_, err = source.Fetch(t.Context())
	require.ErrorContains(t, err, "did not answer within 300ms")
	select {
	case err := <-left:
		assert.NoError(t, err)
	case <-time.After(10 * time.Second):
		assert.Fail(t, "the connection is kept")
	}
}
