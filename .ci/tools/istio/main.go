// Istio records what Istio's own validation says of each object of
// rollout/istio/testdata/verdicts, beside which the tests of rollout/istio hold
// what weir says. It is a module of its own: nothing of Istio's control plane
// is a dependency of weir.
//
//	istio [-write] DIR
//
// Without -write it fails if a record is not what Istio says.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/tools/txtar"
	"istio.io/istio/pkg/log"
)

func main() {
	write := flag.Bool("write", false, "write the records anew")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: istio [-write] DIR")
		os.Exit(2)
	}
	for _, scope := range log.Scopes() {
		scope.SetOutputLevel(log.NoneLevel) // it logs what it also returns
	}
	if err := run(flag.Arg(0), *write); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run compares or writes the records of every file of the folder.
func run(dir string, write bool) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil {
		return err
	}
	var stale error
	objects := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		fresh, n, err := record(data)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		objects += n
		switch {
		case bytes.Equal(data, fresh):
		case write:
			if err := os.WriteFile(file, fresh, 0o644); err != nil {
				return err
			}
		default:
			stale = errors.Join(stale, fmt.Errorf("%s: the record is not what Istio says; `make verdicts` writes it anew:\n%s", file, difference(data, fresh)))
		}
	}
	if objects == 0 {
		return fmt.Errorf("%s has no objects", dir)
	}
	if stale == nil {
		fmt.Printf("Istio's verdicts on %d objects in %d files are as recorded\n", objects, len(files))
	}
	return stale
}

// record is the archive with what Istio says after each object. An object is a
// file whose name is none of the sections'.
func record(data []byte) (fresh []byte, objects int, err error) {
	archive := txtar.Parse(data)
	var files []txtar.File
	for _, f := range archive.Files {
		if f.Name == "istio" {
			continue
		}
		files = append(files, f)
		if slices.Contains([]string{"server", "weir", "why"}, f.Name) {
			continue
		}
		said, err := verdict(f.Data)
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", f.Name, err)
		}
		objects++
		files = append(files, txtar.File{Name: "istio", Data: []byte(said)})
	}
	archive.Files = files
	return txtar.Format(archive), objects, nil
}

// difference names the records that differ, as they are and as they should be.
func difference(was, is []byte) string {
	var out string
	have, said := records(was), records(is)
	for _, name := range slices.Sorted(maps.Keys(said)) {
		if want := said[name]; have[name] != want {
			out += fmt.Sprintf("  %s\n    recorded %q\n    Istio    %q\n", name, have[name], want)
		}
	}
	return out
}

// records are what is recorded of each object.
func records(data []byte) map[string]string {
	out := map[string]string{}
	name := ""
	for _, f := range txtar.Parse(data).Files {
		switch f.Name {
		case "istio":
			out[name] = string(f.Data)
		case "server", "weir", "why":
		default:
			name = f.Name
		}
	}
	return out
}
