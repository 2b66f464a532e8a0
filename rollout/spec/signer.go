package spec

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// Signers are written as lines of an OpenSSH allowed signers file (ssh-keygen(1),
// ALLOWED SIGNERS), as git's gpg.ssh.allowedSignersFile has them: a mail address,
// options, and a public key.

const signerHint = `write it as in an allowed signers file: "ann@example.com ssh-ed25519 AAAA..."`

// maxSigner bounds one line: an RSA key of 16384 bits has less than 3000 characters.
const maxSigner = 4096

var (
	mailAddress = regexp.MustCompile(`^[^@\s<>*?!,"]+@[^@\s<>*?!,"]+$`)
	// signerOption is one of those that commas separate, outside of quotes.
	signerOption = regexp.MustCompile(`(?:[^,"]|"[^"]*"?)+`)
	keyTypes     = []string{
		"ssh-ed25519", "sk-ssh-ed25519@openssh.com", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
		"ecdsa-sha2-nistp521", "sk-ecdsa-sha2-nistp256@openssh.com", "ssh-rsa",
	}
)

// signers reads whose keys sign commits. A key is one person's.
func signers(v value) []rollout.Signer {
	var out []rollout.Signer
	keys := firsts{}
	v.list(func(v value) {
		line := v.text(limited(maxSigner, anyText))
		if s, ok := signer(v, line); ok {
			keys.once(v, s.Key, "a key is one person's")
			out = append(out, s)
		}
	}, "name somebody's key, or leave the field out")
	return out
}

// signer reads one line.
func signer(v value, line string) (s rollout.Signer, ok bool) {
	words := strings.Fields(line)
	if len(words) == 0 {
		if line != "" { // what is left out was said already
			v.bad(signerHint, "is blank")
		}
		return s, false
	}
	if !mailAddress.MatchString(words[0]) {
		v.bad("name one person a line by a mail address; patterns and lists could be anybody", "names no mail address: %q", words[0])
		return s, false
	}
	s.Person = words[0]
	at := slices.IndexFunc(words, func(w string) bool { return slices.Contains(keyTypes, w) })
	if at < 1 || at+1 >= len(words) {
		v.bad(signerHint+"; the kinds of keys are "+strings.Join(keyTypes, ", "), "holds no public key")
		return s, false
	}
	ok = options(v, words[1:at], &s)
	key, err := base64.StdEncoding.DecodeString(words[at+1])
	if err != nil || !strings.HasPrefix(string(key), string(binary.BigEndian.AppendUint32(nil, uint32(len(words[at]))))+words[at]) || len(key) < len(words[at])+36 {
		v.bad("copy the whole line of the .pub file", "holds a public key that is not one of the kind %s", words[at])
		return s, false
	}
	sum := sha256.Sum256(key)
	s.Key = "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
	return s, ok
}

// options reads the options of a line.
func options(v value, words []string, s *rollout.Signer) bool {
	var all []string
	for _, w := range words {
		all = append(all, signerOption.FindAllString(w, -1)...)
	}
	for _, option := range all {
		name, quoted, _ := strings.Cut(option, "=")
		is := strings.Trim(quoted, `"`)
		switch strings.ToLower(name) {
		case "namespaces":
			if !slices.Contains(strings.Split(is, ","), "git") {
				v.bad(`leave it out, or say namespaces="git"`, "is a key that does not sign commits: %s", option)
				return false
			}
		case "valid-after", "valid-before":
			at, err := keyTime(is)
			if err != nil {
				v.bad(`write it in UTC, as in valid-before="20270101Z" or "202701011200Z"`, "has no time that means the same everywhere: %s", option)
				return false
			}
			if strings.EqualFold(name, "valid-after") {
				s.From = at
			} else {
				s.Until = at
			}
		case "cert-authority":
			v.bad("name the keys themselves", "names an authority, which weir does not follow")
			return false
		default:
			v.bad(signerHint, "has an option that is not known: %s", option)
			return false
		}
	}
	if !s.Until.IsZero() && !s.From.Before(s.Until) {
		v.bad("swap valid-after and valid-before", "is a key that is never valid")
		return false
	}
	return true
}

// keyTime reads YYYYMMDD[HHMM[SS]] and a Z. Without the Z it would be the time of
// whatever zone the reader is in.
func keyTime(text string) (time.Time, error) {
	var err error
	for _, layout := range []string{"20060102Z", "200601021504Z", "20060102150405Z"} {
		var at time.Time
		if at, err = time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, err
}
