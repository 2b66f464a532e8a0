// Mutants shows that the simulator sees: it breaks weir in one place at a time,
// without touching a file, and plays stories until one of them breaks a promise.
// One mutant that lives is a failure: what it broke is held by nothing. The rules
// that no story can miss are listed in a file of their own, with the tests that
// miss them and the reason.
//
// It drops each rule of rollout.Next in turn, and makes the changes that the
// files beside the simulator describe. Such a file begins with comments that say
// what breaks, then names a file and says which of its lines become which:
//
//	# Nothing asks the policies.
//	file agent/pass.go
//	-	a.review(ctx, turns, now)
//	+
//
// A line "with ./agent/git Journal" has the tests of that package whose names
// match kill it, in place of the simulator, and "with gates" stories with gates.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	simulator = "./agent/agenttest/simulator"
	gates     = "gates" // the simulator, with stories that have gates
	kept      = "agent/agenttest/simulator/testdata/mutants/*.mutant"
	elsewhere = "agent/agenttest/simulator/testdata/mutants/elsewhere.txt"
	rulesFile = "rollout/next.go"
)

// mutant is weir broken in one place.
type mutant struct {
	name, what string
	with, run  string // the package and the tests that have to see it
	edits      []edit
}

// edit exchanges some lines of a file.
type edit struct{ file, from, to string }

func main() {
	seeds := flag.Int("seeds", 1000, "how many stories a mutant may live through")
	only := flag.String("only", "", "a regular expression: the mutants to try")
	flag.Parse()
	lived, err := try(context.Background(), *seeds, *only)
	if err == nil && lived > 0 {
		err = fmt.Errorf("%d mutants lived", lived)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func try(ctx context.Context, seeds int, only string) (lived int, err error) {
	chosen, err := regexp.Compile(only)
	if err != nil {
		return 0, err
	}
	mutants, err := all()
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	killed, by := 0, map[string]int{}
	for _, m := range mutants {
		if !chosen.MatchString(m.name) {
			continue
		}
		began := time.Now()
		verdict, err := m.try(ctx, dir, seeds)
		if err != nil {
			return lived, fmt.Errorf("%s: %w", m.name, err)
		}
		if verdict == "" {
			lived, verdict = lived+1, "LIVED"
		} else {
			killed++
			by[m.with]++
		}
		fmt.Printf("%-34s %6.1fs  %s\n%36s%s\n", m.name, time.Since(began).Seconds(), verdict, "", m.what)
	}
	if killed+lived == 0 {
		return 0, fmt.Errorf("no mutant is named as in %q", only)
	}
	fmt.Printf("mutants: %d killed, %d of them by the simulator; %d lived\n", killed, by[simulator]+by[gates], lived)
	return lived, nil
}

// others names the tests that have to see some mutants, by the mutants' names.
func others() (map[string][2]string, error) {
	data, err := os.ReadFile(elsewhere)
	if err != nil {
		return nil, err
	}
	out := map[string][2]string{}
	for n, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		words := strings.Fields(line)
		if len(words) < 4 {
			return nil, fmt.Errorf("%s:%d: want a name, a package, its tests and the reason: %q", elsewhere, n+1, line)
		}
		out[words[0]] = [2]string{words[1], words[2]}
	}
	return out, nil
}

func all() ([]mutant, error) {
	out, err := rules()
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(kept)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		m, err := read(file)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

var ruleLine = regexp.MustCompile(`(?m)^\t\{"(.*)", (\w+)\},$`)

// rules are the mutants that lack one rule of Next.
func rules() ([]mutant, error) {
	data, err := os.ReadFile(rulesFile)
	if err != nil {
		return nil, err
	}
	seen, err := others()
	if err != nil {
		return nil, err
	}
	var out []mutant
	for _, line := range ruleLine.FindAllStringSubmatch(string(data), -1) {
		m := mutant{
			name: "rule-" + line[2], what: "Next has no rule: " + line[1], with: simulator,
			edits: []edit{{rulesFile, line[0] + "\n", ""}},
		}
		if by, other := seen[m.name]; other {
			m.with, m.run = by[0], by[1]
			delete(seen, m.name)
		}
		out = append(out, m)
	}
	for name := range seen {
		return nil, fmt.Errorf("%s: %s has no rule of this name: %s", elsewhere, rulesFile, name)
	}
	return out, nil
}

// read reads a mutant's file.
func read(file string) (mutant, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return mutant{}, err
	}
	m := mutant{name: strings.TrimSuffix(filepath.Base(file), ".mutant"), with: simulator}
	var what []string
	for n, line := range strings.Split(string(data), "\n") {
		last := len(m.edits) - 1
		switch {
		case strings.HasPrefix(line, "# "):
			what = append(what, line[2:])
		case strings.HasPrefix(line, "with "):
			m.with, m.run, _ = strings.Cut(line[5:], " ")
		case strings.HasPrefix(line, "file "):
			m.edits = append(m.edits, edit{file: line[5:]})
		case last >= 0 && strings.HasPrefix(line, "-") && m.edits[last].to == "":
			m.edits[last].from += line[1:] + "\n"
		case last >= 0 && strings.HasPrefix(line, "-"):
			m.edits = append(m.edits, edit{file: m.edits[last].file, from: line[1:] + "\n"})
		case last >= 0 && strings.HasPrefix(line, "+"):
			m.edits[last].to += line[1:] + "\n"
		case line != "":
			return m, fmt.Errorf("%s:%d: cannot read %q", file, n+1, line)
		}
	}
	m.what = strings.Join(what, " ")
	return m, nil
}

// try builds the tests with the mutant in them and runs them. It returns what
// killed it, or nothing.
func (m mutant) try(ctx context.Context, dir string, seeds int) (by string, err error) {
	overlay, err := m.overlay(dir)
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "test")
	tests := m.with
	if tests == gates {
		tests = simulator
	}
	build := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", binary, tests)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("it does not build: %w\n%s", err, out)
	}
	args := []string{"-test.timeout=10m", "-test.run=" + m.run}
	if tests == simulator {
		args = []string{"-test.timeout=10m", "-test.run=^TestNoStoryBreaksAPromise$", fmt.Sprintf("-simulate.seeds=%d", seeds), "-simulate.shrink=false", "-simulate.enough=1", fmt.Sprintf("-simulate.gates=%t", m.with == gates)}
	}
	run := exec.CommandContext(ctx, binary, args...)
	run.Dir = tests
	out, err := run.CombinedOutput()
	var failed *exec.ExitError
	switch {
	case err == nil:
		return "", nil
	case !errors.As(err, &failed):
		return "", err
	}
	return verdict(string(out)), nil
}

var said = regexp.MustCompile(`(?m)^.*?(seed \d+: .*|panic: .*|--- FAIL: \S+.*)$`)

// verdict is the line of the output that says which promise was broken.
func verdict(out string) string {
	if found := said.FindStringSubmatch(out); found != nil {
		line := strings.TrimSpace(found[1])
		return line[:min(len(line), 150)]
	}
	return "the test failed"
}

// overlay writes the broken files and the list of what they stand for.
func (m mutant) overlay(dir string) (string, error) {
	replaced := map[string]string{}
	for i, e := range m.edits {
		file, err := filepath.Abs(e.file)
		if err != nil {
			return "", err
		}
		source := file
		if broken, ok := replaced[file]; ok {
			source = broken
		}
		data, err := os.ReadFile(source) //nolint:gosec // a file of this repository
		if err != nil {
			return "", err
		}
		if n := strings.Count(string(data), e.from); n != 1 || e.from == "" {
			return "", fmt.Errorf("%s has these lines %d times, not once:\n%s", e.file, n, e.from)
		}
		broken := filepath.Join(dir, fmt.Sprintf("%d.go", i))
		if err := os.WriteFile(broken, []byte(strings.Replace(string(data), e.from, e.to, 1)), 0o600); err != nil {
			return "", err
		}
		replaced[file] = broken
	}
	list, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, list, 0o600)
}
