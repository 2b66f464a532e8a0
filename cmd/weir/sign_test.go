package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hiddeco/sshsig"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/agenttest"
)

// eveSigns is a gpg.ssh.program that signs with Eve's key, for the scripts.
func eveSigns() {
	if want := []string{"-Y", "sign", "-n", "git", "-f", os.Getenv("EVES_KEY")}; !slices.Equal(want, os.Args[1:]) {
		fmt.Fprintf(os.Stderr, "called with %q, not %q\n", os.Args[1:], want)
		os.Exit(2)
	}
	s, err := sshsig.Sign(os.Stdin, agenttest.SigningKey("Eve <eve@example.com>"), sshsig.HashSHA512, "git")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_, _ = os.Stdout.Write(sshsig.Armor(s))
}

func TestTheSigningKeyIsTheOneThatGitWouldUse(t *testing.T) {
	const eve = "Eve <eve@example.com>"
	line := agenttest.AllowedSigner(eve)[len("eve@example.com "):]
	file := filepath.Join(t.TempDir(), "id.pub")
	require.NoError(t, os.WriteFile(file, []byte(line+" eve\n"), 0o600))
	for name, key := range map[string]string{
		"its file":               file,
		"the private file":       file[:len(file)-len(".pub")],
		"the key itself":         line,
		"the key, marked as one": "key::" + line,
	} {
		got, err := signingOf(configured(t, "gpg.format", "ssh", "user.signingkey", key)).public()
		require.NoError(t, err, name)
		assert.Equal(t, agenttest.Fingerprint(eve), got, name)
	}
	for _, key := range []string{"/nowhere/id.pub", "0123ABCD", "key::ssh-ed25519 x"} {
		_, err := signingOf(configured(t, "gpg.format", "ssh", "user.signingkey", key)).public()
		assert.ErrorContains(t, err, "no public SSH key is there: name a .pub file", key)
	}
	assert.Empty(t, signingOf(configured(t, "user.signingkey", "0123ABCD")).key, "a key of PGP is none of SSH")
	assert.True(t, signingOf(configured(t, "gpg.format", "ssh", "commit.gpgsign", "true")).always)
}

// What a machine without OpenSSH cannot show is shown by the scripts' own program.
func TestSSHKeygenSignsWhatWeirReads(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		return
	}
	file := filepath.Join(t.TempDir(), "id")
	require.NoError(t, exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file).Run())
	by := signingOf(configured(t, "gpg.format", "ssh", "user.signingkey", file+".pub"))
	armoured, err := by.sign(t.Context(), []byte("a commit"))
	require.NoError(t, err)
	s, err := sshsig.Unarmor([]byte(armoured))
	require.NoError(t, err)
	assert.Equal(t, "git", s.Namespace)
	_, err = signingOf(configured(t, "gpg.format", "ssh", "user.signingkey", file+"x", "gpg.ssh.program", "no-such-program")).sign(t.Context(), nil)
	assert.ErrorContains(t, err, "no-such-program is not installed, and signs commits: it comes with OpenSSH")
	_, err = signingOf(configured(t, "gpg.format", "ssh", "user.signingkey", file+"x")).sign(t.Context(), nil)
	assert.ErrorContains(t, err, "ssh-keygen with the key "+file+"x")
}
