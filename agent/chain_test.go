package agent

import (
	"fmt"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// empty is a cluster in which nothing is ours.
type empty struct{ Cluster }

func (empty) Owned() []LiveObject { return nil }

// A move whose only followers were merged in an outbox was applied, says the branch
// alone, once the outbox is gone.
func TestAMoveIsFollowedByThoseThatWereMerged(t *testing.T) {
	var outbox []rollout.Record
	first := rollout.DigestBytes([]byte("the move before them"))
	last := first
	for n := range audit.MaxRecords + 3 {
		e := audit.Entry{
			Cluster: "edge", Environment: "production", Rollout: "reviews", ID: "0123456789ab", Seq: n + 2, Operation: rollout.Back,
			Verdict: policy.Allow, Previous: last, Time: time.Date(2026, 11, 23, 3, n, 0, 0, time.UTC),
		}
		s, err := e.Seal()
		require.NoError(t, err)
		outbox, last = audit.Post(outbox, s), s.Digest
	}
	tree := fstest.MapFS{}
	for _, r := range outbox {
		tree[r.Path] = &fstest.MapFile{Data: r.Data}
	}
	require.True(t, audit.IsMerged(outbox[0].Path))
	a := &Agent{options: Options{Cluster: "edge"}, cluster: empty{}}
	known, err := a.chain(func() (fs.FS, error) { return tree, nil })
	require.NoError(t, err)
	assert.True(t, known.goesOn(first), fmt.Sprint(known))
	assert.True(t, known.older(first, last), "through all of them")
	assert.False(t, known.goesOn(last))
}

// A new life reads what has no end yet, and not the decisions of years.
func TestADecisionWhoseEndIsThereIsNotOpened(t *testing.T) {
	e := audit.Entry{Cluster: "edge", Environment: "production", Rollout: "reviews", ID: "0123456789ab", Seq: 2, Operation: rollout.Forward, Verdict: policy.Allow}
	last, err := e.Seal()
	require.NoError(t, err)
	tree := fstest.MapFS{
		"decisions/edge/production/reviews-0123456789ab/0001.json": {Data: []byte("who reads this?")},
		"outcomes/edge/production/reviews-0123456789ab/0001.json":  {Data: []byte("{}")},
		last.Path: {Data: last.Data},
	}
	a := &Agent{options: Options{Cluster: "edge"}, cluster: empty{}, open: map[string]open{}}
	require.NoError(t, a.unfinished(tree))
	assert.Len(t, a.open, 1)
	assert.Equal(t, last, a.open[last.Path].sealed)
}
