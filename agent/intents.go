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

// intents are what people asked for by commits, as of one revision.
type intents struct {
	revision string
	asked    map[rollout.Name][]rollout.Intent
	// authors are who gave the files their content, by path and digest: that
	// never changes.
	authors map[string]written
	looks   int // how often authors were looked for
	// behind says why the authors of some files are not known yet.
	behind error
}

// written is who gave a file its content, and at which look that was found out.
type written struct {
	Revision
	look int
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

// ask reads the intents of the revision. One whose author cannot be told does
// not count until it can; it is asked for again with the next look at Git.
func (a *Agent) ask(ctx context.Context, rev Revision, folder string) rollout.Problems {
	if folder == "" {
		return nil // no Delivery was ever readable
	}
	files, problems := intentFiles(rev.Tree, folder)
	var unknown []string
	for file, one := range files {
		if _, ok := a.intents.authors[one.key]; !ok {
			unknown = append(unknown, file)
		}
	}
	slices.Sort(unknown)
	if a.intents.authors == nil {
		a.intents.authors = map[string]written{}
	}
	a.intents.behind = nil
	if len(unknown) > 0 {
		authors, err := a.source.Authors(ctx, rev.SHA, unknown)
		if err != nil {
			a.intents.behind = fmt.Errorf("reading who asked for %d intents: %w", len(unknown), err)
		}
		a.intents.looks++
		for file, by := range authors {
			a.intents.authors[files[file].key] = written{by, a.intents.looks}
		}
	}
	present := map[string]bool{}
	for _, one := range files {
		present[one.key] = true
	}
	maps.DeleteFunc(a.intents.authors, func(key string, _ written) bool { return !present[key] }) // what was withdrawn may come again by another
	a.intents.revision, a.intents.asked = rev.SHA, map[rollout.Name][]rollout.Intent{}
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
		i.By, i.Key, i.At = by.Author, by.Key, by.Time.UTC()
		a.intents.asked[one.Name] = append(a.intents.asked[one.Name], i)
	}
	return problems
}

// intentFile is one file and what tells it from others with the same path.
type intentFile struct {
	spec.Intent
	key string
}

// intentFiles reads the files under the folder. One that is wrong is a problem,
// and asks for nothing.
func intentFiles(tree fs.FS, folder string) (map[string]intentFile, rollout.Problems) {
	out := map[string]intentFile{}
	var problems rollout.Problems
	count := 0
	err := fs.WalkDir(tree, folder, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".yaml", ".yml"}, path.Ext(file)) {
			return err
		}
		if count++; count > maxIntentFiles {
			return fmt.Errorf("there are more than %d files; remove spent ones", maxIntentFiles)
		}
		data, err := fs.ReadFile(tree, file)
		if err != nil {
			return err
		}
		i, wrong := spec.DecodeIntent(data, file)
		problems = append(problems, wrong...)
		if len(wrong) == 0 {
			out[file] = intentFile{i, file + " " + string(rollout.DigestBytes(data))}
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		problems = append(problems, rollout.Problem{Position: rollout.Position{File: folder}, Message: "reading the intents: " + err.Error()})
	}
	if len(out) > maxIntents { // nobody's pause or abort is dropped for the names of files
		maps.DeleteFunc(out, func(_ string, i intentFile) bool { return i.Asked.Raises() || i.Asked.Verb == rollout.ToRetry })
		problems = append(problems, rollout.Problem{
			Position: rollout.Position{File: folder}, Message: fmt.Sprintf("holds more than %d intents, so none counts that would let something go forward", maxIntents), Hint: "remove the files of rollouts that have ended",
		})
	}
	return out, problems
}
