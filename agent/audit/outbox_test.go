package audit_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/rollout"
)

// went is the sealed entry of the n-th move back, its sentence as long as said.
func went(t require.TestingT, n, size int) audit.Sealed {
	e := entry(rollout.Back)
	e.Seq, e.Previous, e.Time = n, rollout.Digest(fmt.Sprint("sha256:", n-1)), noon.Add(time.Duration(n)*time.Minute)
	e.Reason.Sentence = strings.Repeat("x", size)
	return seal(t, e)
}

// told is the digests that an outbox tells of, in order.
func told(t require.TestingT, outbox []rollout.Record) []rollout.Digest {
	var out []rollout.Digest
	for _, r := range outbox {
		if !audit.IsMerged(r.Path) {
			out = append(out, rollout.DigestBytes(r.Data))
			continue
		}
		var m audit.Merged
		require.NoError(t, json.Unmarshal(r.Data, &m))
		for _, s := range m.Entries {
			out = append(out, s.Digest)
		}
	}
	return out
}

func TestAFullOutboxMergesItsOldestRecords(t *testing.T) {
	var outbox []rollout.Record
	var posted []rollout.Digest
	for i := range audit.MaxRecords + 3 {
		s := went(t, i+1, 10)
		outbox, posted = audit.Post(outbox, s), append(posted, s.Digest)
	}
	require.Len(t, outbox, audit.MaxRecords)
	assert.Regexp(t, `^decisions/edge/production/reviews-0123456789ab/0001-merged-[0-9a-f]{12}\.json$`, outbox[0].Path)
	assert.Equal(t, posted, told(t, outbox), "of each there is at least its digest, in order")

	var m audit.Merged
	require.NoError(t, json.Unmarshal(outbox[0].Data, &m))
	require.Len(t, m.Entries, 4)
	assert.Equal(t, "v1 50 · v3 50", m.Entries[0].Changes[0].To.String())
	assert.Equal(t, rollout.Digest("sha256:0"), m.Entries[0].Previous)
	assert.Equal(t, rollout.Back, m.Entries[0].Operation)
}

func TestAnOutboxStaysSmallEnoughForAnAnnotation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var outbox []rollout.Record
		for i, size := range rapid.SliceOfN(rapid.IntRange(0, 30<<10), 1, 24).Draw(t, "sizes") {
			before := told(t, outbox)
			s := went(t, i+1, size)
			next := audit.Post(outbox, s)
			require.Equal(t, before, told(t, outbox), "the outbox that was given has changed")
			outbox = next

			bytes := 0
			for _, r := range outbox {
				bytes += len(r.Path) + len(r.Data)
			}
			require.LessOrEqual(t, len(outbox), audit.MaxRecords)
			require.True(t, bytes <= audit.MaxBytes || len(outbox) == 1, "%d bytes in %d records", bytes, len(outbox))
			all := told(t, outbox)
			require.Equal(t, s.Digest, all[len(all)-1], "the newest is the only record of its move")
			require.Equal(t, s.Path, outbox[len(outbox)-1].Path)
		}
	})
}

// Two states may share the array behind their outboxes: posting to one must
// not write into the other.
func TestPostingTwiceToOneOutboxGivesTwo(t *testing.T) {
	shared := make([]rollout.Record, 0, 8)
	a, b := audit.Post(shared, went(t, 9, 1)), audit.Post(shared, went(t, 10, 1))
	assert.NotEqual(t, told(t, a), told(t, b))
}

func TestWhatStandsInAnOutboxWasApplied(t *testing.T) {
	s := went(t, 3, 10)
	done := audit.Applications(rollout.Record{Path: s.Path, Data: s.Data})
	require.Len(t, done, 1)
	assert.Equal(t, strings.Replace(s.Path, "decisions/", "outcomes/", 1), done[0].Path)
	var o audit.Outcome
	require.NoError(t, json.Unmarshal(done[0].Data, &o))
	assert.Equal(t, audit.Applied, o.Result)
	assert.Equal(t, noon.Add(3*time.Minute).UTC(), o.Time, "whoever pushes it writes the same")
}

// A way back of a hundred steps, while Git is away: none of them is forgotten, though
// of the oldest there is room for little more than their digests.
func TestALongWayBackIsForgottenByNobody(t *testing.T) {
	var outbox []rollout.Record
	var posted []rollout.Digest
	for n := range 99 {
		e := entry(rollout.Back)
		e.Seq, e.Previous, e.Time = n+1, rollout.Digest(fmt.Sprint("sha256:", n)), noon.Add(time.Duration(n)*time.Minute)
		e.Review, e.Reason.Sentence = json.RawMessage(`"`+strings.Repeat("x", 4<<10)+`"`), strings.Repeat("y", 500)
		s := seal(t, e)
		outbox, posted = audit.Post(outbox, s), append(posted, s.Digest)
	}
	assert.Equal(t, posted, told(t, outbox))
	all := audit.Summaries(outbox[0])
	assert.True(t, all[0].Short())
	assert.Equal(t, rollout.Digest("sha256:0"), all[0].Previous, "the chain goes on through it")
	assert.False(t, all[len(all)-1].Short())
}
