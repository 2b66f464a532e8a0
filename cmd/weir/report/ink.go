package report

import "github.com/weir-delivery/weir/rollout"

// ink paints words, or leaves them as they are.
type ink struct{ color bool }

// paint is one way to show a word.
type paint func(string) string

func (i ink) good(s string) string   { return i.with("32", s) }
func (i ink) warn(s string) string   { return i.with("33", s) }
func (i ink) bad(s string) string    { return i.with("31", s) }
func (i ink) move(s string) string   { return i.with("36", s) }
func (i ink) strong(s string) string { return i.with("1", s) }
func (i ink) faint(s string) string  { return i.with("2", s) }
func (i ink) plain(s string) string  { return s }

func (i ink) with(code, s string) string {
	if !i.color || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// phase is how a rollout's phase is painted.
func (i ink) phase(p rollout.Phase) paint {
	switch p {
	case rollout.Healthy:
		return i.good
	case rollout.Progressing:
		return i.move
	case rollout.Degraded:
		return i.bad
	}
	return i.warn
}
