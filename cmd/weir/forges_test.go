package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"go.yaml.in/yaml/v3"
)

// shells runs the shell lines of a forge's file one by one, as the forge would, but
// for those that install weir: shells FILE OUT, which gets all that they print. It
// fails if one of them does.
func shells(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] shells FILE OUT")
	}
	content, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	var document any
	ts.Check(yaml.Unmarshal(content, &document))
	failed, ran := false, 0
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), nil, 0o600))
	for _, line := range shellLines(document) {
		if strings.HasPrefix(line, "go install ") {
			continue
		}
		ran++
		ts.Logf("$ %s", line)
		err := ts.Exec("bash", "-o", "pipefail", "-c", fmt.Sprintf("{ %s ; } >> %s 2>&1", line, ts.MkAbs(args[1])))
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Check(err)
		}
		failed = failed || err != nil
	}
	switch {
	case ran == 0:
		ts.Fatalf("%s has no shell line", args[0])
	case failed != neg:
		ts.Fatalf("failed: %t", failed)
	}
}

// shellLines are what a document has under run, script and entry, in order.
func shellLines(v any) (out []string) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			out = append(out, shellLines(item)...)
		}
	case map[string]any:
		for _, key := range []string{"before_script", "script"} {
			if list, ok := v[key].([]any); ok {
				for _, line := range list {
					out = append(out, line.(string))
				}
			}
		}
		for _, key := range []string{"run", "entry"} {
			if line, ok := v[key].(string); ok {
				out = append(out, line)
			}
		}
		for _, key := range []string{"jobs", "check", "steps", "repos", "hooks", "weir"} {
			out = append(out, shellLines(v[key])...)
		}
	}
	return out
}
