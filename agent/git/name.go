package git

import (
	"io/fs"
	"strings"
	"unicode"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// leftOut is the error of an entry that Git has and the file system has not.
type leftOut string

func (l leftOut) Error() string        { return string(l) + ", which is left out" }
func (l leftOut) Is(target error) bool { return target == fs.ErrNotExist }

// unfit says why an entry is not in the file system; "" for one that is.
func unfit(entry object.TreeEntry) leftOut {
	switch {
	case entry.Mode == filemode.Symlink:
		return "it is a symbolic link"
	case entry.Mode == filemode.Submodule:
		return "it is a submodule"
	case !fs.ValidPath(entry.Name) || entry.Name == "." || strings.ContainsAny(entry.Name, `/\`),
		strings.ContainsFunc(entry.Name, unicode.IsControl):
		return "its name is not a clean path"
	case dotGit(entry.Name):
		return "its name stands for Git's own folder"
	}
	return ""
}

// dotGit finds .git as HFS+ (ignorable characters, case) and NTFS (trailing dots
// and spaces, streams, short names) would understand it.
func dotGit(name string) bool {
	name = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
	name, _, _ = strings.Cut(name, ":")
	name = strings.TrimRight(name, ". ")
	digits, short := strings.CutPrefix(name, "git~")
	return name == ".git" || short && digits != "" && strings.Trim(digits, "0123456789") == ""
}
