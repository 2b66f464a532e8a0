package simulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing/fstest"
	"time"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/rollout"
)

// Broken is a promise that was broken, and how.
type Broken struct {
	// Promise is its number in section 6 of the design, or a word.
	Promise string
	What    string
}

func (b Broken) Error() string { return fmt.Sprintf("promise %s: %s", b.Promise, b.What) }

// oracle watches what the agents do. It has its own arithmetic and its own
// memory: of the planner it uses nothing.
type oracle struct {
	w      *world
	broken *Broken
	// writer is the process whose call is taking effect; nil while people write.
	writer *process

	branch  map[string]string         // the status branch as last seen
	files   fstest.MapFS              // the same, as the model holds it
	entries map[rollout.Digest]*entry // every decision ever seen, on the branch or in an outbox
	moved   map[string]string         // by target, journey and number: the split it led to
	merged  map[string]bool           // the merged records ever seen in an outbox, by path
	posted  map[string]string         // records of moves back that must come to the branch, by path
	last    map[rollout.Ref]written
	taken   map[rollout.ID][]rollout.Journey // by journey: each step as a member took it
	knew    string                           // the last good commit that the writer had when it asked
	permits map[string]labels                // by version of a VirtualService: the labels that it allows behind its subsets
	begun   map[rollout.ID]int               // by journey: the commit that was known when it was first seen
	found   map[rollout.Ref]int              // what was found at other weights than Git's: the commit that was known then

	sides map[string]side // what was read of versions, and of commits below
	wants map[string]rollout.Routes

	policies map[int]rollout.Digest // the digests of policies, by wish.Strict
	fates    map[rollout.Digest]*fate
	lived    map[rollout.Ref]*lived
}

// written is who wrote a VirtualService last, and when, and which life of which
// agent gave it the state that it has, when, and by which commit.
type written struct {
	by   *process
	at   time.Time
	mind *process
	life int
	gave time.Time
	knew int // the newest commit that moved it, as the last good one of who did
}

// entry is a decision as the oracle reads it.
type entry struct {
	audit.Entry
	pushed bool
	// began and at are when the pass began that decided it, and when it was pushed;
	// zero for one that arrived late.
	began, at time.Time
}

func newOracle(w *world) *oracle {
	return &oracle{
		w: w, branch: map[string]string{}, entries: map[rollout.Digest]*entry{}, moved: map[string]string{},
		posted: map[string]string{}, merged: map[string]bool{}, last: map[rollout.Ref]written{}, taken: map[rollout.ID][]rollout.Journey{}, policies: map[int]rollout.Digest{},
		permits: map[string]labels{}, begun: map[rollout.ID]int{}, found: map[rollout.Ref]int{},
		sides: map[string]side{}, wants: map[string]rollout.Routes{},
		fates: map[rollout.Digest]*fate{}, lived: map[rollout.Ref]*lived{},
	}
}

// breaks notes the first promise that was broken.
func (o *oracle) breaks(promise, format string, args ...any) {
	if o.broken == nil {
		o.broken = &Broken{promise, fmt.Sprintf(format, args...)}
		o.w.say("BROKEN %v", *o.broken)
	}
}

// fetched is told what an agent has of the watched branch.
func (o *oracle) fetched(p *process, sha string) {
	if sha != p.fetched || !p.begun {
		o.trusted(p, sha)
	}
	p.fetched, p.begun = sha, p.resumed
	if o.w.history[sha].valid() {
		p.known = sha
	}
}

// recorded reads the status branch anew after a commit on it: what was created
// there stays as it is for ever, and every file is read once.
func (o *oracle) recorded(p *process, c agent.Commit) {
	tree, err := o.w.eyes.Read(o.w.ctx)
	if err != nil {
		panic(fmt.Sprintf("simulator: internal error: %v", err))
	}
	if strings.Contains(c.Message, secret) {
		o.breaks("8", "a commit's message says a secret: %s", c.Message)
	}
	files, ok := tree.(fstest.MapFS)
	if !ok {
		panic("simulator: internal error: the model's tree is no MapFS")
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if o.files[path] == files[path] { // not written since
			continue
		}
		content := string(files[path].Data)
		before, known := o.branch[path]
		o.branch[path] = content
		switch {
		case known && before != content && lasting(path):
			o.breaks("10", "%s was rewritten", path)
		case strings.Contains(content, secret):
			o.breaks("8", "%s says a secret", path)
		case strings.HasPrefix(path, "status/"):
			o.recalls(p, path, files[path].Data)
		case known:
		case audit.IsMerged(path):
			o.abridged(path, files[path].Data)
		case strings.HasPrefix(path, "decisions/"):
			o.decided(p, c, path, files[path].Data)
		case strings.HasPrefix(path, "outcomes/"):
			o.ended(p, path, files)
		}
	}
	for path := range o.files {
		if files[path] == nil {
			if lasting(path) {
				o.breaks("10", "%s is lost", path)
			}
			delete(o.branch, path)
		}
	}
	o.files = files
}

// lasting tells whether a file of the status branch stays as it is for ever.
func lasting(path string) bool {
	return strings.HasPrefix(path, "decisions/") || strings.HasPrefix(path, "outcomes/")
}

// decided reads a new decision on the branch. It follows one that is known.
func (o *oracle) decided(p *process, c agent.Commit, path string, data []byte) {
	e, err := audit.Decode(data)
	if err != nil {
		o.breaks("10", "%s cannot be read: %v", path, err)
		return
	}
	digest := rollout.DigestBytes(data)
	for _, before := range e.Follows() {
		if _, known := o.entries[before]; !known {
			o.breaks("10", "%s follows %s, which nobody ever saw", path, before)
		}
	}
	o.entries[digest] = &entry{Entry: e, pushed: true}
	if _, own := c.Create[path]; own && !o.w.rushed {
		o.entries[digest].began, o.entries[digest].at = p.began, o.w.now
	}
	o.judged(p, c, path, e)
	o.impartial(path, e)
	if at, waits := o.posted[path]; waits {
		if at != string(data) {
			o.breaks("10", "%s is not what was done", path)
		}
		delete(o.posted, path)
	}
}

// ended reads a new outcome: of a decision that is there.
func (o *oracle) ended(p *process, path string, files fstest.MapFS) {
	decision := "decisions/" + strings.TrimPrefix(path, "outcomes/")
	if _, waits := o.posted[decision]; files[decision] == nil && !waits {
		o.breaks("10", "%s is the outcome of nothing", path)
	}
	o.told(p, path, files[path].Data)
}

// stored is told of every version that the API server stores.
func (o *oracle) stored(s agenttest.Stored) {
	before := o.last[s.Ref]
	if s.Kind == "VirtualService" {
		defer o.lives(s)
		last := before
		if last.by, last.at = o.writer, o.w.now; o.writer != nil {
			last.mind, last.life, last.gave = o.writer, o.writer.life, o.w.now
			if o.side(s.Before).stands() != o.side(s.After).stands() {
				last.knew = max(last.knew, o.nth(o.knew))
			}
		}
		o.last[s.Ref] = last
		if s.Before != nil && s.After != nil {
			o.permits[versionOf(s.After)] = o.permits[versionOf(s.Before)]
		}
	}
	if o.writer == nil {
		o.excuse(s)
		return
	}
	if o.w.trace != nil {
		o.w.say("agent %d stores %s %s: %s to %s %s", o.writer.n, s.Kind, s.Ref.Name, splitsOf(s.Before), splitsOf(s.After), stateLine(s.After))
	}
	if s.Kind == "VirtualService" {
		o.compared(s)
	}
	if s.Kind == "VirtualService" && s.After == nil {
		o.removed(s)
	}
	if s.Kind != "VirtualService" || s.After == nil {
		return
	}
	v := o.version(s)
	if v == nil {
		return
	}
	o.informed(v, before)
	o.still(v)
	o.sums(v)
	o.allowed(v)
	o.stepped(v)
	o.corrected(v)
	o.ready(v)
	o.kept(v)
	o.unforked(v)
	o.relabelled(v)
	o.anchored(v)
	o.quiet(v)
	o.adopted(v)
	o.undrifted(v)
	o.carries(v)
	o.consented(v)
	o.rebuilt(v)
	o.timely(v)
	o.eased(v)
	o.gated(v)
}

// excuse gives up records that a person threw away with the VirtualService or
// its annotation: the outbox is all that held them.
func (o *oracle) excuse(s agenttest.Stored) {
	if s.Kind != "VirtualService" {
		return
	}
	was := o.side(s.Before).state
	if was == nil || o.side(s.After).state != nil {
		return
	}
	o.fateOf(was.Journey.Entry).lost = true
	for _, r := range was.Outbox {
		o.discards(s.Ref, r)
	}
}
