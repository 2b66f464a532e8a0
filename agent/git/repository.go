// Package git reads the watched branch of a Git repository and writes the
// status branch: it is agent.Source and agent.Journal by go-git.
//
// It never has a work tree and never runs hooks, filters or submodules: a
// commit is a read-only file system over the objects, and a status commit is
// built from objects and pushed as one small pack. It does not interpret what
// the files say.
//
// Start at Open, then source.go (reading) and journal.go (writing). Both stand
// on remote.go, which speaks to the server, and store.go, which keeps objects.
package git

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/weir-delivery/weir/agent"
)

var (
	_ agent.Source  = (*Repository)(nil)
	_ agent.Journal = (*Repository)(nil)
)

// Config says which repository, and how. What is left out has the default named.
type Config struct {
	// URL is https://, ssh://, http:// (with credentials only to this machine)
	// or, with AllowFile, file://.
	URL string
	// Branch is the watched branch: "main".
	Branch string
	// StatusBranch takes the journal: "weir-status". Never the watched branch.
	StatusBranch string
	// Dir is a folder of this repository's own, made with mode 0700. What is in
	// it can be lost at any time. One process uses it at a time.
	Dir string
	// Credentials is a folder of files, as a Secret is mounted: password (or a
	// token) with or without username, or bearerToken; for ssh ssh-privatekey and
	// known_hosts; and ca.crt. All but ca.crt are read again for each operation.
	// Empty: none.
	Credentials string
	// SSHAgent has ssh use the keys of the running ssh-agent and the known_hosts of
	// whoever runs this, where no folder of credentials is named: for people.
	SSHAgent bool
	// AllowFile allows file:// URLs, which run the git program of this machine.
	AllowFile bool
	// Timeout bounds each request, transfer included: 60 s.
	Timeout time.Duration
	// Committer signs the status commits as author and committer: weir <weir@weir.dev>.
	Committer Identity
	// Limits bounds what a repository may hold.
	Limits Limits
}

// Identity is a name and an e-mail address.
type Identity struct{ Name, Email string }

// Limits bounds what is taken from a repository; 0 means the default named.
type Limits struct {
	FileBytes   int64 // of one file that is read: 8 MiB
	ObjectBytes int64 // of one object in a transfer, unpacked: 128 MiB
	PackBytes   int64 // of one transfer, packed: 512 MiB
	Entries     int   // files and folders in one commit, but for those of the status branch: 100,000
}

// Repository is one remote repository and the objects fetched from it. It may
// be used from many goroutines; operations with the remote wait for one another.
type Repository struct {
	remote    *remote
	committer Identity
	branch    plumbing.ReferenceName
	status    plumbing.ReferenceName
	timeout   time.Duration

	// busy is held during an operation; what follows belongs to its holder.
	busy   chan struct{}
	store  *store
	source *tip
	last   agent.Revision
	log    *tip
	others map[plumbing.ReferenceName]*tip // branches besides; nil while there is none
	// ends are the commits behind which the server gives no history, by the store
	// that is without it.
	ends map[plumbing.Hash]*store
	// transfers counts packs received, for tests.
	transfers atomic.Int64
}

// tip is a commit that is wholly in its store.
type tip struct {
	hash   plumbing.Hash
	commit *object.Commit
	tree   *treeFS
	store  *store
}

// Open checks the configuration and opens the folder. It asks nothing of the
// remote, so it works while Git is away.
func Open(ctx context.Context, c Config) (*Repository, error) {
	c = c.withDefaults()
	where, err := parseURL(c.URL, c.AllowFile, c.Credentials != "" || c.SSHAgent && strings.HasPrefix(c.URL, "ssh://"))
	if err != nil {
		return nil, err
	}
	if c.Branch == c.StatusBranch {
		return nil, fmt.Errorf("opening %s: the status branch is the watched branch %q: name another", where, c.Branch)
	}
	branch, err := branchName(c.Branch)
	if err != nil {
		return nil, err
	}
	status, err := branchName(c.StatusBranch)
	if err != nil {
		return nil, err
	}
	if c.Dir == "" {
		return nil, errors.New("opening a repository: no folder was given to keep its objects in")
	}
	remote, err := newRemote(where, c)
	if err != nil {
		return nil, err
	}
	r := &Repository{
		remote: remote, committer: c.Committer, branch: branch, status: status, timeout: c.Timeout,
		busy: make(chan struct{}, 1), ends: map[plumbing.Hash]*store{}, others: map[plumbing.ReferenceName]*tip{},
	}
	return r, r.guard(ctx, "opening", func(context.Context) error {
		r.store, err = openStore(filepath.Clean(c.Dir), c.Limits)
		return err
	})
}

func (c Config) withDefaults() Config {
	orString(&c.Branch, "main")
	orString(&c.StatusBranch, "weir-status")
	orString(&c.Committer.Name, "weir")
	orString(&c.Committer.Email, "weir@weir.dev")
	if c.Timeout <= 0 {
		c.Timeout = time.Minute
	}
	c.Limits = c.Limits.withDefaults()
	return c
}

func (l Limits) withDefaults() Limits {
	orSize(&l.FileBytes, 8<<20)
	orSize(&l.ObjectBytes, 128<<20)
	orSize(&l.PackBytes, 512<<20)
	if l.Entries <= 0 {
		l.Entries = 100_000
	}
	return l
}

func orString(field *string, otherwise string) {
	if *field == "" {
		*field = otherwise
	}
}

func orSize(field *int64, otherwise int64) {
	if *field <= 0 {
		*field = otherwise
	}
}

// guard runs one operation by itself. A panic below becomes an error, and every
// error says what was being done with which repository, without a secret.
func (r *Repository) guard(ctx context.Context, doing string, operation func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the Git library gave up: %v", p)
		}
		err = r.remote.secrets.redact(doing+" "+r.remote.where.String(), err)
	}()
	select {
	case r.busy <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-r.busy }()
	return operation(ctx)
}

// renew leaves the store behind for an empty one.
func (r *Repository) renew() error {
	fresh, err := r.store.successor()
	if err != nil {
		return err
	}
	r.store.retire()
	r.store = fresh
	return nil
}
