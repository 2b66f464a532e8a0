package kustomize

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/weir-delivery/weir/rollout"
)

// maxMessage bounds what is told of an error of kustomize's.
const maxMessage = 600

// guarded is what may be told of an error of kustomize's or of the YAML
// library. Behind the first sentence, and between backquotes, they print
// objects and configurations whole, Secrets among them.
func guarded(message string) string {
	if before, _, ok := strings.Cut(message, " with config: `"); ok {
		message = before + message[strings.LastIndex(message, "`")+1:]
	}
	message = regexp.MustCompile("(?s)`.*?`").ReplaceAllString(message, "`…`")
	for _, mark := range []string{"\n", " from [patch: ", ": invalid literal source"} {
		message, _, _ = strings.Cut(message, mark)
	}
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "…"
	}
	return message
}

// blame makes kustomize's error a problem at the document that it names, else
// at the top kustomization.
func (g *graph) blame(err error) rollout.Problems {
	message := g.redacted(guarded(err.Error()))
	out := broken(g.top.file, "kustomize cannot build the overlay: "+message)
	for _, file := range slices.Sorted(maps.Keys(g.documents)) {
		for _, d := range g.documents[file] {
			if d.kind != "" && strings.Contains(message, d.kind+".") && strings.Contains(message, "/"+d.name+".") {
				out[0].Position = rollout.Position{File: file, Line: d.line}
			}
		}
	}
	return out
}

// redacted takes the values of secret generators out.
func (g *graph) redacted(message string) string {
	for _, k := range g.parsed {
		if k == nil {
			continue
		}
		for _, s := range k.SecretGenerator {
			for _, literal := range s.LiteralSources {
				_, value, _ := strings.Cut(literal, "=")
				for _, secret := range []string{literal, value} {
					if secret != "" {
						message = strings.ReplaceAll(message, secret, "***")
					}
				}
			}
		}
	}
	return message
}
