package simulator

import (
	"fmt"
	"strings"
	"time"

	"github.com/weir-delivery/weir/rollout/istio"
)

func durationOf(seconds int) time.Duration { return time.Duration(seconds) * time.Second }

// splitsOf shows the weights of a VirtualService.
func splitsOf(o object) string {
	if o == nil {
		return "nothing"
	}
	routes, _ := istio.Read(o, istio.All)
	return routes.String()
}

// String says what a commit wants, in one line.
func (w wish) String() string {
	var parts []string
	for i, t := range w.Targets {
		if t.Absent {
			parts = append(parts, t.Host+" gone")
			continue
		}
		s := t.Name
		for _, r := range t.Routes {
			s += fmt.Sprintf(" %s%s/%d %v", r.Protocol, strings.TrimPrefix(" "+r.Name, " "), r.Match, r.Weights)
		}
		s += fmt.Sprintf(" extra %d labels %d", t.Extra, t.Labels)
		if t.NoRule {
			s += " without a rule"
		}
		if p, ok := w.planOf(i); ok {
			s += fmt.Sprintf(" plan %s steps %d total %d suspend %t deadline %d%s", p.Name, p.Steps, p.Total, p.Suspend, p.Deadline, p.Gate)
		}
		parts = append(parts, s)
	}
	parts = append(parts, fmt.Sprintf("suspend %t prune %t adopt %v default %d policy %d", w.Suspend, w.Prune, w.Adopt, w.Default, w.Strict))
	if w.Aside {
		parts = append(parts, "approvals on a branch")
	}
	if w.Freeze+w.Level+w.Approvers > 0 {
		parts = append(parts, fmt.Sprintf("freeze %d windows %d approvers %d", w.Freeze, w.Level, w.Approvers))
	}
	if w.Broken > 0 {
		parts = append(parts, "broken: "+breaks[w.Broken])
	}
	return strings.Join(parts, "; ")
}
