package git

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// maxDepth bounds how deep folders may nest.
const maxDepth = 64

// tooLarge is the error of a file above its limit.
type tooLarge struct{ size, most int64 }

func (t tooLarge) Error() string {
	return fmt.Sprintf("it has %d bytes, the limit is %d", t.size, t.most)
}

// read returns an object's content, checked against its id: a damaged disk
// marks the store as broken and never becomes a wrong file.
func (s *store) read(kind plumbing.ObjectType, hash plumbing.Hash, most int64) (content []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() {
		if p := recover(); p != nil {
			err = s.damaged(hash, fmt.Errorf("the Git library gave up: %v", p))
		}
	}()
	size, err := s.objects.EncodedObjectSize(hash)
	if err != nil {
		return nil, s.damaged(hash, err)
	}
	if size > most {
		return nil, tooLarge{size: size, most: most}
	}
	found, err := s.objects.EncodedObject(plumbing.AnyObject, hash)
	if err != nil {
		return nil, s.damaged(hash, err)
	}
	if found.Type() != kind {
		return nil, fmt.Errorf("object %s is a %s where a %s should be", hash, found.Type(), kind)
	}
	reader, err := found.Reader()
	if err != nil {
		return nil, s.damaged(hash, err)
	}
	content, err = io.ReadAll(io.LimitReader(reader, most+1))
	if err := errors.Join(err, reader.Close()); err != nil {
		return nil, s.damaged(hash, err)
	}
	if plumbing.ComputeHash(kind, content) != hash {
		return nil, s.damaged(hash, errors.New("its content is not what its id says"))
	}
	return content, nil
}

// damaged tells what is only absent from what is wrong. Both end the store's
// life when it was thought to be whole; absence alone may be cured by a fetch.
func (s *store) damaged(hash plumbing.Hash, err error) error {
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return fmt.Errorf("%w: %s", errMissing, hash)
	}
	s.broken.Store(true)
	return fmt.Errorf("%w: %s: %w", errMissing, hash, err)
}

func (s *store) has(hash plumbing.Hash) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.objects.HasEncodedObject(hash) == nil
}

func (s *store) size(hash plumbing.Hash) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	size, err := s.objects.EncodedObjectSize(hash)
	if err != nil {
		return 0, s.damaged(hash, err)
	}
	return size, nil
}

// commit reads a commit. Git and go-git read the first of two equal headers or
// the last; a commit with two of them says different things to different readers.
func (s *store) commit(hash plumbing.Hash) (*object.Commit, error) {
	raw, err := s.read(plumbing.CommitObject, hash, s.limits.FileBytes)
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
func (s *store) tree(hash plumbing.Hash) ([]object.TreeEntry, error) {
	raw, err := s.read(plumbing.TreeObject, hash, s.limits.ObjectBytes)
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

// complete returns the number of entries below a tree, once all its objects are
// known to be here; errMissing otherwise.
func (s *store) complete(hash plumbing.Hash, depth int) (int, error) {
	s.mu.Lock()
	total, known := s.whole[hash]
	s.mu.Unlock()
	if known {
		return total, nil
	}
	if depth > maxDepth {
		return 0, fmt.Errorf("its folders nest deeper than %d", maxDepth)
	}
	entries, err := s.tree(hash)
	if err != nil {
		return 0, err
	}
	for _, entry := range entries {
		below := 0
		switch entry.Mode {
		case filemode.Submodule:
		case filemode.Dir:
			if below, err = s.complete(entry.Hash, depth+1); err != nil {
				return 0, err
			}
		default:
			if !s.has(entry.Hash) {
				return 0, fmt.Errorf("%w: %s", errMissing, entry.Hash)
			}
		}
		if total += below + 1; total > s.limits.Entries {
			return 0, fmt.Errorf("it holds more than %d files and folders", s.limits.Entries)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.whole[hash] = total
	return total, nil
}

func encoded(kind plumbing.ObjectType, content []byte) *plumbing.MemoryObject {
	o := &plumbing.MemoryObject{}
	o.SetType(kind)
	_, _ = o.Write(content) // into memory: it cannot fail
	return o
}
