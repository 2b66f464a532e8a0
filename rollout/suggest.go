package rollout

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// Suggest is the hint for a word that is not known: the nearest one, or all.
func Suggest(unknown string, known []string) string {
	if unknown == "<<" {
		return "write the fields out; merge keys are not read here"
	}
	if best := Nearest(unknown, known); best != "" {
		return "did you mean " + best + "?"
	}
	return "known here: " + strings.Join(known, ", ")
}

// Nearest is the word, of those that are known, that was most likely meant, the first of
// several; empty where none is near: at most a third of the letters and one more are to
// be added, dropped or changed, whatever their case.
func Nearest(word string, known []string) string {
	best, least := "", len(word)/3+2
	for _, k := range known {
		if d := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	return best
}
