package kustomize

import (
	"regexp"
	"sort"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/weir-delivery/weir/rollout"
)

// passage is a file, or what a scalar in one holds, such as a patch inside a
// kustomization. It knows the line of the file that each byte of it stands on.
type passage struct {
	file  string
	data  string
	lines []int                // where each begins
	runes func() []int         // where each begins; nil if they are bytes
	line  func(offset int) int // of the file
}

// whole is the passage that a whole file is.
func whole(file string, data []byte) passage {
	t := passageOf(file, string(data))
	t.line = t.own
	return t
}

func passageOf(file, data string) passage {
	t := passage{file: file, data: data, lines: []int{0}}
	for i := range len(data) {
		if data[i] == '\n' {
			t.lines = append(t.lines, i+1)
		}
	}
	t.runes = sync.OnceValue(func() []int {
		if utf8.RuneCountInString(data) == len(data) {
			return nil
		}
		out := []int{}
		for i := range data {
			out = append(out, i)
		}
		return out
	})
	return t
}

// own is the line of the passage itself.
func (t passage) own(offset int) int { return sort.SearchInts(t.lines, offset+1) }

func (t passage) at(offset int) rollout.Position {
	return rollout.Position{File: t.file, Line: t.line(offset)}
}

// offset is where the node begins, which was parsed from this passage.
func (t passage) offset(n *yaml.Node) int {
	start, column := t.lines[min(max(n.Line, 1), len(t.lines))-1], max(n.Column, 1)-1
	if runes := t.runes(); runes != nil {
		return runes[min(sort.SearchInts(runes, start)+column, len(runes)-1)]
	}
	return min(start+column, len(t.data))
}

// inside is the passage that the scalar holds. A literal block has it line by line.
// In every other style lines may be folded and characters escaped, but the
// numbers in it come one after the other as they stand, so a place is found by
// how many come before it.
func (t passage) inside(n *yaml.Node) passage {
	in := passageOf(t.file, n.Value)
	header := t.own(t.offset(n))
	if n.Style&yaml.LiteralStyle != 0 {
		in.line = func(offset int) int { return t.line(t.lines[min(header+in.own(offset), len(t.lines))-1]) }
		return in
	}
	from := t.offset(n)
	if n.Style&yaml.FoldedStyle != 0 && header < len(t.lines) {
		from = t.lines[header] // the number in >2 is none of the text's
	}
	here := sync.OnceValue(func() [][]int { return digits.FindAllStringIndex(in.data, -1) })
	there := sync.OnceValue(func() [][]int { return digits.FindAllStringIndex(t.data[from:], len(here())) })
	in.line = func(offset int) int {
		before := sort.Search(len(here()), func(i int) bool { return here()[i][1] > offset })
		if runs := there(); before < len(runs) {
			return t.line(from + runs[before][0])
		}
		return t.line(from)
	}
	return in
}

var (
	digits    = regexp.MustCompile(`[0-9]+`)
	tenDigits = regexp.MustCompile(`[0-9]{10}`)
	// numbers alone, as in 75,25: no part of a word, as in v2
	numerals = regexp.MustCompile(`\b[0-9]+\b`)
)
