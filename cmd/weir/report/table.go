package report

import (
	"strings"
	"unicode/utf8"
)

// cell is a text and how it is painted; padding is never painted.
type cell struct {
	text  string
	paint paint
}

// table is rows of cells whose columns line up.
type table [][]cell

// lines writes the table, each line indented, two spaces between columns.
func (t table) lines(p *page, indent string) {
	var widths []int
	for _, row := range t {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	for _, row := range t {
		var b strings.Builder
		for i, c := range row {
			if i > 0 {
				b.WriteString("  ")
			}
			text := c.text
			if c.paint != nil {
				text = c.paint(text)
			}
			b.WriteString(text)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text)))
			}
		}
		p.line("%s%s", indent, b.String())
	}
}

// row makes cells of one paint.
func row(paint paint, texts ...string) []cell {
	out := make([]cell, len(texts))
	for i, text := range texts {
		out[i] = cell{text, paint}
	}
	return out
}
