package git_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/git"
)

func TestWhatIsDamagedOnDiskIsFetchedAgainAndNeverReadWrongly(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, file string){
		"flipped bits": func(t *testing.T, file string) {
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			for i := 12; i < len(content); i += 7 {
				content[i] ^= 0x40
			}
			require.NoError(t, os.Chmod(file, 0o600))
			require.NoError(t, os.WriteFile(file, content, 0o600))
		},
		"cut short": func(t *testing.T, file string) { require.NoError(t, os.Truncate(file, 10)) },
		"removed":   func(t *testing.T, file string) { require.NoError(t, os.Remove(file)) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRemote(t)
			r.Commit(map[string]string{"a": strings.Repeat("content\n", 50)})
			dir := filepath.Join(t.TempDir(), "objects")
			inDir := func(c *git.Config) { c.Dir = dir }
			source := r.open(inDir)
			revision, err := source.Fetch(t.Context())
			require.NoError(t, err)
			for _, kind := range []string{"*.pack", "*.idx"} {
				files, err := filepath.Glob(filepath.Join(dir, "*", "objects", "pack", kind))
				require.NoError(t, err)
				require.NotEmpty(t, files)
				for _, file := range files {
					damage(t, file)
				}
				if kind == "*.pack" {
					_, err = fs.ReadFile(revision.Tree, "a")
					require.Error(t, err, "a wrong file was read")
				}
				again, err := source.Fetch(t.Context())
				require.NoError(t, err)
				content, err := fs.ReadFile(again.Tree, "a")
				require.NoError(t, err)
				assert.Equal(t, strings.Repeat("content\n", 50), string(content))
				source, revision = r.open(inDir), again
			}
		})
	}
}

func TestAStoreThatLostObjectsUnnoticedIsLeftForAFreshOne(t *testing.T) {
	r := newRemote(t)
	r.Commit(map[string]string{"a": "stays", "b": "old"})
	dir := filepath.Join(t.TempDir(), "objects")
	source := r.open(func(c *git.Config) { c.Dir = dir })
	_, err := source.Fetch(t.Context())
	require.NoError(t, err)
	packs, err := filepath.Glob(filepath.Join(dir, "*", "objects", "pack", "*"))
	require.NoError(t, err)
	for _, file := range packs {
		require.NoError(t, os.Remove(file))
	}
	r.Commit(map[string]string{"b": "new"})
	revision, err := source.Fetch(t.Context())
	require.NoError(t, err)
	content, err := fs.ReadFile(revision.Tree, "a")
	require.NoError(t, err)
	assert.Equal(t, "stays", string(content))
}

func TestAnObjectThatIsNotWhatItsIdSaysIsNeverReadAsAFile(t *testing.T) {
	r := newRemote(t)
	dir := filepath.Join(t.TempDir(), "objects")
	inDir := func(c *git.Config) { c.Dir = dir }
	_, _, err := r.open(inDir).Record(t.Context(), entry("1", "allow"))
	require.NoError(t, err)
	id := r.object("blob", []byte("allow"))
	forged := r.object("blob", []byte("denyd"))
	content, err := os.ReadFile(filepath.Join(r.author.Dir(), ".git", "objects", forged[:2], forged[2:]))
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(dir, "*", "objects", id[:2], id[2:]))
	require.NoError(t, err)
	require.Len(t, files, 1)
	require.NoError(t, os.Chmod(files[0], 0o600))
	require.NoError(t, os.WriteFile(files[0], content, 0o600))

	journal := r.open(inDir)
	tree, err := journal.Read(t.Context())
	require.NoError(t, err)
	_, err = fs.ReadFile(tree, "decisions/1.json")
	require.ErrorContains(t, err, "not what its id says")
	tree, err = journal.Read(t.Context())
	require.NoError(t, err)
	content, err = fs.ReadFile(tree, "decisions/1.json")
	require.NoError(t, err)
	assert.Equal(t, "allow", string(content))
}

func TestAnObjectThatGotLostSinceItWasReadIsFetchedAgain(t *testing.T) {
	r := newRemote(t)
	dir := filepath.Join(t.TempDir(), "objects")
	journal := r.open(func(c *git.Config) { c.Dir = dir })
	_, _, err := journal.Record(t.Context(), entry("1", "lost"))
	require.NoError(t, err)
	tree, err := journal.Read(t.Context())
	require.NoError(t, err)
	id := r.object("blob", []byte("lost"))
	files, err := filepath.Glob(filepath.Join(dir, "*", "objects", id[:2], id[2:]))
	require.NoError(t, err)
	require.Len(t, files, 1)
	require.NoError(t, os.Remove(files[0]))
	_, err = fs.ReadFile(tree, "decisions/1.json")
	require.ErrorContains(t, err, "an object is missing")
	tree, err = journal.Read(t.Context())
	require.NoError(t, err)
	content, err := fs.ReadFile(tree, "decisions/1.json")
	require.NoError(t, err)
	assert.Equal(t, "lost", string(content))
}

func TestACrowdedStoreGivesWayAndGoesOnceNobodyReadsFromIt(t *testing.T) {
	r := newRemote(t)
	dir := filepath.Join(t.TempDir(), "objects")
	source := r.open(func(c *git.Config) { c.Dir = dir })
	old, err := source.Fetch(t.Context())
	require.NoError(t, err)
	_, _, err = source.Record(t.Context(), entry("1", "x"))
	require.NoError(t, err)
	source.Crowd()
	r.Commit(map[string]string{"a": "new"})
	_, err = source.Fetch(t.Context())
	require.NoError(t, err)
	stores, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, stores, 2)
	content, err := fs.ReadFile(old.Tree, "README.md")
	require.NoError(t, err)
	assert.Equal(t, "bookinfo\n", string(content), "the old revision is read from the old store")
	_, _, err = source.Record(t.Context(), entry("2", "x"))
	require.NoError(t, err)
	assert.Equal(t, []string{"entry 2", "entry 1"}, r.StatusLog())
	old.Tree = nil
	assert.Eventually(t, func() bool {
		runtime.GC()
		stores, err := os.ReadDir(dir)
		return err == nil && len(stores) == 1
	}, 10*time.Second, 10*time.Millisecond)
	runtime.KeepAlive(source)
}

func TestAStoreThatOnlyRecordsGivesWayToo(t *testing.T) {
	r := newRemote(t)
	journal := r.open()
	for i := range 3 {
		_, _, err := journal.Record(t.Context(), entry(fmt.Sprint(i), "x"))
		require.NoError(t, err)
		journal.Crowd()
	}
	assert.Equal(t, []string{"entry 2", "entry 1", "entry 0"}, r.StatusLog())
	assert.Equal(t, 2, journal.Transfers(), "the fresh stores fetched the tip")
}

func TestAFolderThatHoldsOtherThingsKeepsThem(t *testing.T) {
	r := newRemote(t)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "precious"), []byte("x"), 0o600))
	for range 3 {
		source := r.open(func(c *git.Config) { c.Dir = dir })
		_, err := source.Fetch(t.Context())
		require.NoError(t, err)
		source.Crowd()
		_, err = source.Fetch(t.Context())
		require.NoError(t, err)
	}
	assert.FileExists(t, filepath.Join(dir, "precious"))
}
