package git

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

const (
	storePrefix = "store-"
	// maxWrites is how many packs and objects are added before a fresh store
	// takes over: there is no garbage collection, and one shallow fetch is cheap.
	maxWrites   = 4096
	objectCache = 16 * cache.MiByte
	// unpackLimit is the most objects that are unpacked without need.
	unpackLimit = 100
)

// errMissing says that an object should be in the store and is not.
var errMissing = errors.New("an object is missing")

// store is a bare object store on disk. It only grows; when it is crowded or
// found broken, a successor takes its place, and its folder goes once nobody
// reads from it any more.
type store struct {
	objects
	root   string
	number int
	disk   *filesystem.Storage
	writes int
	// whole has the trees of which every object is here, with the number of
	// entries below each.
	whole map[plumbing.Hash]int
}

// openStore goes on with the newest store in the folder, or begins one.
func openStore(root string, limits Limits) (*store, error) {
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder for objects: %w", err)
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, fmt.Errorf("reading the folder for objects: %w", err)
	}
	newest := &store{root: root, objects: objects{limits: limits}}
	for _, entry := range entries {
		digits, ours := strings.CutPrefix(entry.Name(), storePrefix)
		if number, err := strconv.Atoi(digits); ours && err == nil && number > newest.number {
			newest.number = number
		}
	}
	for number := 1; number < newest.number; number++ {
		_ = os.RemoveAll(newest.folder(number))
	}
	if newest.number == 0 {
		return newest.successor()
	}
	if err := newest.load(); err != nil || newest.crowded() {
		fresh, err := newest.successor()
		_ = os.RemoveAll(newest.folder(newest.number))
		return fresh, err
	}
	return newest, nil
}

func (s *store) folder(number int) string {
	return filepath.Join(s.root, storePrefix+strconv.Itoa(number))
}

func (s *store) packs() string { return filepath.Join(s.folder(s.number), "objects", "pack") }

// successor begins the next, empty store.
func (s *store) successor() (*store, error) {
	next := &store{root: s.root, number: s.number + 1, objects: objects{limits: s.limits}}
	if err := os.RemoveAll(next.folder(next.number)); err != nil {
		return nil, fmt.Errorf("making room for objects: %w", err)
	}
	if err := os.MkdirAll(next.packs(), 0o700); err != nil {
		return nil, fmt.Errorf("making the folder for objects: %w", err)
	}
	return next, next.load()
}

// load opens what is on disk; an index that is damaged shows here.
func (s *store) load() error {
	s.whole = map[plumbing.Hash]int{}
	dir := osfs.New(s.folder(s.number), osfs.WithBoundOS())
	s.disk = filesystem.NewStorageWithOptions(dir, cache.NewObjectLRU(objectCache), filesystem.Options{LargeObjectThreshold: s.limits.FileBytes})
	s.from = s.disk
	err := s.disk.HasEncodedObject(plumbing.NewHash("1"))
	if err != nil && !errors.Is(err, plumbing.ErrObjectNotFound) {
		return fmt.Errorf("opening the object store: %w", err)
	}
	return filepath.WalkDir(s.folder(s.number), func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			s.writes++
		}
		return err
	})
}

// retire removes the folder once the last revision in it is forgotten.
func (s *store) retire() {
	runtime.AddCleanup(s, func(folder string) { _ = os.RemoveAll(folder) }, s.folder(s.number))
}

func (s *store) crowded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes > maxWrites
}

// install adds a pack. It is looked through before anything of it is taken into
// memory, and parsed here, where a panic is caught, not in a goroutine of go-git.
// A thin pack's objects may be differences to objects that are here already: they
// are unpacked, one by one, as are few objects, which are not worth an index.
func (s *store) install(pack io.Reader, thin bool) error {
	file, err := os.CreateTemp(s.packs(), "incoming-*")
	if err != nil {
		return fmt.Errorf("receiving objects: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	defer func() { _ = file.Close() }()
	size, err := io.Copy(file, &capped{from: pack, left: s.limits.PackBytes, most: s.limits.PackBytes})
	if err != nil {
		return fmt.Errorf("receiving objects: %w", err)
	}
	count, err := s.inspect(file, size)
	if err != nil {
		return fmt.Errorf("receiving objects: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err = packfile.ErrReferenceDeltaNotFound
	if !thin || count > unpackLimit {
		err = s.index(file)
	}
	if thin && errors.Is(err, packfile.ErrReferenceDeltaNotFound) {
		err = s.unpack(file, count)
	}
	switch {
	case err != nil && thin: // what it builds upon may be damaged
		return fmt.Errorf("keeping objects: %w: %w", errMissing, err)
	case err != nil:
		return fmt.Errorf("keeping objects: %w", err)
	}
	return nil
}

// index keeps the pack as it is, with an index beside it.
func (s *store) index(file *os.File) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	index := new(idxfile.Writer)
	parser, err := packfile.NewParser(packfile.NewScanner(file), index)
	if err != nil {
		return err
	}
	sum, err := parser.Parse()
	if err != nil {
		return err
	}
	if err := s.publish(file.Name(), sum, index); err != nil {
		return err
	}
	s.disk.Reindex()
	s.writes += 2
	return nil
}

// unpack keeps each object by itself.
func (s *store) unpack(file *os.File, count int) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	// What go-git offers beyond the interface would hold a file open for each object.
	plain := struct{ storer.EncodedObjectStorer }{s.disk}
	parser, err := packfile.NewParserWithStorage(packfile.NewScanner(file), plain)
	if err != nil {
		return err
	}
	_, err = parser.Parse()
	s.writes += count
	return err
}

// publish gives the pack its name. The index comes first: go-git looks for packs.
func (s *store) publish(incoming string, sum plumbing.Hash, writer *idxfile.Writer) error {
	index, err := writer.Index()
	if err != nil {
		return err
	}
	name := filepath.Join(s.packs(), "pack-"+sum.String())
	file, err := os.OpenFile(name+".idx", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // our own folder
	if err != nil {
		return err
	}
	_, err = idxfile.NewEncoder(file).Encode(index)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(incoming, name+".pack")
}

// add keeps objects that were made here.
func (s *store) add(objects []plumbing.EncodedObject) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, object := range objects {
		if _, err := s.disk.SetEncodedObject(object); err != nil {
			return fmt.Errorf("keeping objects: %w", err)
		}
		s.writes++
	}
	return nil
}
