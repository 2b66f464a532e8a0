package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// maxIntents bounds how many files under the approvals path may let something go
// forward, maxIntentFiles how many are read at all.
const (
	maxIntents     = 10_000
	maxIntentFiles = 10 * maxIntents
)

// intents are what people asked for by commits, as of one look.
type intents struct {
	// branch is the one of the approvals in force; empty is the watched branch.
	branch string
	chosen bool     // by this life or an earlier one
	at     []string // the commits that were read
	asked  map[rollout.Name][]rollout.Intent
	files  map[string]intentFile // those that were read, by what people call them
	// authors are who gave the files their content, by branch, path and digest:
	// that never changes.
	authors map[string]written
	looks   int // how often authors were looked for
	// behind says what of the intents is not known yet.
	behind   error
	problems rollout.Problems
}

// written is who gave a file its content, and at which look that was found out, and when.
type written struct {
	Revision
	look  int
	found time.Time
}

// asked is when the commit asked for something: as it is dated, but never after it was
// found. One whose date says nothing counts as of then.
func (w written) asked() time.Time {
	if w.Time.IsZero() || w.Time.After(w.found) {
		return w.found.UTC()
	}
	return w.Time.UTC()
}

// before tells whether it came to the branch before another: what was there at an
// earlier look did, and of one look what lies deeper. The clocks of those who asked
// may say anything.
func (w written) before(o written) int {
	return cmp.Or(cmp.Compare(w.look, o.look), cmp.Compare(o.Depth, w.Depth), w.Time.Compare(o.Time), cmp.Compare(w.SHA, o.SHA))
}

// of is what people asked of a rollout, and who they are by its rules, in the order
// in which it came to the branch: a clock that is behind has it be asked right after
// what came before it.
func (i intents) of(r *rollout.Rollout) []rollout.Intent {
	var out []rollout.Intent
	var last time.Time
	for _, asked := range i.asked[r.Name] {
		asked = r.Rules.Attributed(asked)
		if !asked.At.After(last) {
			asked.At = last.Add(time.Millisecond)
		}
		last = asked.At
		out = append(out, asked)
	}
	return out
}

// ask reads the intents of every place. One whose author is not known yet does not
// count until it is, and is asked for again with the next look at Git; one whose author
// nobody can tell is a problem.
func (a *Agent) ask(ctx context.Context, places []heard, folder string) {
	files, problems, unread := a.intents.read(places, folder)
	a.intents.files, a.intents.problems = files, problems
	present := map[string]bool{}
	for _, one := range files {
		present[one.key] = true
	}
	maps.DeleteFunc(a.intents.authors, func(key string, _ written) bool { return !present[key] }) // what was withdrawn may come again by another
	a.intents.behind = unread
	for _, at := range places {
		switch err := a.intents.find(ctx, a.source, at, files, a.clock()); {
		case errors.Is(err, ErrNoAuthor): // no other rollout waits for what never counts
			a.intents.problems = append(a.intents.problems, problemsOf(err, at.called(folder))...)
		case err != nil:
			a.intents.behind = errors.Join(a.intents.behind, err)
		}
	}
	a.intents.asked = map[rollout.Name][]rollout.Intent{}
	known := slices.DeleteFunc(slices.Sorted(maps.Keys(files)), func(file string) bool {
		_, ok := a.intents.authors[files[file].key]
		return !ok
	})
	slices.SortStableFunc(known, func(x, y string) int {
		return a.intents.authors[files[x].key].before(a.intents.authors[files[y].key])
	})
	for _, file := range known {
		one := files[file]
		i, by := one.Asked, a.intents.authors[one.key]
		i.By, i.Key, i.At = by.Author, by.Key, by.asked()
		a.intents.asked[one.Name] = append(a.intents.asked[one.Name], i)
	}
}

// find looks for the authors of a place's files that are not known yet.
func (i *intents) find(ctx context.Context, source Source, at heard, files map[string]intentFile, now time.Time) error {
	unknown := map[string]string{} // path to key
	for name, one := range files {
		if _, ok := i.authors[one.key]; !ok && one.branch == at.branch {
			unknown[one.path] = files[name].key
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	authors, err := source.Authors(ctx, at.SHA, slices.Sorted(maps.Keys(unknown)))
	if err != nil {
		err = fmt.Errorf("reading who asked for %d intents: %w", len(unknown), err)
	}
	i.looks++
	for file, by := range authors {
		i.authors[unknown[file]] = written{by, i.looks, now}
	}
	return err
}

// intentFile is one file, where it is, and what tells it from others there.
type intentFile struct {
	spec.Intent
	branch, path, key string
}

// read reads the files under the folder in each place. One that is wrong is a
// problem, and asks for nothing; err names those that could not be read for now.
func (i *intents) read(places []heard, folder string) (map[string]intentFile, rollout.Problems, error) {
	out := map[string]intentFile{}
	var problems rollout.Problems
	var unread []error
	for _, at := range places {
		wrong, err := at.read(folder, out, i.standing)
		problems, unread = append(problems, wrong...), append(unread, err)
	}
	if len(out) > maxIntents { // nobody's pause or abort is dropped for the names of files
		maps.DeleteFunc(out, func(_ string, i intentFile) bool { return i.Asked.Forward() })
		problems = append(problems, rollout.Problem{
			Position: rollout.Position{File: folder}, Message: fmt.Sprintf("holds more than %d intents, so none counts that would let something go forward", maxIntents), Hint: "remove the files of rollouts that have ended",
		})
	}
	return out, problems, errors.Join(unread...)
}

// standing are the files that were read earlier at a path of a branch, or below it, of
// which it is known who wrote them.
func (i *intents) standing(branch, at string) []intentFile {
	var out []intentFile
	for _, one := range i.files {
		_, known := i.authors[one.key]
		if known && one.branch == branch && (one.path == at || strings.HasPrefix(one.path, at+"/")) {
			out = append(out, one)
		}
	}
	return out
}

// read adds the intents of one place. A file that cannot be read keeps no other one from
// being heard; where that may pass, what stood there stands, and unread says so.
func (h heard) read(folder string, into map[string]intentFile, standing func(branch, at string) []intentFile) (problems rollout.Problems, unread error) {
	count := 0
	add := func(several ...intentFile) {
		for _, one := range several {
			if h.forward || !one.Asked.Forward() {
				into[h.called(one.path)] = one
			}
		}
	}
	if h.unread != nil {
		add(standing(h.branch, folder)...)
		return nil, h.unread
	}
	err := fs.WalkDir(h.Tree, folder, func(file string, d fs.DirEntry, err error) error {
		var one intentFile
		if err == nil {
			if d.IsDir() || !slices.Contains([]string{".yaml", ".yml"}, path.Ext(file)) {
				return nil
			}
			if count++; count > maxIntentFiles {
				return fmt.Errorf("there are more than %d files; remove spent ones", maxIntentFiles)
			}
			one, err = h.intent(file)
		}
		switch {
		case err == nil:
			add(one)
		case passing(err):
			unread = errors.Join(unread, fmt.Errorf("reading %s: %w", h.called(file), err))
			add(standing(h.branch, file)...)
		case file != folder || !errors.Is(err, fs.ErrNotExist): // else nobody has asked for anything yet
			problems = append(problems, problemsOf(err, h.called(file))...)
		}
		return nil
	})
	if err != nil {
		problems = append(problems, rollout.Problem{Position: rollout.Position{File: h.called(folder)}, Message: "reading the intents: " + err.Error()})
	}
	return problems, unread
}

// intent is what a file of the place says.
func (h heard) intent(file string) (intentFile, error) {
	data, err := fs.ReadFile(h.Tree, file)
	if err != nil {
		return intentFile{}, err
	}
	name := h.called(file)
	var i spec.Intent
	wrong := careful(name, func() (wrong rollout.Problems) {
		i, wrong = spec.DecodeIntent(data, name)
		return wrong
	})
	return intentFile{i, h.branch, file, name + " " + string(rollout.DigestBytes(data))}, wrong.Err()
}
