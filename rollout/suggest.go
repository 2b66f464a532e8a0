package rollout

import "strings"

// Suggest is the hint for a word that is not known: the nearest one, or all.
func Suggest(unknown string, known []string) string {
	if unknown == "<<" {
		return "write the fields out; merge keys are not read here"
	}
	best, least := "", len(unknown)/3+2
	for _, k := range known {
		if d := distance(strings.ToLower(unknown), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	return "known here: " + strings.Join(known, ", ")
}

// distance is Levenshtein's, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
