package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"path"
	"strings"

	"github.com/weir-delivery/weir/cmd/weir/report"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// document is the file of an intent.
func document(folder string, asked rollout.Intent, r report.Rollout) (file string, content []byte, err error) {
	var salt [4]byte
	_, _ = rand.Read(salt[:]) // it never fails
	file = path.Join(folder, r.Environment, r.Namespace, r.Name,
		fmt.Sprintf("%s-%d-%s-%s.yaml", asked.ID, asked.Step+1, asked.Verb, hex.EncodeToString(salt[:])))
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: %s\nkind: %s\nmetadata: {name: %q, namespace: %q}\n", spec.APIVersion, spec.KindIntent, r.Name, r.Namespace)
	fmt.Fprintf(&b, "spec:\n  environment: %q\n  verb: %s\n  id: %q\n  step: %d\n", r.Environment, asked.Verb, asked.ID, asked.Step+1)
	if asked.Full {
		b.WriteString("  full: true\n")
	}
	if asked.Reason != "" {
		fmt.Fprintf(&b, "  reason: %q\n", asked.Reason)
	}
	if _, problems := spec.DecodeIntent([]byte(b.String()), file); len(problems) > 0 {
		return "", nil, problems
	}
	return file, []byte(b.String()), nil
}

// message is what the commit says.
func message(asked rollout.Intent, r report.Rollout) string {
	subject := fmt.Sprintf("%s %s at step %d", asked.Verb, r.FullName(), asked.Step+1)
	if asked.Reason == "" {
		return subject
	}
	return subject + "\n\n" + asked.Reason
}
