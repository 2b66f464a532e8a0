package agenttest

import (
	"crypto/sha1" //nolint:gosec // an id like Git's, not a protection
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing/fstest"
	"time"

	"github.com/weir-delivery/weir/agent"
)

// ErrAway is what the model says while it is away.
var ErrAway = errors.New("the Git server is away")

// Remote is what the suites do at the far end of a Source or Journal: what
// developers do to the watched branch, what befalls the server, and what others
// see of the status branch.
type Remote interface {
	// Commit adds a commit to the watched branch, with these files written over
	// those before and these removed, and returns its id.
	Commit(files map[string]string, remove ...string) string
	// CommitBy is Commit by an author of its own, "Name <address>".
	CommitBy(author string, files map[string]string, remove ...string) string
	// CommitSigned is CommitBy, signed with the SigningKey of somebody; of nobody if
	// there is no signer.
	CommitSigned(author, signer string, files map[string]string, remove ...string) string
	// CommitOn is CommitBy on another branch, which begins at the watched one's tip.
	CommitOn(branch, author string, files map[string]string, remove ...string) string
	// Merge commits the files on top of a base, beside the watched branch, by one
	// author, and merges that into the watched branch by a commit of another. It
	// returns the ids of both.
	Merge(base, author, merger string, files map[string]string) (side, merged string)
	// Idle adds that many commits which leave every file as it is.
	Idle(commits int) string
	// Reset forces the watched branch to an earlier commit.
	Reset(sha string)
	// Away makes the server unreachable, or reachable again.
	Away(away bool)
	// LoseAnswer has the next push arrive and its answer get lost.
	LoseAnswer()
	// BreakBefore has the server be away from the next push on, which does not arrive.
	BreakBefore()
	// BreakAfter has the server be away from the next push on, which does arrive.
	BreakAfter()
	// Transfers counts the fetches so far that carried objects.
	Transfers() int
	// StatusLog is the subjects on the status branch, newest first.
	StatusLog() []string
	// StatusFile is a file of the status branch.
	StatusFile(path string) (content string, exists bool)
}

var (
	_ Remote        = (*Git)(nil)
	_ agent.Source  = (*GitClone)(nil)
	_ agent.Journal = (*GitClone)(nil)
)

// Git is a Git repository in memory: the Remote, and through its GitClone also an
// agent.Source and agent.Journal of it. More clones are more agents.
type Git struct {
	*GitClone

	mu        sync.Mutex
	commits   map[string]*gitCommit
	main      string
	branches  map[string]string // the other branches that people push to
	status    string
	now       time.Time
	clock     func() time.Time // what time developers have; nil is a minute after the commit before
	away      bool
	hidden    bool             // whether the history cannot be read
	lose      func(*Git) error // what befalls the next push
	transfers int
}

type gitCommit struct {
	sha, parent     string
	merged          string // the second parent, of a merge
	author, subject string
	others          []string // who wrote it too
	key             string
	at              time.Time
	files           fstest.MapFS
}

// NewGit makes a repository whose watched branch has one empty commit.
func NewGit() *Git {
	g := &Git{commits: map[string]*gitCommit{}, branches: map[string]string{}, now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	g.GitClone = g.Clone()
	g.Commit(nil)
	return g
}

// Clock gives developers a clock to date their commits by.
func (g *Git) Clock(clock func() time.Time) { g.locked(func() { g.clock = clock }) }

// Clone is another agent's view of the repository.
func (g *Git) Clone() *GitClone { return &GitClone{remote: g, others: map[string]agent.Revision{}} }

// Commit is Remote's. Each commit is dated a minute after the one before.
func (g *Git) Commit(files map[string]string, remove ...string) string {
	return g.CommitBy(developer, files, remove...)
}

// developer is who writes commits unless a story says otherwise.
const developer = "Dev <dev@example.com>"

// CommitBy is Commit by an author of its own.
func (g *Git) CommitBy(author string, files map[string]string, remove ...string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.main = g.commit(g.main, "", author, "change", files, remove...)
	return g.main
}

// CommitOn is Remote's.
func (g *Git) CommitOn(branch, author string, files map[string]string, remove ...string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	tip, ok := g.branches[branch]
	if !ok {
		tip = g.main
	}
	g.branches[branch] = g.commit(tip, "", author, "change", files, remove...)
	return g.branches[branch]
}

// CommitSigned is Remote's.
func (g *Git) CommitSigned(author, signer string, files map[string]string, remove ...string) string {
	return g.Sign(g.CommitBy(author, files, remove...), signer)
}

// Sign gives a commit the key of somebody, of nobody if there is no signer.
func (g *Git) Sign(sha, signer string) string {
	if signer != "" {
		g.locked(func() { g.commits[sha].key = Fingerprint(signer) })
	}
	return sha
}

// Helped has a commit say that others than its author wrote it too, or committed it.
func (g *Git) Helped(sha string, others ...string) string {
	g.locked(func() { g.commits[sha].others = others })
	return sha
}

// Merge is Remote's.
func (g *Git) Merge(base, author, merger string, files map[string]string) (side, merged string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	side = g.commit(base, "", author, "change", files)
	g.main = g.commit(g.main, side, merger, "merge", files)
	return side, g.main
}

// Idle is Remote's.
func (g *Git) Idle(commits int) string {
	for range commits {
		g.Commit(nil)
	}
	return g.main
}

func (g *Git) commit(parent, merged, author, doing string, files map[string]string, remove ...string) string {
	tree := fstest.MapFS{}
	if parent != "" {
		maps.Copy(tree, g.commits[parent].files)
	}
	for _, path := range remove {
		delete(tree, path)
	}
	if g.now = g.now.Add(time.Minute); g.clock != nil {
		g.now = g.clock()
	}
	for path, content := range files {
		tree[path] = &fstest.MapFile{Data: []byte(content), Mode: 0o444, ModTime: g.now}
	}
	sha := g.add(parent, author, doing+" "+strings.Join(slices.Sorted(maps.Keys(files)), " "), g.now, tree)
	g.commits[sha].merged = merged
	return sha
}

// add stores a commit; its id depends on all it says, as Git's does: on what it
// changed, and on what came before it.
func (g *Git) add(parent, author, subject string, at time.Time, tree fstest.MapFS) string {
	digest := sha1.New() //nolint:gosec // see above
	fmt.Fprintln(digest, parent, author, subject, at.UnixNano())
	var before fstest.MapFS
	if at := g.commits[parent]; at != nil {
		before = at.files
	}
	var changed []string
	for path := range tree {
		if tree[path] != before[path] {
			changed = append(changed, path)
		}
	}
	for path := range before {
		if tree[path] == nil {
			changed = append(changed, path)
		}
	}
	slices.Sort(changed)
	for _, path := range changed {
		fmt.Fprintf(digest, "%q %t\n", path, tree[path] != nil)
		if tree[path] != nil {
			digest.Write(tree[path].Data)
		}
	}
	sha := hex.EncodeToString(digest.Sum(nil))
	g.commits[sha] = &gitCommit{sha: sha, parent: parent, author: author, subject: subject, at: at, files: tree}
	return sha
}

// Reset is Remote's.
func (g *Git) Reset(sha string) { g.locked(func() { g.main = sha }) }

// Away is Remote's.
func (g *Git) Away(away bool) { g.locked(func() { g.away = away }) }

// HideHistory has the server not serve what is behind the tips, or serve it again.
func (g *Git) HideHistory(hidden bool) { g.locked(func() { g.hidden = hidden }) }

// LoseAnswer is Remote's: the clone asks again, finds its commit and goes on.
func (g *Git) LoseAnswer() { g.locked(func() { g.lose = func(*Git) error { return nil } }) }

// BreakBefore is Remote's.
func (g *Git) BreakBefore() {
	g.locked(func() {
		g.lose = func(g *Git) error {
			g.away = true
			return ErrAway
		}
	})
}

// BreakAfter is Remote's.
func (g *Git) BreakAfter() {
	g.locked(func() {
		g.lose = func(g *Git) error {
			g.away = true
			return nil
		}
	})
}

// Transfers is Remote's.
func (g *Git) Transfers() (n int) {
	g.locked(func() { n = g.transfers })
	return n
}

// StatusLog is Remote's.
func (g *Git) StatusLog() (subjects []string) {
	g.locked(func() {
		for at := g.commits[g.status]; at != nil; at = g.commits[at.parent] {
			subjects = append(subjects, at.subject)
		}
	})
	return subjects
}

// StatusFile is Remote's.
func (g *Git) StatusFile(path string) (content string, exists bool) {
	g.locked(func() {
		if at := g.commits[g.status]; at != nil && at.files[path] != nil {
			content, exists = string(at.files[path].Data), true
		}
	})
	return content, exists
}

func (g *Git) locked(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f()
}
