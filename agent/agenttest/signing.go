package agenttest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// SigningKey is the SSH key of a person in tests, always the same.
func SigningKey(person string) ssh.Signer {
	seed := sha256.Sum256([]byte(person))
	signer, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(seed[:]))
	if err != nil {
		panic(fmt.Sprintf("a signing key for %s: %v", person, err)) // an ed25519 key always is one
	}
	return signer
}

// Fingerprint is that of a person's SigningKey.
func Fingerprint(person string) string { return ssh.FingerprintSHA256(SigningKey(person).PublicKey()) }

// AllowedSigner is the line of an allowed signers file for a person, "Name
// <address>", and their SigningKey.
func AllowedSigner(person string) string {
	_, address, _ := strings.Cut(strings.TrimSuffix(person, ">"), "<")
	return address + " " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(SigningKey(person).PublicKey())))
}
