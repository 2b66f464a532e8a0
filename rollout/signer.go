package rollout

import (
	"slices"
	"time"
)

// Signer is whose an SSH key is.
type Signer struct {
	// Person is a mail address.
	Person string `json:"person"`
	// Key is the fingerprint of the key, as ssh-keygen -l prints it: "SHA256:" and
	// the digest in base64 without padding.
	Key string `json:"key"`
	// From and Until bound when the key signs; without them it always does.
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

// Signer is whose key it was at that time; empty where it is nobody's.
func (r Rules) Signer(key string, at time.Time) string {
	i := slices.IndexFunc(r.Signers, func(s Signer) bool {
		return key != "" && s.Key == key && !at.Before(s.From) && (s.Until.IsZero() || at.Before(s.Until))
	})
	if i < 0 {
		return ""
	}
	return r.Signers[i].Person
}

// Attributed is an intent as the rules know who asked for it. Where approvals
// are signed, whoever's key signed its commit did, whatever name the commit has. One
// that nobody's key signed is nobody's, but for those that hold or go back: they
// are heeded from everybody, and by the name in the commit.
func (r Rules) Attributed(i Intent) Intent {
	if !r.Signed || i.Now {
		return i
	}
	person := r.Signer(i.Key, i.At)
	if person == "" && !i.Attested() {
		return i
	}
	i.By = person
	return i
}

// Attested tells whether it needs a signature where approvals are signed: all that
// lets something go forward does.
func (i Intent) Attested() bool { return i.Verb != ToPause && i.Verb != ToAbort }
