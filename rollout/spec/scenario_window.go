package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-delivery/weir/rollout"
)

var (
	windowText   = regexp.MustCompile(`^(\S+): (\S+) "([^"]*)" (\S+) (\S+)(?: of (.+))?$`)
	freezeText   = regexp.MustCompile(`^(\S+): (\S+) to (\S+)(?: (.+))?$`)
	scheduleText = regexp.MustCompile(`^"([^"]*)" (\S+)$`)
)

// addWindow reads `office: allow "0 9 * * MON-THU" 8h Europe/Berlin of step 2`.
func addWindow(p *rollout.Plan, rules *rollout.Rules, text string) error {
	m := windowText.FindStringSubmatch(text)
	if m == nil {
		return fmt.Errorf(`a window is written as: office: allow "0 9 * * MON-THU" 8h Europe/Berlin`)
	}
	v := read([]any{map[string]any{"name": m[1], "kind": m[2], "schedule": m[3], "duration": m[4], "timeZone": m[5]}}, "window")
	ws := windows(v)
	if err := v.problems.Err(); err != nil {
		return err
	}
	step, isStep := strings.CutPrefix(m[6], "step ")
	switch n, err := strconv.Atoi(step); {
	case m[6] == "" || m[6] == "plan":
		p.Windows = append(slices.Clone(p.Windows), ws...)
	case m[6] == "environment" || m[6] == "delivery":
		l := level(rules, m[6])
		l.Windows = append(slices.Clone(l.Windows), ws...)
	case isStep && err == nil && n >= 1 && n <= len(p.Steps):
		p.Steps = slices.Clone(p.Steps)
		p.Steps[n-1].Windows = append(slices.Clone(p.Steps[n-1].Windows), ws...)
	default:
		return fmt.Errorf("a window is of plan, environment, delivery or a step that the plan above has, not of %q", m[6])
	}
	return nil
}

// addFreeze reads "year-end: FROM to TO WHY". It is the Delivery's.
func addFreeze(rules *rollout.Rules, text string) error {
	m := freezeText.FindStringSubmatch(text)
	if m == nil {
		return fmt.Errorf("a freeze is written as: year-end: 2026-12-19T00:00:00Z to 2027-01-04T00:00:00Z change freeze")
	}
	freeze := map[string]any{"name": m[1], "from": m[2], "to": m[3]}
	if m[4] != "" {
		freeze["reason"] = m[4]
	}
	v := read([]any{freeze}, "freeze")
	fs := freezes(v, nil)
	if err := v.problems.Err(); err != nil {
		return err
	}
	l := level(rules, "delivery")
	l.Freezes = append(slices.Clone(l.Freezes), fs...)
	return nil
}

// thaw takes a freeze away, whichever level has it.
func thaw(rules *rollout.Rules, name string) error {
	named := func(f rollout.Freeze) bool { return f.Name == name }
	rules.Levels = slices.Clone(rules.Levels)
	found := false
	for i, l := range rules.Levels {
		found = found || slices.ContainsFunc(l.Freezes, named)
		rules.Levels[i].Freezes = slices.DeleteFunc(slices.Clone(l.Freezes), named)
	}
	if !found {
		return fmt.Errorf("no freeze is called %q", name)
	}
	return nil
}

// level is the rules' level of the Delivery or of the one environment that they are
// of, which is added where it is missing.
func level(rules *rollout.Rules, name string) *rollout.Level {
	full := map[string]string{"delivery": "the Delivery", "environment": "environment scenario"}[name]
	rules.Levels = slices.Clone(rules.Levels)
	i := slices.IndexFunc(rules.Levels, func(l rollout.Level) bool {
		return l.Name == full || name == "environment" && strings.HasPrefix(l.Name, "environment ")
	})
	if i < 0 {
		rules.Levels, i = append(rules.Levels, rollout.Level{Name: full}), len(rules.Levels)
	}
	return &rules.Levels[i]
}

// parseSchedule reads `"0 10 * * MON-FRI" Europe/Berlin`.
func parseSchedule(text string) (*rollout.Schedule, error) {
	m := scheduleText.FindStringSubmatch(text)
	if m == nil {
		return nil, fmt.Errorf(`a schedule is written as: schedule "0 10 * * MON-FRI" Europe/Berlin`)
	}
	v := read(map[string]any{"cron": m[1], "timeZone": m[2]}, "schedule")
	s := schedule(v)
	return s, v.problems.Err()
}

// parseRollback reads "back 20 every 1m".
func parseRollback(words []string) (*rollout.Rollback, error) {
	if len(words) != 4 || words[2] != "every" {
		return nil, fmt.Errorf("a way back is written as: back 20 every 1m")
	}
	weight, err := strconv.Atoi(words[1])
	if err != nil {
		return nil, fmt.Errorf("%q is no whole number of percent", words[1])
	}
	v := read(map[string]any{"stepWeight": int64(weight), "interval": words[3]}, "back")
	b := rollback(v)
	return b, v.problems.Err()
}

// read makes a value of a document's that stands nowhere.
func read(content any, path string) value {
	return value{&reader{where: func(string) rollout.Position { return rollout.Position{} }}, node(content), path}
}
