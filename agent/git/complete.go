package git

import (
	"fmt"
	"math"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// maxDepth bounds how deep folders may nest.
const maxDepth = 64

// complete returns the number of entries below a tree, once all its objects are
// known to be here; errMissing otherwise. There may be most of them; 0 is any number.
func (s *store) complete(hash plumbing.Hash, most, depth int) (int, error) {
	s.mu.Lock()
	total, known := s.whole[hash]
	s.mu.Unlock()
	if known {
		return total, within(total, most)
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
			if below, err = s.complete(entry.Hash, most, depth+1); err != nil {
				return 0, err
			}
		default:
			if !s.has(entry.Hash) {
				return 0, fmt.Errorf("%w: %s", errMissing, entry.Hash)
			}
		}
		total = min(total+below+1, math.MaxInt32) // folders that multiply themselves are more than anybody can count
		if err := within(total, most); err != nil {
			return 0, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.whole[hash] = total
	return total, nil
}

// within says that a commit holds too much.
func within(total, most int) error {
	if most > 0 && total > most {
		return fmt.Errorf("it holds more than %d files and folders", most)
	}
	return nil
}
