package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// ParsePlan reads "reviews: 5 for 10m, 50 until approved, 100; settle 10s".
func ParsePlan(s string) (rollout.Plan, error) {
	name, text, ok := strings.Cut(s, ":")
	if !ok {
		return rollout.Plan{}, fmt.Errorf("a plan is written as NAME: STEPS")
	}
	parts := strings.Split(text, ";")
	p := rollout.Plan{Name: strings.TrimSpace(name), Namespace: "scenario", RollbackWindow: rollout.DefaultRollbackWindow}
	var err error
	if p.Steps, err = parseSteps(parts[0]); err != nil {
		return p, err
	}
	for _, option := range parts[1:] {
		err := planOption(&p, strings.Fields(option))
		if strings.Contains(option, ">=") || strings.Contains(option, "<=") {
			err = planMetric(&p, option)
		}
		if err != nil {
			return p, err
		}
	}
	p.Targets = []rollout.TargetRef{{Name: p.Name}}
	return p.WithDefaults(), nil
}

// parseSteps reads "5 for 10m, 50 until approved, 100", which has to be what a
// WeightPlan may say.
func parseSteps(text string) ([]rollout.Step, error) {
	var all []any
	for s := range strings.SplitSeq(text, ",") {
		step, err := parseStep(strings.TrimSpace(s))
		if err != nil {
			return nil, err
		}
		all = append(all, step)
	}
	v := read(all, "steps")
	out := steps(v)
	return out, v.problems.Err()
}

func parseStep(s string) (map[string]any, error) {
	words := strings.Fields(s)
	bad := fmt.Errorf("cannot read the step %q; write 5 for 10m, 50 until approved, or 100", s)
	if len(words) == 0 {
		return nil, bad
	}
	weight, err := strconv.ParseInt(words[0], 10, 64)
	if err != nil {
		return nil, bad
	}
	step := map[string]any{"setWeight": weight}
	switch {
	case len(words) == 1:
	case slices.Equal(words[1:], []string{"until", "approved"}):
		step["pause"] = map[string]any{}
	case len(words) == 3 && words[1] == "for":
		step["pause"] = map[string]any{"duration": words[2]}
	default:
		return nil, bad
	}
	return step, nil
}

// planOptions are those that say what a field of a WeightPlan does.
var planOptions = map[string]struct {
	field string
	value func(string) (any, error)
}{
	"total":     {"totalWeight", whole},
	"settle":    {"settleSeconds", inSeconds},
	"rollback":  {"rollbackWindow", asText},
	"approvals": {"approvals", func(s string) (any, error) { n, err := whole(s); return map[string]any{"required": n}, err }},
	"readiness": {"readiness", asText},
	"ready":     {"readyPercentOfStable", whole},
	"deadline":  {"progressDeadlineSeconds", inSeconds},
	"closes":    {"whenWindowCloses", asText},
	"start":     {"startAt", asText},
}

func asText(s string) (any, error) { return s, nil }

func whole(s string) (any, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%q is no whole number", s)
	}
	return n, nil
}

// inSeconds reads a duration of whole seconds.
func inSeconds(s string) (any, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d%time.Second != 0 {
		return nil, fmt.Errorf("%q is no duration in seconds, such as 10s", s)
	}
	return int64(d / time.Second), nil
}

func planOption(p *rollout.Plan, words []string) (err error) {
	if len(words) == 0 {
		return nil
	}
	value := strings.Join(words[1:], " ")
	if o, known := planOptions[words[0]]; known {
		content, err := o.value(value)
		if err != nil {
			return err
		}
		v := read(map[string]any{o.field: content}, "")
		v.object(planFields(p))
		return v.problems.Err()
	}
	switch words[0] {
	case "back":
		p.Rollback, err = parseRollback(words)
	case "webhook":
		if len(words) != 3 || !slices.Contains(rollout.WebhookTypes(), rollout.WebhookType(words[2])) {
			return fmt.Errorf("a webhook of a plan is written as: webhook NAME TYPE")
		}
		p.Webhooks = append(p.Webhooks, rollout.Webhook{Name: words[1], Type: rollout.WebhookType(words[2]), URL: "http://" + words[1], Timeout: rollout.DefaultWebhookTimeout})
	case "suspend":
		p.Suspend = true
	case "schedule":
		p.Schedule, err = parseSchedule(value)
	default:
		return fmt.Errorf("a plan has no option %q", words[0])
	}
	return err
}
