package report

import (
	"fmt"
	"strings"

	"github.com/weir-delivery/weir/rollout"
)

// eighths are the last cell of a bar, from one eighth of it.
const eighths = "▏▎▍▌▋▊▉█"

// sparks are a bar of one cell, from nothing to all.
const sparks = "▁▂▃▄▅▆▇█"

// bar draws a part of the whole in at most that many cells. Something is never
// drawn as nothing, and less than everything never as everything.
func bar(part, whole, cells int) string {
	fine := cells * 8
	n := level(part, whole, fine)
	out := strings.Repeat("█", n/8)
	if n%8 > 0 {
		out += string([]rune(eighths)[n%8-1])
	}
	return out
}

// spark draws a part of the whole in one cell.
func spark(part, whole int) string {
	return string([]rune(sparks)[level(part, whole, 7)])
}

// level is part of whole on a scale from 0 to steps.
func level(part, whole, steps int) int {
	switch {
	case part <= 0 || whole <= 0:
		return 0
	case part >= whole:
		return steps
	}
	n := (int64(part)*int64(steps)*2 + int64(whole)) / (2 * int64(whole))
	return int(min(max(n, 1), int64(steps)-1))
}

// shown is a destination's number as it is shown, and the whole that it is a
// part of: a lone destination is 100 of 100 whatever its number says.
func shown(s rollout.Split, d rollout.Destination) (part, whole int) {
	if len(s) == 1 && s[0].Destination == d {
		return 100, 100
	}
	return s.Of(d), s.Total()
}

// digitsOf is how wide the largest number of the splits is, 3 at least.
func digitsOf(splits []rollout.Split) int {
	digits := 3
	for _, s := range splits {
		for _, w := range s {
			part, _ := shown(s, w.Destination)
			digits = max(digits, len(fmt.Sprint(part)))
		}
	}
	return digits
}

// sparkline is a split in one line: "v1 75 ▆ · v3 25 ▃".
func sparkline(s rollout.Split) string {
	if len(s) == 0 {
		return "-"
	}
	parts := make([]string, len(s))
	for i, w := range s {
		part, whole := shown(s, w.Destination)
		parts[i] = fmt.Sprintf("%s %d %s", clean(label(s, w.Destination)), part, spark(part, whole))
	}
	return strings.Join(parts, " · ")
}

// label names a destination as people do, and in full where two of the split
// would read the same.
func label(s rollout.Split, d rollout.Destination) string {
	for _, other := range s {
		if other.Destination != d && other.Destination.String() == d.String() {
			return fmt.Sprintf("%s/%s:%d", d.Host, d.Subset, d.Port)
		}
	}
	return d.String()
}
