package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/weir-delivery/weir/agent/git"
)

// origin is the repository that a clone came from: what people ask of a rollout
// is read and written there, and the clone stays as it is.
type origin struct {
	*git.Repository
	dir string
}

// openOrigin opens the remote of a clone. Its credentials are those of the
// folder, of the URL, of the clone's own credential helper, or of the ssh-agent.
func openOrigin(ctx context.Context, c *clone, config git.Config) (*origin, error) {
	remote, err := c.repo.Remote("origin")
	if err != nil || len(remote.Config().URLs) == 0 {
		return nil, usagef("the clone has no remote named origin to push to; name another clone with --repo")
	}
	dir, err := os.MkdirTemp("", "weir-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for what is fetched: %w", err)
	}
	o := &origin{dir: dir}
	address, login := address(c.remote(ctx, remote.Config().URLs[0]), c.base())
	config.URL, config.AllowFile, config.SSHAgent, config.Dir = address, true, true, filepath.Join(dir, "objects")
	if config.Credentials == "" {
		if config.Credentials, err = o.keep(fill(ctx, c.base(), address, login)); err != nil {
			return nil, errors.Join(err, o.Close())
		}
	}
	if o.Repository, err = git.Open(ctx, config); err != nil {
		return nil, errors.Join(usagef("%v; name the folder of the credentials with --git-credentials, or print the file with --dry-run and push it by git", err), o.Close())
	}
	return o, nil
}

// openURL opens a repository by its address, without a clone. Its credentials are
// those of the folder, of the person's credential helper, or of the ssh-agent.
func openURL(ctx context.Context, config git.Config) (*origin, error) {
	dir, err := os.MkdirTemp("", "weir-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for what is fetched: %w", err)
	}
	o := &origin{dir: dir}
	config.SSHAgent, config.Dir = true, filepath.Join(dir, "objects")
	if config.Credentials == "" {
		if config.Credentials, err = o.keep(fill(ctx, ".", config.URL, nil)); err != nil {
			return nil, errors.Join(err, o.Close())
		}
	}
	if o.Repository, err = git.Open(ctx, config); err != nil {
		return nil, errors.Join(usagef("%v", err), o.Close())
	}
	return o, nil
}

// Close is io.Closer's.
func (o *origin) Close() error { return os.RemoveAll(o.dir) }

// keep writes a login where the repository looks for one.
func (o *origin) keep(login *url.Userinfo) (string, error) {
	password, has := login.Password()
	if !has {
		return "", nil
	}
	dir := filepath.Join(o.dir, "credentials")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("making a folder for credentials: %w", err)
	}
	for name, content := range map[string]string{"username": login.Username(), "password": password} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			return "", fmt.Errorf("keeping credentials: %w", err)
		}
	}
	return dir, nil
}

var scpLike = regexp.MustCompile(`^(?:([^/@:]+)@)?([^/:]+):(.+)$`)

// remote is the address that git itself goes to, by url.*.insteadOf too.
func (c *clone) remote(ctx context.Context, written string) string {
	said, err := gitIn(ctx, c.base(), "", "ls-remote", "--get-url", "origin")
	if err != nil {
		return written
	}
	return strings.TrimSuffix(said, "\n")
}

// address is a remote's URL as the adapter wants it, and the login that was in it. A
// path is taken from the folder, as git does it.
func address(remote, folder string) (string, *url.Userinfo) {
	if u, err := url.Parse(remote); err == nil && strings.Contains(remote, "://") {
		if u.Scheme != "https" && u.Scheme != "http" {
			return remote, nil
		}
		login := u.User
		u.User = nil
		return u.String(), login
	}
	if at := scpLike.FindStringSubmatch(remote); at != nil && !strings.HasPrefix(remote, ".") {
		user := cmp.Or(at[1], "git")
		if strings.HasPrefix(at[3], "/") {
			return "ssh://" + user + "@" + at[2] + at[3], nil
		}
		return "ssh://" + user + "@" + at[2] + "/~/" + at[3], nil // from the user's home, as for scp
	}
	if !filepath.IsAbs(remote) {
		remote = filepath.Join(folder, remote)
	}
	return "file://" + filepath.ToSlash(remote), nil
}

// fill completes a login by the credential helpers that git has in the folder, as git
// would; none where they know of none.
func fill(ctx context.Context, dir, address string, login *url.Userinfo) *url.Userinfo {
	u, err := url.Parse(address)
	if _, has := login.Password(); has || err != nil || u.Scheme != "https" {
		return login
	}
	ask := fmt.Sprintf("protocol=%s\nhost=%s\npath=%s\n", u.Scheme, u.Host, strings.TrimPrefix(u.Path, "/"))
	if name := login.Username(); name != "" {
		ask += "username=" + name + "\n"
	}
	out, err := gitIn(ctx, dir, ask+"\n", "credential", "fill")
	if err != nil {
		return login
	}
	said := map[string]string{}
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\n"), "=")
		said[key] = value
	}
	if said["password"] == "" {
		return login
	}
	return url.UserPassword(said["username"], said["password"])
}
