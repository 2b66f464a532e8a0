package report

import (
	"io"

	"github.com/weir-delivery/weir/agent"
)

// codeQuality is one entry of GitLab's code quality report.
type codeQuality struct {
	Description string   `json:"description"`
	CheckName   string   `json:"check_name"`
	Fingerprint string   `json:"fingerprint"`
	Severity    string   `json:"severity"` // info | minor | major | critical | blocker
	Location    location `json:"location"`
}

type location struct {
	Path  string `json:"path"`
	Lines lines  `json:"lines"`
}

type lines struct {
	Begin int `json:"begin"`
}

// CheckGitLab writes a CheckReport as a code quality report of GitLab, which shows
// it in the merge request.
func CheckGitLab(w io.Writer, r agent.CheckReport) error {
	severities := map[severity]string{failure: "critical", warning: "minor", notice: "info"}
	out, seen := []codeQuality{}, map[string]int{}
	for _, n := range notes(r) {
		file, line := n.file()
		out = append(out, codeQuality{n.body(), clean(n.rule), n.fingerprint(seen), severities[n.severity], location{file, lines{line}}})
	}
	return JSON(w, out)
}
