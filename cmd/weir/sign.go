package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// signing is how a person's git signs commits with SSH: its configuration is
// user.signingkey, gpg.format and gpg.ssh.program (git-config(1)).
type signing struct {
	key     string // a file, or a public key itself
	program string
	always  bool   // commit.gpgsign
	other   string // the format that git signs with in place of SSH
}

// signingOf reads how git signs; one without a key where it does not with SSH.
func signingOf(c settings) signing {
	s := signing{program: cmp.Or(c["gpg.ssh.program"], "ssh-keygen"), always: c.on("commit.gpgsign")}
	if format := cmp.Or(c["gpg.format"], "openpgp"); format != "ssh" {
		s.other = format
		return s
	}
	s.key = c["user.signingkey"]
	return s
}

// public is the fingerprint of the key.
func (s signing) public() (string, error) {
	text, file := s.literal()
	for _, name := range []string{file, strings.TrimSuffix(file, ".pub") + ".pub"} {
		if file == "" {
			break
		}
		if data, err := os.ReadFile(name); err == nil && !bytes.Contains(data, []byte("PRIVATE KEY")) {
			text = string(data)
			break
		}
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(text))
	if err != nil {
		return "", usagef("user.signingkey of git is %q, and no public SSH key is there: name a .pub file", s.key)
	}
	return ssh.FingerprintSHA256(key), nil
}

// literal is the public key that stands in the configuration itself, or else the
// file that does.
func (s signing) literal() (key, file string) {
	if key, ok := strings.CutPrefix(s.key, "key::"); ok {
		return key, ""
	}
	if strings.HasPrefix(s.key, "ssh-") {
		return s.key, ""
	}
	if rest, ok := strings.CutPrefix(s.key, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return "", filepath.Join(home, rest)
		}
	}
	return "", s.key
}

// sign has ssh-keygen sign a commit, which may ask for a passphrase or for a
// touch, as it does under git.
func (s signing) sign(ctx context.Context, commit []byte) (string, error) {
	literal, file := s.literal()
	args := []string{"-Y", "sign", "-n", "git"}
	if literal != "" {
		dir, err := os.MkdirTemp("", "weir-signing-")
		if err != nil {
			return "", err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		file = filepath.Join(dir, "key.pub")
		if err := os.WriteFile(file, []byte(literal+"\n"), 0o600); err != nil {
			return "", err
		}
		args = append(args, "-U")
	}
	command := exec.CommandContext(ctx, s.program, append(args, "-f", file)...) //nolint:gosec // as the person's own git does
	var said bytes.Buffer
	command.Stdin, command.Stderr = bytes.NewReader(commit), &said
	out, err := command.Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", fmt.Errorf("%s is not installed, and signs commits: it comes with OpenSSH", s.program)
	case err != nil:
		return "", fmt.Errorf("%s with the key %s: %w: %s", s.program, file, err, strings.TrimSpace(said.String()))
	}
	return string(out), nil
}

// signer is what signs the commit of an intent, and the fingerprint of its key:
// where approvals are signed, and where the person's git signs all commits. What
// needs no signature goes without one where there is no key.
func (s *shell) signer(ctx context.Context, by signing, identity string, asked rollout.Intent) (sign func([]byte) (string, error), key string, err error) {
	needed := identity == spec.IdentitySignature
	if by.key == "" && needed && asked.Attested() {
		return nil, "", usagef("approvals are signed here (identity: signature in weir.yaml), and git has no SSH key to sign with: set git config gpg.format ssh, and user.signingkey to the .pub file of your key")
	}
	if by.key == "" && by.always {
		s.say("note: commit.gpgsign is on and %s; weir signs with SSH alone, so this commit is not signed", by.without())
	}
	if by.key == "" || !needed && !by.always {
		return nil, "", nil
	}
	if key, err = by.public(); err != nil {
		return nil, "", err
	}
	return func(commit []byte) (string, error) { return by.sign(ctx, commit) }, key, nil
}

// without is why there is no key to sign with.
func (s signing) without() string {
	if s.other != "" {
		return "git signs with " + s.other
	}
	return "user.signingkey names no key"
}
