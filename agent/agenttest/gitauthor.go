package agenttest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Author is a developer with a clone: writes, commits, pushes and reverts by the
// git program, as a person would. Not for use from several goroutines.
type Author struct {
	Name, Email string
	// At dates the commits; zero means now.
	At  time.Time
	dir string
}

// NewAuthor clones the repository, which may be empty, into the folder.
func NewAuthor(ctx context.Context, url, dir, name string) (*Author, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("cloning for %s: %w", name, err)
	}
	if _, err := runGit(ctx, dir, nil, "clone", "--quiet", url, "."); err != nil {
		return nil, err
	}
	// Large pushes in one piece: a CGI server takes no chunks.
	if _, err := runGit(ctx, dir, nil, "config", "http.postBuffer", "536870912"); err != nil {
		return nil, err
	}
	email := strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@example.com"
	return &Author{Name: name, Email: email, dir: dir}, nil
}

// Dir is the clone's work tree.
func (a *Author) Dir() string { return a.dir }

// Write writes a file of the work tree.
func (a *Author) Write(path, content string) error {
	file := filepath.Join(a.dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return os.WriteFile(file, []byte(content), 0o600)
}

// Copy writes every file of the tree.
func (a *Author) Copy(tree fs.FS) error {
	return fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(tree, path)
		if err != nil {
			return err
		}
		return a.Write(path, string(content))
	})
}

// Remove removes a file or folder of the work tree.
func (a *Author) Remove(path string) error {
	return os.RemoveAll(filepath.Join(a.dir, filepath.FromSlash(path)))
}

// Commit commits the whole work tree and returns the commit's id.
func (a *Author) Commit(ctx context.Context, message string) (string, error) {
	if _, err := a.Git(ctx, "add", "--all"); err != nil {
		return "", err
	}
	if _, err := a.Git(ctx, "commit", "--quiet", "--allow-empty", "--message", message); err != nil {
		return "", err
	}
	return a.Head(ctx)
}

// Head is the id of the clone's newest commit.
func (a *Author) Head(ctx context.Context) (string, error) {
	out, err := a.Git(ctx, "rev-parse", "HEAD")
	return strings.TrimSpace(out), err
}

// Push pushes the newest commit to main.
func (a *Author) Push(ctx context.Context) error {
	_, err := a.Git(ctx, "push", "--quiet", "origin", "HEAD:refs/heads/main")
	return err
}

// Publish writes the files, commits and pushes them.
func (a *Author) Publish(ctx context.Context, message string, files map[string]string) (string, error) {
	for path, content := range files {
		if err := a.Write(path, content); err != nil {
			return "", err
		}
	}
	sha, err := a.Commit(ctx, message)
	return sha, errors.Join(err, a.Push(ctx))
}

// Revert undoes the newest commit by a new one, which it returns; not pushed yet.
func (a *Author) Revert(ctx context.Context) (string, error) {
	if _, err := a.Git(ctx, "revert", "--no-edit", "HEAD"); err != nil {
		return "", err
	}
	return a.Head(ctx)
}

// Log is the subjects of a remote branch's commits, newest first; none when the
// branch does not exist.
func (a *Author) Log(ctx context.Context, branch string) ([]string, error) {
	exists, err := a.fetch(ctx, branch)
	if err != nil || !exists {
		return nil, err
	}
	out, err := a.Git(ctx, "log", "--format=%s", "origin/"+branch)
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSpace(out), "\n"), nil
}

// Show is a file of a remote branch; an error of fs.ErrNotExist's kind when it
// has none.
func (a *Author) Show(ctx context.Context, branch, path string) (string, error) {
	exists, err := a.fetch(ctx, branch)
	if err != nil {
		return "", err
	}
	if exists {
		listed, err := a.Git(ctx, "ls-tree", "--name-only", "origin/"+branch, "--", path)
		if err != nil {
			return "", err
		}
		exists = listed != ""
	}
	if !exists {
		return "", fmt.Errorf("showing %s of %s: %w", path, branch, fs.ErrNotExist)
	}
	return a.Git(ctx, "show", "origin/"+branch+":"+path)
}

// fetch brings a remote branch and says whether it exists.
func (a *Author) fetch(ctx context.Context, branch string) (bool, error) {
	listed, err := a.Git(ctx, "ls-remote", "origin", "refs/heads/"+branch)
	if err != nil || listed == "" {
		return false, err
	}
	_, err = a.Git(ctx, "fetch", "--quiet", "origin", "+refs/heads/"+branch+":refs/remotes/origin/"+branch)
	return err == nil, err
}

// Git runs any git command in the clone, as this author.
func (a *Author) Git(ctx context.Context, args ...string) (string, error) {
	env := []string{
		"GIT_AUTHOR_NAME=" + a.Name, "GIT_AUTHOR_EMAIL=" + a.Email,
		"GIT_COMMITTER_NAME=" + a.Name, "GIT_COMMITTER_EMAIL=" + a.Email,
	}
	if !a.At.IsZero() {
		date := a.At.Format(time.RFC3339)
		env = append(env, "GIT_AUTHOR_DATE="+date, "GIT_COMMITTER_DATE="+date)
	}
	return runGit(ctx, a.dir, env, args...)
}
