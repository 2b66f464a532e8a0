package rollout

import (
	"fmt"
	"slices"
	"strings"
)

// Destination is where a route can send traffic: a host, one of its subsets
// (empty for none) and a port (0 where the VirtualService names none). Hosts
// are as the VirtualService writes them; short names mean its own namespace.
type Destination struct {
	Host   string `json:"host"`
	Subset string `json:"subset,omitempty"`
	Port   int    `json:"port,omitempty"`
}

// String is the destination as people name it: its subset where it has one,
// its host otherwise.
func (d Destination) String() string {
	if d.Subset != "" {
		return d.Subset
	}
	return d.Host
}

// Weight is one destination's part in a split. Only its share of the split's
// total counts (Istio: weight divided by the sum of all weights).
type Weight struct {
	Destination
	Weight int `json:"weight"`
}

// Split is the weights of one route, in the VirtualService's order. No
// destination appears twice. A split of one destination is the whole whatever
// its number says; beside others a missing weight is 0.
type Split []Weight

// Of is the destination's effective weight: 1 for a lone destination, which
// Istio gives everything, 0 for one that is not there.
func (s Split) Of(d Destination) int {
	for _, w := range s {
		if w.Destination == d {
			return s.effective(w)
		}
	}
	return 0
}

// Total is the sum of the effective weights.
func (s Split) Total() int {
	total := 0
	for _, w := range s {
		total += s.effective(w)
	}
	return total
}

// Equal tells whether both give every destination the same share. Numbers,
// order and destinations without a share do not matter: 1/1 equals 50/50.
func (s Split) Equal(o Split) bool {
	st, ot := int64(s.Total()), int64(o.Total())
	if (st == 0) != (ot == 0) {
		return false
	}
	for _, d := range union(s, o) {
		if int64(s.Of(d))*ot != int64(o.Of(d))*st {
			return false
		}
	}
	return true
}

// Verbatim tells whether both hold the same destinations with the same
// numbers in the same order.
func (s Split) Verbatim(o Split) bool { return slices.Equal(s, o) }

// Percent is the combined share of the given destinations, 0 to 100, rounded
// down to whole percent.
func (s Split) Percent(of []Destination) int {
	total := s.Total()
	if total == 0 {
		return 0
	}
	sum := 0
	for _, d := range of {
		sum += s.Of(d)
	}
	return sum * 100 / total
}

// Carrying lists the destinations that get traffic, in order.
func (s Split) Carrying() []Destination {
	var out []Destination
	for _, w := range s {
		if s.effective(w) > 0 {
			out = append(out, w.Destination)
		}
	}
	return out
}

// Rising lists the destinations whose share grows from one split to the other.
// Beside no split at all, every destination that gets traffic rises.
func Rising(from, to Split) []Destination {
	ft, tt := int64(from.Total()), int64(to.Total())
	if ft == 0 {
		return to.Carrying()
	}
	var out []Destination
	for _, d := range union(from, to) {
		if int64(to.Of(d))*ft > int64(from.Of(d))*tt {
			out = append(out, d)
		}
	}
	return out
}

// between tells whether every share of b lies between those of a and c.
func between(a, b, c Split) bool {
	at, bt, ct := float64(a.Total()), float64(b.Total()), float64(c.Total())
	if at*bt*ct == 0 {
		return false
	}
	const grain = 1e-9 // shares are ratios of small integers
	for _, d := range union(a, b, c) {
		x, y, z := float64(a.Of(d))/at, float64(b.Of(d))/bt, float64(c.Of(d))/ct
		if y < min(x, z)-grain || y > max(x, z)+grain {
			return false
		}
	}
	return true
}

// String prints the split as people write it: "v1 95 · v3 5". Destinations
// that would read the same are told apart by host and port.
func (s Split) String() string {
	if len(s) == 0 {
		return "nothing"
	}
	parts := make([]string, len(s))
	for i, w := range s {
		parts[i] = fmt.Sprintf("%s %d", s.label(w.Destination), s.shown(w))
	}
	return strings.Join(parts, " · ")
}

func (s Split) label(d Destination) string {
	alike := 0
	for _, w := range s {
		if w.Destination.String() == d.String() {
			alike++
		}
	}
	if alike < 2 {
		return d.String()
	}
	return fmt.Sprintf("%s/%s:%d", d.Host, d.Subset, d.Port)
}

func (s Split) shown(w Weight) int {
	if len(s) == 1 {
		return 100
	}
	return w.Weight
}

func (s Split) effective(w Weight) int {
	if len(s) == 1 {
		return 1
	}
	return w.Weight
}

func (s Split) clone() Split { return slices.Clone(s) }

// union lists the destinations of all splits once, in order of first sight.
func union(splits ...Split) []Destination {
	var out []Destination
	for _, s := range splits {
		for _, w := range s {
			if !slices.Contains(out, w.Destination) {
				out = append(out, w.Destination)
			}
		}
	}
	return out
}
