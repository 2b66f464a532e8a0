package git

import (
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// maxDepth bounds how deep folders may nest.
const maxDepth = 64

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
