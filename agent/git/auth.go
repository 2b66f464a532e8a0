package git

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
	gitssh "github.com/go-git/go-git/v5/plumbing/transport/ssh"
	"golang.org/x/crypto/ssh"
)

// The files of a credentials folder. For http: username and password (a token
// is a password; the user name may be left out then) or bearerToken, and ca.crt
// for a private certificate authority. For ssh: ssh-privatekey, known_hosts and,
// for an encrypted key, password.
const (
	fileUsername   = "username"
	filePassword   = "password"
	fileBearer     = "bearerToken"
	fileCA         = "ca.crt"
	filePrivateKey = "ssh-privatekey"
	fileKnownHosts = "known_hosts"
)

// credentials reads the folder. An empty one stands for none.
type credentials struct {
	dir     string
	agent   bool // without a folder, ssh asks the running ssh-agent
	timeout time.Duration
	secrets *secrets
}

// method reads the files anew, so that a changed Secret needs no restart.
func (c credentials) method(at location) (transport.AuthMethod, error) {
	switch {
	case at.scheme == "ssh" && c.dir == "" && c.agent:
		return c.agents(at)
	case at.scheme == "ssh":
		return c.key(at)
	case c.dir == "" || at.scheme == "file":
		return nil, nil
	}
	user, err := c.read(fileUsername)
	if err != nil {
		return nil, err
	}
	password, err := c.read(filePassword)
	if err != nil {
		return nil, err
	}
	bearer, err := c.read(fileBearer)
	if err != nil {
		return nil, err
	}
	if user == "" && password == "" && bearer == "" {
		return nil, nil // a Secret that may be left out, and was: the repository is public
	}
	orString(&user, "git")
	c.secrets.remember(password, bearer, base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
	switch {
	case bearer != "" && password != "":
		return nil, fmt.Errorf("reading credentials in %s: there is a %s and a %s; keep one", c.dir, filePassword, fileBearer)
	case bearer != "":
		return &githttp.TokenAuth{Token: bearer}, nil
	case password != "":
		return &githttp.BasicAuth{Username: user, Password: password}, nil
	}
	return nil, fmt.Errorf("reading credentials in %s: there is neither a %s nor a %s", c.dir, filePassword, fileBearer)
}

// key is the private key, bound to the hosts that known_hosts names.
func (c credentials) key(at location) (transport.AuthMethod, error) {
	password, err := c.read(filePassword)
	if err != nil {
		return nil, err
	}
	c.secrets.remember(password)
	private := filepath.Join(c.dir, filePrivateKey)
	keys, err := gitssh.NewPublicKeysFromFile(at.user, private, password)
	if err != nil {
		return nil, fmt.Errorf("reading the private key %s: %w", private, err)
	}
	known := filepath.Join(c.dir, fileKnownHosts)
	hosts, err := gitssh.NewKnownHostsDb(known)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", known, err)
	}
	keys.HostKeyCallback, keys.HostKeyAlgorithms = hosts.HostKeyCallback(), hosts.HostKeyAlgorithms(at.dial())
	return &timedKeys{PublicKeys: keys, timeout: c.timeout}, nil
}

// agents are the keys of the running ssh-agent, bound to the hosts that the
// user's own known_hosts name.
func (c credentials) agents(at location) (transport.AuthMethod, error) {
	keys, err := gitssh.NewSSHAgentAuth(at.user)
	if err != nil {
		return nil, fmt.Errorf("asking the ssh-agent (start one with ssh-add, or name a folder with %s and %s): %w", filePrivateKey, fileKnownHosts, err)
	}
	hosts, err := gitssh.NewKnownHostsDb()
	if err != nil {
		return nil, fmt.Errorf("reading the user's known_hosts: %w", err)
	}
	keys.HostKeyCallback, keys.HostKeyAlgorithms = hosts.HostKeyCallback(), hosts.HostKeyAlgorithms(at.dial())
	return keys, nil
}

// dial is the host and port to connect to.
func (l location) dial() string {
	port := l.port
	if port == 0 {
		port = gitssh.DefaultPort
	}
	return net.JoinHostPort(l.host, strconv.Itoa(port))
}

// timedKeys bounds the time to connect, and of all that is done by the connection.
type timedKeys struct {
	*gitssh.PublicKeys
	timeout time.Duration
}

// ClientConfig is the key's, with a timeout.
func (k *timedKeys) ClientConfig() (*ssh.ClientConfig, error) {
	config, err := k.PublicKeys.ClientConfig()
	if err == nil {
		config.Timeout = k.timeout
	}
	return config, err
}

// authorities is the pool with ca.crt added; nil where there is none.
func (c credentials) authorities() (*x509.CertPool, error) {
	if c.dir == "" {
		return nil, nil
	}
	pem, err := c.read(fileCA)
	if err != nil || pem == "" {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM([]byte(pem)) {
		return nil, fmt.Errorf("reading %s: it holds no certificate", filepath.Join(c.dir, fileCA))
	}
	return pool, nil
}

// read returns a file without the line end that editors add; "" where there is none.
func (c credentials) read(name string) (string, error) {
	content, err := os.ReadFile(filepath.Join(c.dir, name)) //nolint:gosec // the operator names the folder
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading credentials: %w", err)
	}
	return string(bytes.TrimRight(content, "\r\n")), nil
}

// secrets remembers what must never be said, former values included: an error
// may quote a request that was made before the Secret changed.
type secrets struct {
	mu    sync.Mutex
	known []string
}

const maxSecrets = 64

func (s *secrets) remember(values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, value := range values {
		if value != "" && !slices.Contains(s.known, value) {
			s.known = append(s.known, value)
		}
	}
	if len(s.known) > maxSecrets {
		s.known = s.known[len(s.known)-maxSecrets:]
	}
}
