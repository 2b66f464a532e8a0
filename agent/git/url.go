package git

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/transport"
)

// location is a repository's address without any secret.
type location struct {
	scheme, user, host string
	port               int
	path               string // as the transport wants it
}

// parseURL reads a repository's address. It refuses whatever could run a
// program, carry a secret or send one in clear text, and says what to write instead.
func parseURL(raw string, allowFile, credentials bool) (location, error) {
	u, err := parseStrictly(raw)
	if err != nil {
		return location{}, err
	}
	at := location{scheme: u.Scheme, host: u.Hostname(), path: u.Path}
	if at.port, err = portOf(u); err != nil {
		return location{}, err
	}
	switch u.Scheme {
	case "https", "http":
		at.path = u.EscapedPath()
		if u.User != nil {
			return location{}, fmt.Errorf("repository URL %s: credentials do not belong into the URL; "+
				"put them into files named username and password and name their folder", at)
		}
		if u.Scheme == "http" && credentials && !loopback(at.host) {
			return location{}, fmt.Errorf("repository URL %s: credentials would be sent in clear text; use https", at)
		}
	case "ssh":
		if _, secret := u.User.Password(); secret {
			return location{}, fmt.Errorf("repository URL %s: a password does not belong into the URL; ssh uses a key", at)
		}
		// From the user's home, as git has it: git-clone(1), GIT URLS.
		at.path = strings.TrimPrefix(at.path, "/~/")
		at.user = u.User.Username()
		if at.user == "" {
			at.user = "git"
		}
		if strings.HasPrefix(at.path, "-") {
			return location{}, errors.New("repository URL: its path begins with a dash")
		}
		if strings.HasPrefix(at.user, "-") {
			return location{}, errors.New("repository URL: its user begins with a dash")
		}
		if !credentials {
			return location{}, fmt.Errorf("repository URL %s: ssh needs a folder with the files ssh-privatekey and known_hosts", at)
		}
	case "file":
		return at, at.checkFile(u, allowFile)
	default:
		return location{}, fmt.Errorf("repository URL: the scheme %q is not supported; use https or ssh", u.Scheme)
	}
	if at.host == "" || strings.HasPrefix(at.host, "-") {
		return location{}, fmt.Errorf("repository URL %s: it names no host", at)
	}
	if strings.Trim(at.path, "/") == "" {
		return location{}, fmt.Errorf("repository URL %s: it names no repository", at)
	}
	return at, nil
}

// parseStrictly never repeats what it was given: it may hold a secret.
func parseStrictly(raw string) (*url.URL, error) {
	if raw == "" {
		return nil, errors.New("repository URL: it is empty")
	}
	if strings.HasPrefix(raw, "-") {
		return nil, errors.New("repository URL: it begins with a dash")
	}
	if !strings.Contains(raw, "://") {
		return nil, errors.New("repository URL: it has no scheme; write https://host/path, " +
			"or ssh://git@host/path in place of git@host:path")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("repository URL: it is not a URL; write https://host/path")
	}
	if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Opaque != "" {
		return nil, errors.New("repository URL: it may not have a query or a fragment")
	}
	if strings.ContainsFunc(u.Path, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return nil, errors.New("repository URL: it holds a control character")
	}
	return u, nil
}

func portOf(u *url.URL) (int, error) {
	if u.Port() == "" {
		return 0, nil
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || port == 0 {
		return 0, fmt.Errorf("repository URL: %s is not a port", u.Port())
	}
	return int(port), nil
}

func (l location) checkFile(u *url.URL, allowed bool) error {
	switch {
	case !allowed:
		return errors.New("repository URL: file:// is not allowed here; use https or ssh")
	case u.Host != "" || u.User != nil:
		return errors.New("repository URL: a file:// URL names no host; write file:///path")
	case !strings.HasPrefix(u.Path, "/"):
		return errors.New("repository URL: a file:// URL needs an absolute path")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// String is the address as it may be shown.
func (l location) String() string {
	return l.endpoint().String()
}

func (l location) endpoint() *transport.Endpoint {
	host := l.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	at := &transport.Endpoint{Protocol: l.scheme, User: l.user, Host: host, Port: l.port, Path: l.path}
	if l.scheme == "ssh" {
		at.Proxy = timedDial()
	}
	return at
}

// branchName checks a branch's short name.
func branchName(short string) (plumbing.ReferenceName, error) {
	name := plumbing.NewBranchReferenceName(short)
	if strings.HasPrefix(short, "refs/") {
		return "", fmt.Errorf("branch %q: write its short name, as in %q", short, "main")
	}
	if strings.HasPrefix(short, "-") || name.Validate() != nil {
		return "", fmt.Errorf("branch %q: Git does not allow that name", short)
	}
	return name, nil
}
