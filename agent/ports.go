package agent

import (
	"context"
	"io/fs"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// Source is the watched branch of the Git repository.
type Source interface {
	// Fetch returns the branch's newest revision. When the remote's tip has not
	// moved it transfers nothing and returns the revision it returned before.
	// An error never carries a credential, and the last revision stays usable.
	Fetch(ctx context.Context) (Revision, error)
	// Branch returns the newest revision of another branch than the watched one, as
	// Fetch does; the zero Revision while there is no such branch.
	Branch(ctx context.Context, name string) (Revision, error)
	// Open returns a revision by its full commit id, fetching it if it must.
	Open(ctx context.Context, sha string) (Revision, error)
	// Authors says of each file, as the commit has it, which commit gave it that
	// content: its author wrote it. Files that the commit lacks are left out, and
	// Tree is nil in what comes back. It may transfer history, so it is asked
	// only for files whose author is not known yet. A file that nobody can be
	// found for, since the history is cut off there, is left out too, and an error of
	// ErrNoAuthor names it beside the answer for the others.
	Authors(ctx context.Context, sha string, files []string) (map[string]Revision, error)
	// Writers are all commits that had a part in what the files are in a commit and
	// were not in an earlier one, each once and the newest first: the one that Authors
	// says, and those that wrote what it wrote over, back to the content that the
	// earlier commit has, or to what came before that, or to where the history begins.
	// The rest is as with Authors.
	Writers(ctx context.Context, since, sha string, files []string) ([]Revision, error)
}

// Revision is a commit: what it says of itself, and its tree as a read-only
// file system without a work tree. Symbolic links, submodules and names that
// are not clean paths are not in it. An error of reading it that is neither
// ErrUnfit nor fs.ErrNotExist says nothing of the commit, and may pass.
type Revision struct {
	SHA     string    `json:"sha"`
	Author  string    `json:"author"` // Name <email>
	Subject string    `json:"subject"`
	Time    time.Time `json:"time"`
	// Key is the fingerprint of the SSH key that signed the commit, as ssh-keygen -l
	// prints it, if the signature is right for the commit's own bytes. Whose key it
	// is, and whether that may count, is not said.
	Key string `json:"key,omitempty"`
	// Trailers are what the commit's message says at its end, as Trailers reads it.
	Trailers map[string]string `json:"-"`
	// Authors are who else wrote a part of it: whoever committed it, and those that its
	// message says wrote it too; or all who wrote a part of a change that ends with it,
	// where whoever read it knows. What is asked by it its Author alone asks.
	Authors []string `json:"-"`
	// Unsaved says that it is no commit but a work tree: who signs it and what its
	// message says is not known yet.
	Unsaved bool `json:"-"`
	// Open opens the tree of another commit of the repository, for policies that are
	// pinned; nil where nobody can.
	Open func(ctx context.Context, sha string) (fs.FS, error) `json:"-"`
	// Judges is the tree of the policies' own repository, where they have one; nil
	// where they are in this one.
	Judges fs.FS `json:"-"`
	// Depth is how many commits it lies behind the one that was asked about, on the
	// way on which a file was found in it: the deeper came to the branch earlier,
	// whatever their clocks said. 0 but for Authors and Writers.
	Depth int   `json:"-"`
	Tree  fs.FS `json:"-"`
}

// Renderer turns an overlay into objects.
type Renderer interface {
	// Render builds the kustomization in the folder. It touches no disk, no
	// network and no plugin, and may run many at once. Whatever is wrong comes
	// back as rollout.Problems with file and line where there is one.
	Render(ctx context.Context, tree fs.FS, folder string) ([]Object, error)
}

// Reacher is a Renderer that can say what overlays are made of without rendering them.
type Reacher interface {
	Renderer
	// Reaching looks at one tree; what it returns is asked for folders, many at once.
	// It is false where that cannot be known, or something is wrong to be seen at once:
	// then rendering tells.
	Reaching(tree fs.FS) func(folder string) (Reach, bool)
}

// Reach is what an overlay is made of.
type Reach struct {
	// Files are all that rendering would read, and paths where it would look and find
	// nothing. While they stay the same, what is rendered does.
	Files []string
	// Composed says that names may be put together of parts, as by a prefix, so that
	// they stand in no file as they are rendered.
	Composed bool
}

// Object is one rendered Kubernetes object.
type Object struct {
	// Value is the object as JSON types: map, slice, string, bool, int64, float64, nil.
	Value map[string]any
	// Origin is the file and the line of the document that the object came from.
	Origin rollout.Position
	// Where finds the line of a field, by its path as in
	// "spec.http[0].route[1].weight". A weight, and every other scalar whose key
	// ends like that, is found in whatever file sets it: the object's own, a patch,
	// or what is copied to it. Any other field, and a weight that cannot be found
	// so, is looked for in the document that the object came from; where that does
	// not hold the field, it is the line of the nearest parent that it does hold.
	// The first weight that is asked for may cost another render, and nothing is
	// spent before. It may be called by many at once.
	Where func(path string) rollout.Position
}

// Cluster is the Kubernetes API server, read through informer caches.
type Cluster interface {
	// Live returns the VirtualService with the reference, from the cache; false
	// when there is none. The object is the whole of it.
	Live(ref rollout.Ref) (LiveObject, bool)
	// Owned returns every VirtualService that carries our annotation for this cluster.
	Owned() []LiveObject
	// Ready says what the cache knows of each destination as seen from the namespace.
	Ready(namespace string, of []rollout.Destination) map[rollout.Destination]rollout.Readiness
	// Selected is Ready of one destination, as if its subset had these labels
	// already.
	Selected(namespace string, d rollout.Destination, labels rollout.Labels) rollout.Readiness
	// Stopped says who stopped the line and why, by the annotation on the agent's
	// own namespace; empty when nobody did.
	Stopped() string
	// Other returns another object of the kinds that weir applies, from the cache.
	Other(kind string, ref rollout.Ref) (map[string]any, bool)
	// Apply writes one VirtualService by one server-side apply: the object and
	// the state, under the observed uid and version. ErrConflict when the live
	// one is not that any more.
	Apply(ctx context.Context, w Write) error
	// ApplyOther writes a DestinationRule, Gateway or ServiceEntry by
	// server-side apply. What is as it should be costs no request; what is ours
	// already is written by force; adopt names the field managers that may be
	// folded into ours, and ErrRefused the one that is not among them. An object
	// that has a resourceVersion was made for that one, and an empty one for what is
	// not there: ErrConflict where the cache shows another and it would be written.
	ApplyOther(ctx context.Context, object map[string]any, adopt ...string) error
	// Remove deletes the VirtualService under its uid and version.
	Remove(ctx context.Context, ref rollout.Ref, uid, version string) error
	// Tell records an event on the VirtualService. It never fails the pass.
	Tell(ref rollout.Ref, uid string, code rollout.Code, warning bool, sentence string)
	// Changed hints at every change that a rollout may care for.
	Changed() <-chan Change
	// Synced is nil once every cache has been filled.
	Synced(ctx context.Context) error
}

// Change is a hint that something in the cluster changed: a VirtualService by
// its reference, everything in a namespace where Name is empty, or everything
// there is where Ref is empty: the line was stopped, or runs again.
type Change struct{ Ref rollout.Ref }

// LiveObject is a VirtualService as the cluster has it. Its routes are read by
// the one who knows the plan, so Live.Routes is empty.
type LiveObject struct {
	rollout.Live
	Object map[string]any
	// Ours is Object cut down to the fields that our own applies own, and all
	// routes; nil while we own nothing of it.
	Ours map[string]any
	// Damaged says why our annotation cannot be read; State is nil then, though
	// the VirtualService is ours, and Apply refuses it.
	Damaged string
	// Asked is what people asked for on the VirtualService itself, to be heeded
	// now, with Git away too. What cannot be read of it asks for nothing, is told
	// in an event, and is no reason to hold.
	Asked []rollout.Intent
}

// Write is one server-side apply of a VirtualService.
type Write struct {
	Ref rollout.Ref
	// UID and Version are what was observed; both empty means: create, and fail
	// with ErrConflict if it exists.
	UID, Version string
	Object       map[string]any
	State        rollout.State
	// Adopt are the field managers that may be folded into ours with this apply.
	Adopt []string
	// Force takes fields from other managers: only for what is ours already.
	Force bool
}

// Metrics is where samples come from.
type Metrics interface {
	// Samples answers one query of rollout.Needs that has a Measure: the values of
	// the metric of the destination at From and every Interval until To. An instant
	// without a value, or whose value is no number, is left out. What may be read
	// in two ways, such as several series, a part of the answer or a warning, is an
	// error, and so is no answer. An error never carries a credential.
	Samples(ctx context.Context, q rollout.Query) ([]rollout.Sample, error)
}

// Webhooks are gates in other hands.
type Webhooks interface {
	// Ask puts the question to the webhook and says what it answered, and why in a
	// few words. An answer that is none in time is an error. Neither carries a
	// credential.
	Ask(ctx context.Context, c rollout.Call) (yes bool, why string, err error)
}

// Journal is the status branch.
type Journal interface {
	// Read fetches the branch and returns its tree; an empty one while the
	// branch does not exist. No transfer when the remote's tip is unchanged.
	Read(ctx context.Context) (fs.FS, error)
	// Record adds one commit on top of the fetched tip and pushes it with a
	// lease on that tip; on a race it fetches and tries again. Files in Create
	// are immutable: those that the branch holds already are left alone and
	// come back in found with what the branch holds. So are those of Replace that
	// somebody else wrote since, where Known says what the writer has read. Nothing
	// is committed when nothing would change. It returns when the remote has the
	// commit.
	Record(ctx context.Context, c Commit) (sha string, found map[string][]byte, err error)
}

// Commit is what one pass adds to the status branch.
type Commit struct {
	Message string
	Time    time.Time
	Create  map[string][]byte
	Replace map[string][]byte
	// Known are the digests of what the writer last read or wrote in the place of
	// files of Replace, empty for none. A file that is not among them is replaced
	// whatever is there.
	Known map[string]rollout.Digest
}
