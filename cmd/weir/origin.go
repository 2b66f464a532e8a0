package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	gitconfig "github.com/go-git/go-git/v5/config"

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
	address, login := address(remote.Config().URLs[0])
	config.URL, config.AllowFile, config.SSHAgent, config.Dir = address, true, true, filepath.Join(dir, "objects")
	if config.Credentials == "" {
		if config.Credentials, err = o.keep(login); err == nil && login == nil {
			config.Credentials, err = o.keep(fill(ctx, c, address))
		}
		if err != nil {
			return nil, errors.Join(err, o.Close())
		}
	}
	if o.Repository, err = git.Open(ctx, config); err != nil {
		return nil, errors.Join(usagef("%v; name the folder of the credentials with --git-credentials, or print the file with --dry-run and push it by git", err), o.Close())
	}
	return o, nil
}

// openURL opens a repository by its address, without a clone.
func openURL(ctx context.Context, config git.Config) (*origin, error) {
	dir, err := os.MkdirTemp("", "weir-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for what is fetched: %w", err)
	}
	o := &origin{dir: dir}
	config.SSHAgent, config.Dir = true, filepath.Join(dir, "objects")
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

// address is a remote's URL as the adapter wants it, and the login that was in it.
func address(remote string) (string, *url.Userinfo) {
	if u, err := url.Parse(remote); err == nil && strings.Contains(remote, "://") {
		if u.Scheme != "https" && u.Scheme != "http" {
			return remote, nil
		}
		login := u.User
		u.User = nil
		return u.String(), login
	}
	if at := scpLike.FindStringSubmatch(remote); at != nil && !strings.HasPrefix(remote, ".") {
		user := at[1]
		if user == "" {
			user = "git"
		}
		return "ssh://" + user + "@" + at[2] + "/" + strings.TrimPrefix(at[3], "/"), nil
	}
	if path, err := filepath.Abs(remote); err == nil {
		remote = path
	}
	return "file://" + filepath.ToSlash(remote), nil
}

// fill asks the clone's credential helpers, as git would; nil when none answers.
func fill(ctx context.Context, c *clone, address string) *url.Userinfo {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" {
		return nil
	}
	command := exec.CommandContext(ctx, "git", "credential", "fill")
	command.Dir, _ = c.top()
	command.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0")
	command.Stdin = strings.NewReader(fmt.Sprintf("protocol=%s\nhost=%s\npath=%s\n\n", u.Scheme, u.Host, strings.TrimPrefix(u.Path, "/")))
	out, err := command.Output()
	if err != nil {
		return nil
	}
	said := map[string]string{}
	for line := range bytes.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimRight(string(line), "\n"), "=")
		said[key] = value
	}
	if said["password"] == "" {
		return nil
	}
	return url.UserPassword(said["username"], said["password"])
}

// configOf is git's configuration in the clone; c may be nil.
func configOf(c *clone) (config *gitconfig.Config, err error) {
	if c != nil {
		config, err = c.repo.ConfigScoped(gitconfig.SystemScope)
	} else {
		config, err = gitconfig.LoadConfig(gitconfig.GlobalScope)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the configuration of git: %w", err)
	}
	return config, nil
}

// identityOf is who commits, as git finds it.
func identityOf(config *gitconfig.Config) (git.Identity, error) {
	who := git.Identity{Name: config.User.Name, Email: config.User.Email}
	if config.Author.Name != "" {
		who.Name = config.Author.Name
	}
	if config.Author.Email != "" {
		who.Email = config.Author.Email
	}
	if name := os.Getenv("GIT_AUTHOR_NAME"); name != "" {
		who.Name = name
	}
	if email := os.Getenv("GIT_AUTHOR_EMAIL"); email != "" {
		who.Email = email
	}
	if who.Name == "" || who.Email == "" || strings.ContainsAny(who.Name+who.Email, "<>\n\x00") {
		return who, usagef("nobody can tell who asks: set git config user.name and user.email")
	}
	return who, nil
}

// person is how commits and intents name somebody.
func person(who git.Identity) string { return who.Name + " <" + who.Email + ">" }
