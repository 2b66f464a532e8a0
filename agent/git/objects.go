package git

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/weir-delivery/weir/agent"
)

// objects are read one at a time, as go-git's storage wants it, and each is checked.
type objects struct {
	mu     sync.Mutex
	from   storer.EncodedObjectStorer
	limits Limits
	broken atomic.Bool // something that was whole is not any more
}

// tooLarge is the error of a file above its limit.
type tooLarge struct{ size, most int64 }

func (t tooLarge) Error() string {
	return fmt.Sprintf("it has %d bytes, the limit is %d", t.size, t.most)
}

func (t tooLarge) Is(target error) bool { return target == agent.ErrUnfit }

// wrong is the error of what is of another kind than it should be.
type wrong string

func (w wrong) Error() string        { return string(w) }
func (w wrong) Is(target error) bool { return target == agent.ErrUnfit }

// read returns an object's content, checked against its id: a damaged disk
// marks them as broken and never becomes a wrong file.
func (o *objects) read(kind plumbing.ObjectType, hash plumbing.Hash, most int64) (content []byte, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer func() {
		if p := recover(); p != nil {
			err = o.damaged(hash, fmt.Errorf("the Git library gave up: %v", p))
		}
	}()
	found, err := o.from.EncodedObject(plumbing.AnyObject, hash)
	if err != nil {
		return nil, o.damaged(hash, err)
	}
	if size := found.Size(); size > most { // nothing of one above the threshold is in memory yet
		return nil, tooLarge{size: size, most: most}
	}
	if found.Type() != kind {
		return nil, wrong(fmt.Sprintf("object %s is a %s where a %s should be", hash, found.Type(), kind))
	}
	reader, err := found.Reader()
	if err != nil {
		return nil, o.damaged(hash, err)
	}
	content, err = io.ReadAll(io.LimitReader(reader, most+1))
	if err := errors.Join(err, reader.Close()); err != nil {
		return nil, o.damaged(hash, err)
	}
	if plumbing.ComputeHash(kind, content) != hash {
		return nil, o.damaged(hash, errors.New("its content is not what its id says"))
	}
	return content, nil
}

// damaged tells what is only absent from what is wrong. Both end the store's
// life when it was thought to be whole; absence alone may be cured by a fetch.
func (o *objects) damaged(hash plumbing.Hash, err error) error {
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return fmt.Errorf("%w: %s", errMissing, hash)
	}
	o.broken.Store(true)
	return fmt.Errorf("%w: %s: %w", errMissing, hash, err)
}

func (o *objects) has(hash plumbing.Hash) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.from.HasEncodedObject(hash) == nil
}

func (o *objects) size(hash plumbing.Hash) (int64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	size, err := o.from.EncodedObjectSize(hash)
	if err != nil {
		return 0, o.damaged(hash, err)
	}
	return size, nil
}

// commit reads a commit. Git and go-git read the first of two equal headers or
// the last; a commit with two of them says different things to different readers.
func (o *objects) commit(hash plumbing.Hash) (*object.Commit, error) {
	raw, err := o.read(plumbing.CommitObject, hash, o.limits.FileBytes)
	if err != nil {
		return nil, err
	}
	header, _, _ := bytes.Cut(raw, []byte("\n\n"))
	if !bytes.HasPrefix(header, []byte("tree ")) || bytes.Contains(header, []byte("\ntree ")) {
		return nil, fmt.Errorf("commit %s is malformed: it must name exactly one tree", hash)
	}
	for _, once := range []string{"author", "committer"} {
		if bytes.Count(header, []byte("\n"+once+" ")) != 1 {
			return nil, fmt.Errorf("commit %s is malformed: it must name exactly one %s", hash, once)
		}
	}
	var commit object.Commit
	if err := commit.Decode(encoded(plumbing.CommitObject, raw)); err != nil {
		return nil, fmt.Errorf("commit %s is malformed: %w", hash, err)
	}
	return &commit, nil
}

// tree reads one folder. A name that occurs twice would be one file to a
// reviewer and another one here, so that tree is refused.
func (o *objects) tree(hash plumbing.Hash) ([]object.TreeEntry, error) {
	raw, err := o.read(plumbing.TreeObject, hash, o.limits.ObjectBytes)
	if err != nil {
		return nil, err
	}
	var tree object.Tree
	if err := tree.Decode(encoded(plumbing.TreeObject, raw)); err != nil {
		return nil, fmt.Errorf("tree %s is malformed: %w", hash, err)
	}
	seen := make(map[string]bool, len(tree.Entries))
	for _, entry := range tree.Entries {
		if seen[entry.Name] {
			return nil, fmt.Errorf("tree %s is malformed: it holds %q twice", hash, entry.Name)
		}
		seen[entry.Name] = true
	}
	if !sort.IsSorted(object.TreeEntrySorter(tree.Entries)) {
		return nil, fmt.Errorf("tree %s is malformed: it is not sorted", hash)
	}
	return tree.Entries, nil
}

func encoded(kind plumbing.ObjectType, content []byte) *plumbing.MemoryObject {
	made := &plumbing.MemoryObject{}
	made.SetType(kind)
	_, _ = made.Write(content) // into memory: it cannot fail
	return made
}
