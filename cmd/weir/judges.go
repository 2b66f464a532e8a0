package main

import (
	"github.com/spf13/pflag"

	"github.com/weir-delivery/weir/agent"
)

// judges is a clone of the repository that policies are in, where it is not the one
// that they judge.
type judges struct {
	dir   string
	named func() bool // the flag was given, be it empty
}

func (j *judges) flag(f *pflag.FlagSet) {
	j.named = func() bool { return f.Changed("policies") }
	f.StringVar(&j.dir, "policies", "", "folder of a clone of the repository that the policies are in, of which HEAD judges (default the repository itself)")
}

// of are the revisions, with their policies in the other repository where one is named.
func (j judges) of(revisions ...*agent.Revision) error {
	if !j.named() {
		return nil
	}
	if j.dir == "" {
		return usagef("--policies names no folder; leave it out where the policies are in the repository itself")
	}
	// The folder itself, not one above it: that may be the clone under review, whose
	// change would judge itself.
	c, err := open(j.dir, false)
	if err != nil {
		return usagef("--policies: %s is not the top folder of a clone of a Git repository", j.dir)
	}
	head, err := c.revision("HEAD")
	if err != nil {
		return usagef("--policies: %v", err)
	}
	for _, r := range revisions {
		r.Judges, r.Open = head.Tree, c.open
	}
	return nil
}
