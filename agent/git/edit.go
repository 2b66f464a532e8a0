package git

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/memory"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// change is what a commit does at one path: below has a folder's changes, or
// content a file's.
type change struct {
	below   map[string]*change
	content []byte
	create  bool            // leave alone what is there
	known   *rollout.Digest // leave alone what is there, unless it is this; nil to replace whatever it is
}

// changes sorts a commit's files into folders, and refuses what could not be read back.
func changes(c agent.Commit) (*change, error) {
	root := &change{below: map[string]*change{}}
	for _, files := range []struct {
		of     map[string][]byte
		create bool
	}{{c.Create, true}, {c.Replace, false}} {
		for _, name := range slices.Sorted(maps.Keys(files.of)) {
			file := &change{content: files.of[name], create: files.create}
			if known, ok := c.Known[name]; ok && !files.create {
				file.known = &known
			}
			if err := root.put(name, file); err != nil {
				return nil, fmt.Errorf("the file %q: %w", name, err)
			}
		}
	}
	return root, nil
}

func (c *change) put(name string, file *change) error {
	if !fs.ValidPath(name) || name == "." {
		return fs.ErrInvalid
	}
	elements := strings.Split(name, "/")
	if len(elements) > maxDepth {
		return fmt.Errorf("its folders nest deeper than %d", maxDepth)
	}
	at := c
	for i, element := range elements {
		if why := unfit(object.TreeEntry{Name: element, Mode: filemode.Regular}); why != "" {
			return fmt.Errorf("%q cannot be written: %s", element, string(why))
		}
		next, exists := at.below[element]
		switch last := i == len(elements)-1; {
		case exists && (last || next.below == nil):
			return fmt.Errorf("the commit has it twice, or as a file and a folder")
		case last:
			at.below[element] = file
		case !exists:
			next = &change{below: map[string]*change{}}
			at.below[element] = next
		}
		at = next
	}
	return nil
}

// draft builds the objects of one commit on top of a tree in a store.
type draft struct {
	store   *store
	objects []plumbing.EncodedObject
	found   map[string][]byte
}

// folder writes the changes into a tree and returns its new id; the same id
// when nothing changes. What is not touched is taken over by its hash.
func (d *draft) folder(path string, hash plumbing.Hash, changes *change) (plumbing.Hash, error) {
	entries := map[string]object.TreeEntry{}
	if !hash.IsZero() {
		had, err := d.store.tree(hash)
		if err != nil {
			return hash, err
		}
		for _, entry := range had {
			entries[entry.Name] = entry
		}
	}
	changed := false
	for _, name := range slices.Sorted(maps.Keys(changes.below)) {
		had, exists := entries[name]
		entry, err := d.entry(strings.TrimPrefix(path+"/"+name, "/"), had, exists, changes.below[name])
		if err != nil {
			return hash, err
		}
		entry.Name = name
		if entry != had {
			entries[name], changed = entry, true
		}
	}
	if !changed {
		return hash, nil
	}
	tree := object.Tree{Entries: slices.Collect(maps.Values(entries))}
	sort.Sort(object.TreeEntrySorter(tree.Entries))
	return d.keep(&tree)
}

// entry is what becomes of one name.
func (d *draft) entry(path string, had object.TreeEntry, exists bool, c *change) (_ object.TreeEntry, err error) {
	folder, file := had.Mode == filemode.Dir, had.Mode == filemode.Regular || had.Mode == filemode.Executable
	switch {
	case c.below != nil && exists && !folder, c.below == nil && exists && !file:
		return had, fmt.Errorf("writing %s: the branch has something else of that name (mode %s)", path, had.Mode)
	case c.below != nil:
		hash, err := d.folder(path, had.Hash, c)
		return object.TreeEntry{Mode: filemode.Dir, Hash: hash}, err
	case c.create && exists:
		d.found[path], err = d.read(path, had)
		return had, err
	}
	blob := encoded(plumbing.BlobObject, c.content)
	if exists && blob.Hash() == had.Hash {
		return had, nil
	}
	if exists && c.known != nil {
		content, err := d.read(path, had)
		if err != nil {
			return had, err
		}
		if rollout.DigestBytes(content) != *c.known {
			d.found[path] = content
			return had, nil
		}
	}
	d.objects = append(d.objects, blob)
	return object.TreeEntry{Mode: filemode.Regular, Hash: blob.Hash()}, nil
}

// read is the content of a file of the branch.
func (d *draft) read(path string, had object.TreeEntry) ([]byte, error) {
	content, err := d.store.read(plumbing.BlobObject, had.Hash, d.store.limits.FileBytes)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return content, nil
}

func (d *draft) keep(o interface {
	Encode(plumbing.EncodedObject) error
}) (plumbing.Hash, error) {
	made := &plumbing.MemoryObject{}
	if err := o.Encode(made); err != nil {
		return plumbing.ZeroHash, fmt.Errorf("building the commit: %w", err)
	}
	d.objects = append(d.objects, made)
	return made.Hash(), nil
}

// pack is the draft's objects as they are sent.
func (d *draft) pack() ([]byte, error) {
	objects := memory.NewStorage()
	hashes := make([]plumbing.Hash, 0, len(d.objects))
	for _, o := range d.objects {
		if objects.HasEncodedObject(o.Hash()) == nil {
			continue // two files of the same content
		}
		if _, err := objects.SetEncodedObject(o); err != nil {
			return nil, err
		}
		hashes = append(hashes, o.Hash())
	}
	var pack bytes.Buffer
	if _, err := packfile.NewEncoder(&pack, objects, false).Encode(hashes, 0); err != nil {
		return nil, fmt.Errorf("packing the commit: %w", err)
	}
	return pack.Bytes(), nil
}
