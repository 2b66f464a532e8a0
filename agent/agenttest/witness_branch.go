package agenttest

import (
	"cmp"
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// statusBranch is the status branch's reference.
const statusBranch = "refs/heads/weir-status"

// serve lets nobody read what a push brings before the witness has.
func (w *Witness) serve(r *http.Request) Fault {
	if IsPush(r) {
		w.pushing.Lock()
	} else {
		w.pushing.RLock()
	}
	return Serve
}

// served reads a push when it has been carried out and nobody knows it yet,
// not even whoever pushed: nothing that it allows can have happened.
func (w *Witness) served(r *http.Request) Fault {
	if !IsPush(r) {
		w.pushing.RUnlock()
		return Serve
	}
	defer w.pushing.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), time.Minute)
	defer cancel()
	if err := w.read(ctx); err != nil {
		w.breaks("reading a push: %v", err)
	}
	return Serve
}

func (w *Witness) read(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	dir := w.git.Path(w.repo)
	tip, err := runGit(ctx, dir, nil, "for-each-ref", "--format=%(objectname)", statusBranch)
	tip = strings.TrimSpace(tip)
	if err != nil || tip == "" || tip == w.head {
		return err
	}
	changed, err := runGit(ctx, dir, nil, "diff-tree", "-r", "--no-renames", "--name-only", cmp.Or(w.head, emptyTree), tip, "--", "decisions")
	if err != nil {
		return err
	}
	w.head = tip
	fresh := map[rollout.Digest]string{}
	for _, file := range strings.Fields(changed) {
		data, err := runGit(ctx, dir, nil, "cat-file", "blob", tip+":"+file)
		if err != nil {
			return err
		}
		if audit.IsMerged(file) {
			continue
		}
		e, err := audit.Decode([]byte(data))
		if err != nil {
			return err
		}
		digest := rollout.DigestBytes([]byte(data))
		w.pushed[digest] = e
		if e.Verdict == policy.Allow && e.Operation != rollout.Back {
			fresh[digest] = file
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	list, err := w.services.List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, o := range list.Items {
		if v := versionOf(o.Object); v.State != nil && fresh[v.State.Journey.Entry] != "" {
			w.breaksNow("%s is at %s by %s, which was not pushed yet", o.GetName(), v.Split(), fresh[v.State.Journey.Entry])
		}
	}
	return nil
}

// emptyTree is what Git calls a tree without files.
const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

// Record is what the status branch holds at the end of a story.
type Record struct {
	Entries  map[rollout.Digest]audit.Entry
	Outcomes map[rollout.Digest]audit.Outcome
	files    map[string]rollout.Digest // decisions that allow, by path
}

// Applied counts the decisions that were applied to a VirtualService.
func (r Record) Applied(name string) int {
	n := 0
	for digest, o := range r.Outcomes {
		if o.Result == audit.Applied && slices.ContainsFunc(r.Entries[digest].Changes, func(c audit.Change) bool { return c.Target.Name == name }) {
			n++
		}
	}
	return n
}

// Holds waits until every allow has its outcome and nothing waits in an outbox,
// and then holds all that was seen to what must never happen.
func (w *Witness) Holds(within time.Duration) Record {
	w.t.Helper()
	var r Record
	require.EventuallyWithT(w.t, func(t *assert.CollectT) {
		w.sent(t) // before the branch is read, so that it has what was in them
		var err error
		r, err = w.record(w.t.Context())
		require.NoError(t, err)
		for file, digest := range r.files {
			assert.Contains(t, r.Outcomes, digest, "%s has an outcome", file)
		}
	}, within, 300*time.Millisecond)
	w.lasting()
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := map[rollout.Digest]bool{}
	for name, all := range w.versions {
		for _, v := range all {
			if v.State != nil {
				seen[v.State.Journey.Entry] = true
			}
		}
		w.chained(name, all, r)
	}
	for digest, o := range r.Outcomes {
		e, ok := r.Entries[digest]
		assert.True(w.t, ok, "%s has an outcome and is not there", o.Path)
		if e.Operation != rollout.Remove {
			assert.Equal(w.t, o.Result == audit.Applied, seen[digest], "%s ended as %s", o.Path, o.Result)
		}
	}
	assert.Empty(w.t, w.broken)
	return r
}

// sent holds that nothing waits in an outbox.
func (w *Witness) sent(t *assert.CollectT) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, all := range w.versions {
		if v := all[len(all)-1]; v.State != nil {
			assert.Empty(t, v.State.Outbox, "the outbox of %s", name)
		}
	}
}

// record reads the status branch as it is now.
func (w *Witness) record(ctx context.Context) (Record, error) {
	r := Record{map[rollout.Digest]audit.Entry{}, map[rollout.Digest]audit.Outcome{}, map[string]rollout.Digest{}}
	dir, err := os.MkdirTemp("", "weir-record-")
	if err != nil {
		return r, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a folder of copies
	if _, err := runGit(ctx, dir, nil, "clone", "--quiet", "--depth=1", "--branch=weir-status", "file://"+w.git.Path(w.repo), "."); err != nil {
		return r, err
	}
	return r, fs.WalkDir(os.DirFS(dir), ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(file) != ".json" {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
		if err != nil {
			return err
		}
		switch folder, _, _ := strings.Cut(file, "/"); folder {
		case "decisions":
			e, err := audit.Decode(data)
			digest := rollout.DigestBytes(data)
			if r.Entries[digest] = e; e.Verdict == policy.Allow {
				r.files[file] = digest
			}
			return err
		case "outcomes":
			var o audit.Outcome
			err := json.Unmarshal(data, &o)
			assert.NotContains(w.t, r.Outcomes, o.Decision, "%s ended twice", o.Path)
			r.Outcomes[o.Decision] = o
			return err
		}
		return nil
	})
}

// lasting holds that no commit ever changed or removed a decision or an outcome.
func (w *Witness) lasting() {
	w.t.Helper()
	log, err := runGit(w.t.Context(), w.git.Path(w.repo), nil,
		"log", "--format=", "--no-renames", "--diff-filter=a", "--name-status", statusBranch, "--", "decisions", "outcomes")
	require.NoError(w.t, err)
	assert.Empty(w.t, strings.TrimSpace(log), "what is recorded stays as it is")
}

// chained holds that the decisions applied to a VirtualService are one chain
// that ends with the one its annotation names. One made anew begins a chain.
func (w *Witness) chained(name string, all []Version, r Record) {
	chain := map[rollout.Digest]bool{}
	for i, v := range all {
		last := i == len(all)-1 || all[i+1].Object == nil
		if !last || v.State == nil {
			continue
		}
		for at := v.State.Journey.Entry; at != "" && !chain[at]; at = r.Entries[at].Previous {
			_, ok := r.Entries[at]
			assert.True(w.t, ok, "%s: the chain breaks: no entry has the digest %s", name, at)
			chain[at] = true
		}
	}
	for digest, o := range r.Outcomes {
		about := slices.ContainsFunc(r.Entries[digest].Changes, func(c audit.Change) bool { return c.Target.Name == name })
		if about && o.Result == audit.Applied {
			assert.True(w.t, chain[digest], "%s: %s was applied and nothing follows from it", name, o.Path)
		}
	}
}
