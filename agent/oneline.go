package agent

import (
	"strings"
	"unicode"
)

// OneLine makes one line of at most so many bytes out of what somebody else wrote:
// a server's answer, a file's name. Control characters become spaces.
func OneLine(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, " "))
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
