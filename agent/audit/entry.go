package audit

import (
	"encoding/json"
	"fmt"
	"path"
	"reflect"
	"time"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// APIVersion is the version of every document on the status branch.
const APIVersion = "weir.dev/v1alpha1"

// Entry is one decision: what moves where, what the policies said, and why.
// It is immutable once sealed.
type Entry struct {
	APIVersion  string     `json:"apiVersion"`
	Kind        string     `json:"kind"` // Decision
	Cluster     string     `json:"cluster"`
	Environment string     `json:"environment"`
	Namespace   string     `json:"namespace"`
	Rollout     string     `json:"rollout"`
	ID          rollout.ID `json:"id"`
	// Seq counts the allowed moves of the journey from 1; a refusal names the
	// number it would have taken.
	Seq       int              `json:"seq"`
	Step      int              `json:"step"`
	Operation rollout.Kind     `json:"operation"`
	Changes   []Change         `json:"changes"`
	Verdict   policy.Verdict   `json:"verdict"`
	Findings  []policy.Finding `json:"findings"`
	// Problem is why the policies could not judge.
	Problem  string         `json:"problem,omitempty"`
	Reason   rollout.Reason `json:"reason"`
	Revision string         `json:"revision"`
	Author   string         `json:"author,omitempty"`
	Subject  string         `json:"subject,omitempty"`
	// Intents are what people had asked of the journey, as far as it counts.
	Intents []rollout.Intent `json:"intents,omitempty"`
	// Samples are what metrics said that the move rests on: those of the newest
	// instant, and the failures.
	Samples  []rollout.Sample `json:"samples,omitempty"`
	Policies rollout.Digest   `json:"policies"`
	Input    rollout.Digest   `json:"input,omitempty"`
	// Review is the input that the policies saw, for replay.
	Review json.RawMessage `json:"review,omitempty"`
	Time   time.Time       `json:"time"`
	// Previous is the digest of the entry that allowed the state before.
	Previous rollout.Digest `json:"previous,omitempty"`
}

// Change is one target's split before and after.
type Change struct {
	Target rollout.Ref    `json:"target"`
	From   rollout.Routes `json:"from,omitempty"`
	To     rollout.Routes `json:"to,omitempty"`
	// Previous is the digest of the entry that allowed the target's state before,
	// where that is not the one that the whole entry follows: it came from elsewhere.
	Previous rollout.Digest `json:"previous,omitempty"`
}

// Sealed is a document of the status branch, ready to be pushed: its path, its
// bytes and their digest.
type Sealed struct {
	Path   string
	Data   []byte
	Digest rollout.Digest
}

// New is the entry for a move, before any policy spoke.
func New(r *rollout.Rollout, f rollout.Facts, m rollout.Move, now time.Time) Entry {
	before, _ := rollout.Remembered(r, f)
	e := Entry{
		APIVersion: APIVersion, Kind: "Decision",
		Cluster: r.Source.Cluster, Environment: r.Name.Environment, Namespace: r.Name.Namespace, Rollout: r.Name.Plan,
		ID: m.Journey.ID, Seq: m.Journey.Seq, Step: m.Journey.Step, Operation: m.Kind,
		Verdict: policy.Allow, Findings: []policy.Finding{}, Reason: m.Reason,
		Revision: r.Source.Revision, Author: r.Source.Author, Subject: r.Source.Subject,
		Intents: rollout.Counted(r, f, m.Journey, now), Time: now.UTC(), Previous: before.Entry,
	}
	e.Samples = rollout.Evidence(r, f, now)
	for _, c := range m.Changes {
		e.Changes = append(e.Changes, Change{c.Ref, c.From.Moving(), c.To.Moving(), e.apart(f, c.Ref)})
	}
	return e
}

// apart is the entry that allowed a target's state, if another than the one that e
// follows.
func (e Entry) apart(f rollout.Facts, ref rollout.Ref) rollout.Digest {
	live, _ := f.LiveOf(ref)
	if live.State == nil || live.State.Journey.Entry == e.Previous {
		return ""
	}
	return live.State.Journey.Entry
}

// Follows are the digests of the entries that allowed what this one changes.
func (e Entry) Follows() []rollout.Digest { return follows(e.Previous, e.Changes) }

func follows(previous rollout.Digest, changes []Change) []rollout.Digest {
	var out []rollout.Digest
	if previous != "" {
		out = append(out, previous)
	}
	for _, c := range changes {
		if c.Previous != "" {
			out = append(out, c.Previous)
		}
	}
	return out
}

// Judged is the entry with the policies' answer and the input that they saw.
func (e Entry) Judged(d policy.Decision, q policy.Question) (Entry, error) {
	review, err := json.Marshal(q)
	if err != nil {
		return e, fmt.Errorf("recording the policies' input: %w", err)
	}
	e.Verdict, e.Problem, e.Policies, e.Input, e.Review = d.Verdict, d.Problem, d.Policies, d.Input, review
	if d.Findings != nil {
		e.Findings = d.Findings
	}
	return e, nil
}

// Seal writes the entry down. It is pure: equal entries have equal bytes.
func (e Entry) Seal() (Sealed, error) {
	data, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return Sealed{}, fmt.Errorf("writing down move %d of %s/%s/%s: %w", e.Seq, e.Environment, e.Namespace, e.Rollout, err)
	}
	data = append(data, '\n')
	return Sealed{e.path(), data, rollout.DigestBytes(data)}, nil
}

// path is where the entry stands. A refusal is named by what it refuses and
// why, so that the same answer is written once however often it is given.
func (e Entry) path() string {
	name := fmt.Sprintf("%04d.json", e.Seq)
	switch {
	case e.Verdict != policy.Allow:
		said := rollout.DigestOf(struct {
			Changes  []Change
			Findings []policy.Finding
			Policies rollout.Digest
		}{e.Changes, e.Findings, e.Policies})
		name = fmt.Sprintf("%04d-denied-%s.json", e.Seq, said.Short())
	case e.Operation == rollout.Back:
		name = fmt.Sprintf("%04d-back-%s.json", e.Seq, rollout.DigestOf(e).Short()) // it is applied before it is pushed: none may take another's place
	}
	return path.Join("decisions", e.Folder(), name)
}

// Folder is the journey's place under decisions/ and outcomes/.
func (e Entry) Folder() string {
	return path.Join(e.Cluster, e.Environment, fmt.Sprintf("%s-%s", e.Rollout, e.ID))
}

// Same tells whether both allow the same move after the same entry: a crash between
// recording and applying, or a second agent, writes no second entry. What a move
// writes beside weights its changes do not say: there both have to be for one commit.
func (e Entry) Same(o Entry) bool {
	shapes := e.Operation == rollout.Reshape || e.Operation == rollout.Create
	return (!shapes || e.Revision == o.Revision) && e.ID == o.ID && e.Seq == o.Seq && e.Step == o.Step && e.Operation == o.Operation &&
		e.Verdict == o.Verdict && e.Previous == o.Previous && reflect.DeepEqual(e.Changes, o.Changes)
}

// Decode reads a sealed entry back.
func Decode(data []byte) (Entry, error) {
	var e Entry
	if err := json.Unmarshal(data, &e); err != nil {
		return Entry{}, fmt.Errorf("reading an audit entry: %w", err)
	}
	return e, nil
}
