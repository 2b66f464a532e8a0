package rollout

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Digest is "sha256:" and 64 hex digits, or empty for none.
type Digest string

// ID names one rollout: 12 hex digits of the digest of what it is.
type ID string

// DigestOf is the SHA-256 of the value's JSON. Maps are written in key order,
// so equal values have equal digests. It panics on values that JSON cannot
// say, which ours all can.
func DigestOf(v any) Digest {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("rollout: internal error: digest of %T: %v", v, err))
	}
	return DigestBytes(data)
}

// DigestBytes is the SHA-256 of the bytes.
func DigestBytes(data []byte) Digest {
	sum := sha256.Sum256(data)
	return Digest("sha256:" + hex.EncodeToString(sum[:]))
}

// Short is the first twelve hex digits.
func (d Digest) Short() string {
	hexed := strings.TrimPrefix(string(d), "sha256:")
	return hexed[:min(12, len(hexed))]
}

// Short prints a duration as people write it: 10m, 1h30m, 45s.
func Short(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	out := d.Round(time.Millisecond).String()
	if strings.HasSuffix(out, "m0s") {
		out = strings.TrimSuffix(out, "0s")
	}
	if strings.HasSuffix(out, "h0m") {
		out = strings.TrimSuffix(out, "0m")
	}
	return out
}
