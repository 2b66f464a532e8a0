package git_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// No date stops what reads it: whoever writes it down could not.
func TestADateThatNobodyCanWriteDownIsNone(t *testing.T) {
	r := newRemote(t)
	source := r.open()
	tree := r.git("rev-parse", "HEAD^{tree}")
	for date, is := range map[string]string{
		"1700000000 +0100": "2023-11-14T23:13:20+01:00", "1736000000000 +0000": "0001-01-01T00:00:00Z", "-99999999999 +0000": "0001-01-01T00:00:00Z",
		"1700000000 +9900": "0001-01-01T00:00:00Z", "253402304398 -0100": "0001-01-01T00:00:00Z", "9223372036854775807 +0000": "0001-01-01T00:00:00Z",
	} {
		commit := r.object("commit", fmt.Appendf(nil, "tree %s\nauthor A <a@b> %s\ncommitter A <a@b> %s\n\ndated\n", tree, date, date))
		r.git("push", "--quiet", "--force", "origin", commit+":refs/heads/main")
		for _, revision := range r.bothWays(source) {
			written, err := revision.Time.MarshalText()
			require.NoError(t, err, date)
			assert.Equal(t, is, string(written), date)
			info, err := fs.Stat(revision.Tree, "README.md")
			require.NoError(t, err)
			assert.True(t, revision.Time.Equal(info.ModTime()), date)
		}
	}
}

// packed is one object of a pack: its type, and what it holds as it is laid down there,
// behind what names its base.
func packed(kind byte, base, content []byte) []byte {
	size := len(content)
	out := []byte{kind<<4 | byte(size&15)}
	for size >>= 4; size > 0; size >>= 7 {
		out[len(out)-1] |= 0x80
		out = append(out, byte(size&0x7f))
	}
	var data bytes.Buffer
	to := zlib.NewWriter(&data)
	_, _ = to.Write(content) // into memory: neither can fail
	_ = to.Close()
	return append(append(out, base...), data.Bytes()...)
}

// A difference of a few kilobytes can say of another object that it is gigabytes large,
// each of its parts copied from the same bytes: it is refused before anybody does.
func TestADifferenceThatMakesTooMuchIsRefused(t *testing.T) {
	const blob, byOffset, byName = 3, 6, 7
	first := packed(blob, nil, bytes.Repeat([]byte("x"), 1<<16))
	for name, base := range map[string][]byte{"by offset": {byte(len(first))}, "by name": []byte(strings.Repeat("x", 20))} {
		t.Run(name, func(t *testing.T) {
			delta := binary.AppendUvarint(binary.AppendUvarint(nil, 1<<16), 200<<20)
			delta = append(delta, bytes.Repeat([]byte{0x80}, 200<<20>>16)...) // copy 64 KiB from the start
			kind := byte(byOffset)
			if name == "by name" {
				kind = byName
			}
			pack := append([]byte("0008NAK\nPACK\x00\x00\x00\x02\x00\x00\x00\x02"), first...)
			pack = append(pack, packed(kind, base, delta)...)
			source, _ := fake(t, func(w io.Writer) { _, _ = w.Write(pack) })
			_, err := source.Fetch(t.Context())
			assert.ErrorContains(t, err, "the commit holds an object of 200 MiB, the limit is 128 MiB")
		})
	}
}
