package agent

import "errors"

// ErrConflict says that a VirtualService is not what was observed any more:
// another uid, another resourceVersion, or already there when it was to be
// created. Nothing was written; the next pass reads again.
var ErrConflict = errors.New("the object changed meanwhile")

// ErrRefused says that another field manager owns what was to be written.
var ErrRefused = errors.New("another field manager owns it")
