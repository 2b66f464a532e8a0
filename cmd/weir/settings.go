package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/weir-delivery/weir/agent/git"
)

// gitIn runs the person's own git in a folder, where it knows more than files say. It
// asks nobody, and goes by the folder: a hook that weir runs in names a repository in
// the environment, which may be another one.
func gitIn(ctx context.Context, dir, stdin string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "git", args...)
	command.Dir, command.Stdin = dir, strings.NewReader(stdin)
	command.Env = append(slices.DeleteFunc(os.Environ(), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.Contains([]string{"GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE"}, name)
	}), "GIT_TERMINAL_PROMPT=0")
	var said bytes.Buffer
	command.Stderr = &said
	out, err := command.Output()
	if err != nil && said.Len() > 0 {
		err = fmt.Errorf("%w: %s", err, strings.TrimSpace(said.String()))
	}
	return string(out), err
}

// settings are git's, as git finds them in a folder: in every file that it reads, in
// what those include, and in its environment. The last of several holds, as for git.
type settings map[string]string

// settingsOf reads them; in a folder that is in no clone, those of the person.
func settingsOf(ctx context.Context, dir string) (settings, error) {
	out, err := gitIn(ctx, dir, "", "config", "--list", "-z")
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, usagef("git is not installed, and says who asks: install it, or have somebody else push the file")
	case err != nil:
		return nil, fmt.Errorf("reading the configuration of git: %w", err)
	}
	found := settings{}
	for pair := range strings.SplitSeq(strings.TrimSuffix(out, "\x00"), "\x00") {
		name, value, has := strings.Cut(pair, "\n")
		if !has {
			value = "true" // a name alone is that
		}
		found[name] = value
	}
	return found, nil
}

// on tells whether a setting is switched on.
func (s settings) on(name string) bool {
	switch strings.ToLower(s[name]) {
	case "true", "yes", "on", "1":
		return true
	}
	return false
}

// identity is who commits, as git finds it.
func (s settings) identity() (git.Identity, error) {
	who := git.Identity{
		Name:  cmp.Or(os.Getenv("GIT_AUTHOR_NAME"), s["author.name"], s["user.name"]),
		Email: cmp.Or(os.Getenv("GIT_AUTHOR_EMAIL"), s["author.email"], s["user.email"]),
	}
	if who.Name == "" || who.Email == "" || strings.ContainsAny(who.Name+who.Email, "<>\n\x00") {
		return who, usagef("nobody can tell who asks: set git config user.name and user.email")
	}
	return who, nil
}

// person is how commits and intents name somebody.
func person(who git.Identity) string { return who.Name + " <" + who.Email + ">" }
