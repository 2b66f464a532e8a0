package agent

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// writers says who wrote what an overlay asks for at the revision and did not
// ask for before: everybody who wrote a file since the revision at which the overlay
// was taken last, also what another one wrote over, the newest commit's author among
// them only if that is one of them. Intents are nobody's change. Where that cannot be
// told, err says why, and those are there who can be told.
func (a *Agent) writers(ctx context.Context, since string, rev Revision, o Overlay) (rollout.Source, error) {
	source := o.Source
	before, err := a.source.Open(ctx, since)
	if err != nil {
		return source, fmt.Errorf("reading who wrote the change since %s: %w", shortRevision(since), err)
	}
	files, err := changed(before.Tree, rev.Tree, a.delivery.Approvals.Path)
	if err != nil {
		return source, fmt.Errorf("comparing %s with %s: %w", shortRevision(rev.SHA), shortRevision(since), err)
	}
	commits, err := a.source.Writers(ctx, since, rev.SHA, files)
	var newest Revision
	signed := len(commits) > 0
	for _, c := range commits {
		signed = signed && c.Key != ""
		source = credited(source, o.Rules, c)
		if c.Time.After(newest.Time) || c.SHA == rev.SHA {
			newest = c
		}
	}
	slices.Sort(source.Authors)
	if newest.SHA != "" && !slices.Contains(source.Authors, source.Author) {
		at, all := source.Revision, source.Authors
		source = asked(source, newest, o.Rules)
		source.Revision, source.Authors = at, all
	}
	if len(commits) > 0 { // one unsigned part is enough
		source.Signed = &signed
	}
	return source, err
}

// asked is the source with what a commit says of itself.
func asked(s rollout.Source, rev Revision, rules rollout.Rules) rollout.Source {
	s.Revision, s.Author, s.Subject, s.Trailers = rev.SHA, rev.Author, rev.Subject, rev.Trailers
	s.Authors = slices.Clone(rev.Authors)
	s.Signed, s.Signer = nil, ""
	if !rev.Unsaved {
		signed := rev.Key != ""
		s.Signed, s.Signer = &signed, rules.Signer(rev.Key, rev.Time)
	}
	return s
}

// credited is the source with who wrote a commit among its authors: by their names
// and, where it is known whose key signed it, by that too.
func credited(source rollout.Source, rules rollout.Rules, c Revision) rollout.Source {
	for _, by := range append([]string{c.Author, rules.Signer(c.Key, c.Time)}, c.Authors...) {
		if by != "" && !slices.Contains(source.Authors, by) {
			source.Authors = append(source.Authors, by)
		}
	}
	return source
}

// finished tells whether what the rollout was asked for has been reached.
func (a *Agent) finished(name rollout.Name) bool {
	s, ok := a.status[name]
	return ok && s.Rollout.Phase == rollout.Healthy
}

// credit has the overlay remember, over a restart too, who asked for what is not
// reached yet, whoever else has changed the overlay since.
func (a *Agent) credit(r *rollout.Rollout) {
	key := place{spec.Environment{Name: r.Name.Environment}, r.Source.Overlay}.key()
	o, ok := a.overlays[key]
	r.Source.Unsure = r.Source.Unsure && len(o.doubts) > 0
	if ok && r.Want == rollout.Known && !a.finished(r.Name) {
		o.Source = o.Source.Beside(r.Source)
		a.overlays[key] = o
	}
}

// changed lists the files of the newer tree that the older one lacks or has
// with another content, but for those below the folder.
func changed(older, newer fs.FS, but string) ([]string, error) {
	var out []string
	err := fs.WalkDir(newer, ".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case but != "" && (file == but || strings.HasPrefix(file, but+"/")):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			if file != "." && same(older, newer, file) {
				return fs.SkipDir
			}
			return nil
		case !same(older, newer, file):
			out = append(out, path.Clean(file))
		}
		return nil
	})
	return out, err
}

// same tells whether both trees have the same there: by the identity of the
// content where a tree knows it, else by reading. Folders are only ever the
// same by identity.
func same(older, newer fs.FS, file string) bool {
	was, err := fs.Stat(older, file)
	if err != nil {
		return false
	}
	is, err := fs.Stat(newer, file)
	if err != nil || was.IsDir() != is.IsDir() {
		return false
	}
	if id := is.Sys(); id != nil && was.Sys() != nil {
		return id == was.Sys()
	}
	if is.IsDir() || was.Size() != is.Size() {
		return false
	}
	a, err1 := fs.ReadFile(older, file)
	b, err2 := fs.ReadFile(newer, file)
	return err1 == nil && err2 == nil && bytes.Equal(a, b)
}
