package rollout

import (
	"maps"
	"slices"
)

// Explanation is what a reason's code means to people.
type Explanation struct {
	Code    Code   `json:"code"`
	Phase   Phase  `json:"phase"`
	Meaning string `json:"meaning"`
	WayOut  string `json:"wayOut"`
}

// Explain looks a code up; false for one that is none.
func Explain(c Code) (Explanation, bool) {
	e, ok := explanations[c]
	return Explanation{c, e.Phase, e.Meaning, e.WayOut}, ok
}

// Codes lists every code, in order.
func Codes() []Code { return slices.Sorted(maps.Keys(explanations)) }
