// Tally reads the output of `go test -json`, shows what a person needs of it
// and counts. It fails if a test failed or was skipped: `make test` sets up
// all that a test could ask for.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// event is one line of `go test -json`; see `go doc test2json`.
type event struct {
	Action  string
	Package string
	Test    string
	Elapsed float64
	Output  string
}

// tally is the counts so far and the output that may yet be needed.
type tally struct {
	passed, failed, skipped, packages, broken int
	// output holds what unfinished tests and packages printed.
	output map[test]string
	out    io.Writer
}

// test names a test, or its package where name is empty.
type test struct{ pkg, name string }

func main() {
	began := time.Now()
	t := &tally{output: map[test]string{}, out: os.Stdout}
	t.read(lines(os.Stdin), time.Tick(30*time.Second), began)
	fmt.Printf("tests: %d passed, %d failed, %d skipped, in %s\n", t.passed, t.failed, t.skipped, since(began))
	if t.passed == 0 || t.failed+t.skipped+t.broken > 0 {
		os.Exit(1)
	}
}

func since(began time.Time) time.Duration { return time.Since(began).Round(time.Second) }

// lines sends each line of r, and closes the channel at its end.
func lines(r io.Reader) <-chan string {
	out := make(chan string)
	go func() {
		defer close(out)
		for in := bufio.NewReader(r); ; {
			line, err := in.ReadString('\n')
			if line != "" {
				out <- line
			}
			if err != nil {
				return
			}
		}
	}()
	return out
}

// read takes in every line, and says that it is alive whenever alive ticks.
func (t *tally) read(in <-chan string, alive <-chan time.Time, began time.Time) {
	for {
		select {
		case line, more := <-in:
			if !more {
				return
			}
			var e event
			if json.Unmarshal([]byte(line), &e) != nil {
				fmt.Fprint(t.out, line)
				continue
			}
			t.add(e)
		case <-alive:
			fmt.Fprintf(t.out, "...  %d packages, %d tests passed, %s\n", t.packages, t.passed, since(began))
		}
	}
}

// add counts one event and prints what it ends.
func (t *tally) add(e event) {
	of := test{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(t.out, e.Output)
	case "output":
		t.output[of] += e.Output
	case "pass", "fail", "skip":
		if e.Test == "" {
			t.endPackage(e)
		} else {
			t.endTest(e)
		}
		delete(t.output, of)
	}
}

func (t *tally) endTest(e event) {
	switch e.Action {
	case "pass":
		t.passed++
		return
	case "fail":
		t.failed++
	case "skip":
		t.skipped++
	}
	fmt.Fprintf(t.out, "%s %s %s\n%s", strings.ToUpper(e.Action), e.Package, e.Test, t.output[test{e.Package, e.Test}])
}

// endPackage prints a failed package's own output too, and that of the tests
// which it left unfinished: a panic or a timeout.
func (t *tally) endPackage(e event) {
	t.packages++
	switch e.Action {
	case "pass":
		fmt.Fprintf(t.out, "ok   %s %.1fs\n", e.Package, e.Elapsed)
	case "fail":
		t.broken++
		for of, output := range t.output {
			if of.pkg == e.Package {
				fmt.Fprint(t.out, output)
			}
		}
		fmt.Fprintf(t.out, "FAIL %s %.1fs\n", e.Package, e.Elapsed)
	}
}
