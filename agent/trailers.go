package agent

import (
	"regexp"
	"slices"
	"strings"
)

// Bounds of what is passed on of a commit's trailers.
const (
	maxTrailers  = 32
	maxTrailer   = 300
	maxCoAuthors = 100
)

var trailer = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9-]*)\s*:\s*(.*)$`)

var coAuthor = regexp.MustCompile(`(?i)^\s*co-authored-by\s*:\s*(.*<[^<>]+>)\s*$`)

// CoAuthors are the people that the last paragraph of a commit's message says wrote it
// too, each as "Name <address>": whoever else had a part in what a forge squashes stands
// nowhere else.
func CoAuthors(message string) []string {
	var out []string
	for _, line := range slices.Backward(strings.Split(strings.TrimSpace(message), "\n")) {
		if strings.TrimSpace(line) == "" || len(out) == maxCoAuthors {
			break
		}
		if said := coAuthor.FindStringSubmatch(line); said != nil {
			out = append(out, OneLine(said[1], maxTrailer))
		}
	}
	slices.Reverse(out)
	return out
}

// Trailers are the lines at the end of a commit's message that say something of it,
// as in "Change-Id: CHG123": its last paragraph, if that is not the subject and
// holds nothing else. Several of one name are joined by ", ". It is never nil.
func Trailers(message string) map[string]string {
	out := map[string]string{}
	paragraphs := strings.Split(strings.TrimSpace(strings.ReplaceAll(message, "\r\n", "\n")), "\n\n")
	if len(paragraphs) < 2 {
		return out
	}
	last := ""
	for line := range strings.SplitSeq(paragraphs[len(paragraphs)-1], "\n") {
		said := trailer.FindStringSubmatch(line)
		switch {
		case said == nil && last != "" && strings.HasPrefix(line, " "):
			out[last] = OneLine(out[last]+" "+line, maxTrailer)
			continue
		case said == nil:
			return map[string]string{}
		}
		if last = said[1]; len(out) == maxTrailers {
			break
		}
		value := OneLine(said[2], maxTrailer)
		if before, ok := out[last]; ok {
			value = OneLine(before+", "+value, maxTrailer)
		}
		out[last] = value
	}
	return out
}
