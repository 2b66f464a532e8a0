package git

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// signing is the namespace of what git signs, so that a signature of something
// else is none of a commit. It is git's own, as in its gpg-interface.
const signing = "git"

// maxSignature bounds what is taken for a signature: git's are below 5 KiB with
// the largest keys.
const maxSignature = 16 << 10

// signer is the fingerprint of the SSH key that signed the commit.
func (o *objects) signer(commit plumbing.Hash) string {
	raw, err := o.read(plumbing.CommitObject, commit, o.limits.FileBytes)
	if err != nil {
		return "" // the next look at the commit says why
	}
	return SignerOf(raw)
}

// SignerOf is the fingerprint of the SSH key whose signature over the raw commit
// is right; empty for no signature, for one of another kind, for one that is
// wrong, and for a commit that could be read in two ways.
func SignerOf(commit []byte) string {
	armoured, payload := unsigned(commit)
	if armoured == nil {
		return ""
	}
	s, err := sshsig.Unarmor(armoured)
	if err != nil || s.Namespace != signing {
		return ""
	}
	if _, certificate := s.PublicKey.(*ssh.Certificate); certificate {
		return "" // whose it is would be for its authority to say
	}
	if sshsig.Verify(bytes.NewReader(payload), s, s.PublicKey, s.HashAlgorithm, signing) != nil {
		return ""
	}
	return ssh.FingerprintSHA256(s.PublicKey)
}

// unsigned takes the signature out of a commit: what is left is what was signed.
// The signature is nil where there is not exactly one.
func unsigned(commit []byte) (signature, payload []byte) {
	header, message, whole := bytes.Cut(commit, []byte("\n\n"))
	if !whole {
		return nil, nil
	}
	found, inside := 0, false
	for line := range bytes.Lines(append(bytes.Clone(header), '\n')) {
		name, value, _ := bytes.Cut(line, []byte(" "))
		switch {
		case string(name) == "gpgsig":
			found, inside = found+1, true
			signature = append(signature, value...)
		case bytes.HasPrefix(name, []byte("gpgsig")):
			return nil, nil // gpgsig-sha256: a commit of another hash too
		case inside && len(name) == 0:
			signature = append(signature, value...)
		default:
			inside = false
			payload = append(payload, line...)
		}
	}
	if found != 1 || len(signature) > maxSignature {
		return nil, nil
	}
	return signature, append(append(payload, '\n'), message...)
}

// signature signs a commit that is not stored yet.
func signature(c *object.Commit, sign func([]byte) (string, error)) (string, error) {
	var raw plumbing.MemoryObject
	if err := c.EncodeWithoutSignature(&raw); err != nil {
		return "", fmt.Errorf("building the commit: %w", err)
	}
	reader, err := raw.Reader()
	if err != nil {
		return "", fmt.Errorf("building the commit: %w", err)
	}
	payload, err := io.ReadAll(reader)
	if err != nil {
		return "", fmt.Errorf("building the commit: %w", err)
	}
	armoured, err := sign(payload)
	if err != nil {
		return "", fmt.Errorf("signing the commit: %w", err)
	}
	return strings.TrimRight(armoured, "\n") + "\n", nil
}
