package git_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hiddeco/sshsig"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/git"
)

const (
	ann    = "Ann <ann@example.com>"
	mallet = "Mallet <mallet@example.com>"
)

// These commits were written by git commit -S, with keys that ssh-keygen made.
func TestWhatGitSignedIsKnown(t *testing.T) {
	for file, fingerprint := range map[string]string{
		"ed25519": "SHA256:bEQPFk/mSRtKYXBqejMocy0eGCmLmFBnox8fbIBJ310",
		"rsa":     "SHA256:8Hg0Q26X28rBZh5cJbBDbqaDfhI6HlHNnliTPQfzMd4",
		"ecdsa":   "SHA256:lxeTHyBARpCo9EK0MvxE9xETZJvTs5gWZo5n0i5Nil4",
	} {
		assert.Equal(t, fingerprint, git.SignerOf(signedByGit(t, file)), file)
	}
}

func signedByGit(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "signed", name+".commit"))
	require.NoError(t, err)
	return raw
}

const plainCommit = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor " + ann + " 1795420800 +0000\ncommitter " + ann + " 1795420800 +0000\n\napprove reviews\n"

// Whatever is not one good signature of just this commit is none.
func TestAForgedSignatureIsNobodys(t *testing.T) {
	good := signedBy(t, ann, []byte(plainCommit))
	require.Equal(t, agenttest.Fingerprint(ann), git.SignerOf(good))
	armoured := func(raw []byte, namespace string) string {
		s, err := sshsig.Sign(bytes.NewReader(raw), agenttest.SigningKey(ann), sshsig.HashSHA512, namespace)
		require.NoError(t, err)
		return string(sshsig.Armor(s))
	}
	edit := func(from, to string) []byte {
		require.Contains(t, string(good), from)
		return []byte(strings.Replace(string(good), from, to, 1))
	}
	twice := withSignature(good, armoured([]byte(plainCommit), "git"))
	stolen, err := sshsig.Sign(strings.NewReader(plainCommit), agenttest.SigningKey(mallet), sshsig.HashSHA512, "git")
	require.NoError(t, err)
	stolen.PublicKey = agenttest.SigningKey(ann).PublicKey()
	for name, commit := range map[string][]byte{
		"no signature":                      []byte(plainCommit),
		"another message":                   edit("approve reviews", "approve ratings"),
		"another author":                    edit("author Ann", "author Bob"),
		"another tree":                      edit("tree 4b", "tree 4c"),
		"one header more":                   edit("\n\napprove", "\nencoding latin1\n\napprove"),
		"a signature of something else":     withSignature([]byte(plainCommit), armoured([]byte("tag v1"), "git")),
		"a signature of a file":             withSignature([]byte(plainCommit), armoured([]byte(plainCommit), "file")),
		"another's key beside it":           withSignature([]byte(plainCommit), string(sshsig.Armor(stolen))),
		"two signatures":                    twice,
		"a signature for SHA-256 too":       edit("\ngpgsig ", "\ngpgsig-sha256 x\ngpgsig "),
		"a signature in the message":        []byte(plainCommit + "gpgsig " + armoured([]byte(plainCommit), "git")),
		"a signature by PGP":                withSignature([]byte(plainCommit), "-----BEGIN PGP SIGNATURE-----\n\niQEzBAAB\n-----END PGP SIGNATURE-----"),
		"no armour":                         withSignature([]byte(plainCommit), "c2lnbmVk"),
		"armour that does not end":          edit("-----END SSH SIGNATURE-----", "-----END"),
		"armour that is empty":              withSignature([]byte(plainCommit), "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----"),
		"a signature without end":           withSignature([]byte(plainCommit), "-----BEGIN SSH SIGNATURE-----\n"+strings.Repeat("QUFB\n", 10_000)+"-----END SSH SIGNATURE-----"),
		"a commit that is only headers":     []byte("tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\ngpgsig x"),
		"nothing":                           nil,
		"only a continuation of no header":  []byte(" gpgsig x\n\n"),
		"a signature of a whole commit too": withSignature([]byte(plainCommit), armoured(good, "git")),
	} {
		assert.Empty(t, git.SignerOf(commit), name)
	}
}

// A commit that names two authors would be one person's to git and another's here.
func TestACommitWithTwoAuthorsIsRefused(t *testing.T) {
	r := newRemote(t)
	source := r.open()
	last, err := source.Fetch(t.Context())
	require.NoError(t, err)
	raw := r.raw(r.commit(map[string]string{"a": "1"}))
	r.put([]byte(strings.Replace(string(raw), "\ncommitter ", "\nauthor "+mallet+" 1795420800 +0000\ncommitter ", 1)))
	_, err = source.Fetch(t.Context())
	require.ErrorContains(t, err, "it must name exactly one author")
	again, err := source.Open(t.Context(), last.SHA)
	require.NoError(t, err)
	assert.Equal(t, last.SHA, again.SHA)
}

func TestAProposalIsSigned(t *testing.T) {
	r := newRemote(t)
	source := r.open()
	sign := func(commit []byte) (string, error) {
		s, err := sshsig.Sign(bytes.NewReader(commit), agenttest.SigningKey(ann), sshsig.HashSHA512, "git")
		return string(sshsig.Armor(s)), err
	}
	_, err := source.Propose(t.Context(), git.Proposal{
		Author: git.Identity{Name: "Ann", Email: "ann@example.com"}, Sign: sign,
		Commit: agent.Commit{Message: "approve reviews", Time: time.Unix(1795420800, 0), Create: map[string][]byte{"approvals/a.yaml": []byte("x")}},
	})
	require.NoError(t, err)
	at, err := source.Fetch(t.Context())
	require.NoError(t, err)
	assert.Equal(t, ann, at.Author)
	assert.Equal(t, agenttest.Fingerprint(ann), at.Key)
}

func FuzzSignature(f *testing.F) {
	for _, name := range []string{"ed25519", "rsa", "ecdsa"} {
		f.Add(signedByGit(f, name))
	}
	f.Add([]byte(plainCommit))
	f.Fuzz(func(t *testing.T, commit []byte) {
		if key := git.SignerOf(commit); key != "" {
			assert.Empty(t, git.SignerOf(append(bytes.Clone(commit), 'x')), "a signature is of all of a commit")
		}
	})
}
