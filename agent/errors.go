package agent

import (
	"errors"
	"io/fs"

	"github.com/weir-delivery/weir/rollout"
)

// ErrConflict says that a VirtualService is not what was observed any more:
// another uid, another resourceVersion, or already there when it was to be
// created. Nothing was written; the next pass reads again.
var ErrConflict = errors.New("the object changed meanwhile")

// ErrRefused says that another field manager owns what was to be written.
var ErrRefused = errors.New("another field manager owns it")

// ErrUnfit says that a file or folder of a Revision is what cannot be read, as one that
// is too large: whoever tries again is told the same.
var ErrUnfit = errors.New("it is not to be read")

// ErrNoAuthor says that the history that there is does not tell who wrote what: whoever
// asks again is told the same, until it is written anew.
var ErrNoAuthor = errors.New("nobody can tell who wrote these files")

// passing tells whether a read failed by what says nothing of the file: another try may
// succeed.
func passing(err error) bool {
	var wrong rollout.Problems
	return err != nil && !errors.Is(err, ErrUnfit) && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid) && !errors.As(err, &wrong)
}
