package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/weir-delivery/weir/agent"
)

// maxAnnotations is how many annotations of one kind GitHub shows of a step.
const maxAnnotations = 10

// CheckGitHub writes a CheckReport as workflow commands of GitHub Actions, which
// shows them at the lines of the change. What is beyond the ten of a kind that it
// shows is told in the last of them.
func CheckGitHub(w io.Writer, r agent.CheckReport) error {
	kinds := map[severity]string{failure: "error", warning: "warning", notice: "notice"}
	by := map[severity][]note{}
	for _, n := range notes(r) {
		by[n.severity] = append(by[n.severity], n)
	}
	var out strings.Builder
	for _, s := range []severity{failure, warning, notice} {
		all := by[s]
		shown := all
		if len(all) > maxAnnotations {
			shown = all[:maxAnnotations-1]
		}
		for _, n := range shown {
			file, line := n.file()
			fmt.Fprintf(&out, "::%s file=%s,line=%d,title=%s::%s\n", kinds[s], property(file), line, property(n.rule), data(n.body()))
		}
		if rest := all[len(shown):]; len(rest) > 0 {
			lines := []string{fmt.Sprintf("and %d more:", len(rest))}
			for _, n := range rest {
				lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s: %s %s", clean(n.rule), n.title(), clean(n.at.String()))))
			}
			fmt.Fprintf(&out, "::%s title=weir check::%s\n", kinds[s], data(strings.Join(lines, "\n")))
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// data escapes the text of a workflow command.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// property escapes a property of one.
func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(clean(s)))
}
