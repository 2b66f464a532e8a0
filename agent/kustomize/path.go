package kustomize

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path"
	"strings"

	"sigs.k8s.io/kustomize/api/resource"
)

// Limits of an overlay: the bytes of one file and of all files that it reaches,
// the objects and kustomizations that it comes to, the YAML nodes of these and of
// their patches with every alias written out, and how many kustomizations lie upon
// one another.
const (
	maxFile    = 8 << 20
	maxTotal   = 64 << 20
	maxObjects = 10_000
	maxNodes   = 500_000
	maxDepth   = 100
)

// refusal says what is wrong with a reference, and the way out. It never
// repeats a location with a host in it, which may carry a credential.
type refusal struct{ message, hint string }

func (r *refusal) Error() string { return r.message }

// resolved is the path in the repository of what a kustomization in the folder
// names.
func resolved(folder, name string) (string, *refusal) {
	switch {
	case name == "":
		return "", &refusal{"names nothing", "give the path of a file or a folder"}
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "", &refusal{"holds a control character", "give a plain path"}
	case remote(name):
		return "", &refusal{"names a remote location, and nothing is fetched while rendering", "copy it into the repository"}
	case path.IsAbs(name):
		return "", &refusal{fmt.Sprintf("names %q, an absolute path", name), "give the path from the kustomization's folder"}
	case ambiguous(name):
		return "", &refusal{fmt.Sprintf("names %q, where .. stands inside a name", name), "see whether two list items ran into one line"}
	}
	full := path.Join(folder, name)
	if full == ".." || strings.HasPrefix(full, "../") {
		return "", &refusal{fmt.Sprintf("names %q, which lies outside the repository", name), "name files of this repository only"}
	}
	return full, nil
}

// remote tells whether kustomize, or somebody else, might take the path for a
// location elsewhere. Kustomize asks for the scheme of files, and for much more
// of folders: hosts without a scheme count there, and so its own parser is
// asked, through the only door that it has.
func remote(name string) bool {
	lower := strings.ToLower(name)
	for _, mark := range []string{"://", "?", "git::", "git@"} {
		if strings.Contains(lower, mark) {
			return true
		}
	}
	if u, err := url.Parse(name); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		return true
	}
	var local resource.Origin
	return local.Append(name).Repo != ""
}

// ambiguous tells whether .. stands inside a segment, which kustomize refuses.
func ambiguous(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part != ".." && strings.Contains(part, "..") {
			return true
		}
	}
	return false
}

// stat looks the path up and follows nothing: links could lead anywhere.
func stat(tree fs.FS, name string) (fs.FileInfo, *refusal) {
	var info fs.FileInfo
	for i := 0; i <= len(name); i++ {
		if i < len(name) && name[i] != '/' {
			continue
		}
		var err error
		switch info, err = fs.Lstat(tree, name[:i]); {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid):
			return nil, &refusal{fmt.Sprintf("names %s, which does not exist", name), "see whether the path is misspelt or the file not committed"}
		case err != nil:
			return nil, &refusal{fmt.Sprintf("names %s, which cannot be read: %v", name, err), "see why"}
		case info.Mode()&fs.ModeSymlink != 0:
			return nil, &refusal{fmt.Sprintf("names %s, where %s is a symbolic link", name, name[:i]), "name the file itself"}
		case !info.IsDir() && !info.Mode().IsRegular():
			return nil, &refusal{fmt.Sprintf("names %s, where %s is neither a file nor a folder", name, name[:i]), "name a regular file"}
		case !info.IsDir() && i < len(name):
			return nil, &refusal{fmt.Sprintf("names %s, where %s is a file", name, name[:i]), "see whether the path is misspelt"}
		}
	}
	return info, nil
}

// read returns the file's bytes, up to maxFile.
func read(tree fs.FS, name string) ([]byte, *refusal) {
	tooLarge := &refusal{fmt.Sprintf("names %s, which is larger than %d MiB", name, maxFile>>20), "keep what is not needed for rendering out of the overlay"}
	info, r := stat(tree, name)
	switch {
	case r != nil:
		return nil, r
	case info.IsDir():
		return nil, &refusal{fmt.Sprintf("names %s, which is a folder", name), "name a file"}
	case info.Size() > maxFile:
		return nil, tooLarge
	}
	f, err := tree.Open(name)
	if err != nil {
		return nil, &refusal{fmt.Sprintf("names %s, which cannot be read: %v", name, err), "see why"}
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	_ = f.Close() // nothing was written
	switch {
	case err != nil:
		return nil, &refusal{fmt.Sprintf("names %s, which cannot be read: %v", name, err), "see why"}
	case len(data) > maxFile:
		return nil, tooLarge
	}
	return data, nil
}
