package git_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A side that left before the earlier commit reaches back to what everybody knew then.
func TestWhatCameBeforeHasNoPartInAMergeThatWritesAnew(t *testing.T) {
	r := newRemote(t)
	r.CommitBy(ada, map[string]string{"a": "0"})
	r.CommitBy(ada, map[string]string{"a": "1"})
	r.git("checkout", "--quiet", "-b", "side")
	back := r.as(bert)
	r.commit(map[string]string{"a": "2"})
	back()
	side := r.git("rev-parse", "HEAD")
	r.git("checkout", "--quiet", "main")
	since := r.CommitBy(ada, map[string]string{"a": "3"})
	r.git("merge", "--quiet", "--no-ff", "--no-commit", "--strategy", "ours", "side")
	merged := r.Commit(map[string]string{"a": "4"})
	require.Equal(t, side, r.git("rev-parse", merged+"^2"))
	tip := r.CommitBy(bert, map[string]string{"a": "5"})
	wrote, err := r.open().Writers(t.Context(), since, tip, []string{"a"})
	require.NoError(t, err)
	var ids []string
	for _, c := range wrote {
		ids = append(ids, c.SHA)
	}
	assert.ElementsMatch(t, []string{tip, merged, side}, ids)
}
