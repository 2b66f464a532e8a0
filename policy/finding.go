package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/weir-delivery/weir/rollout"
)

// Bounds on what one finding holds, in bytes.
const (
	maxMessage = 4 << 10
	maxDetails = 16 << 10
)

// describe gathers what people see of a rule from its definitions and their
// annotations: the first that says something wins.
func describe(id string, defs []*ast.Rule, annotations *ast.AnnotationSet) Rule {
	rule := Rule{ID: id, Level: levelOf(nameOf(defs[0]))}
	rule.Position = rollout.Position{File: defs[0].Location.File, Line: defs[0].Location.Row}
	say := func(into *string, value any) {
		if text, ok := value.(string); ok && *into == "" {
			*into = strings.TrimSpace(text)
		}
	}
	for _, def := range defs {
		for _, entry := range annotations.Chain(def) {
			a := entry.Annotations
			if a == nil || a.Scope != "rule" && a.Scope != "document" {
				continue
			}
			say(&rule.Title, a.Title)
			say(&rule.Description, a.Description)
			say(&rule.Label, a.Labels["id"])
			say(&rule.Severity, a.Labels["severity"])
			say(&rule.Severity, a.Custom["severity"])
			say(&rule.Fix, a.Custom["fix"])
			say(&rule.Data, a.Custom["data"])
		}
	}
	return rule
}

// levelOf is the level that the name gives; none for exceptions.
func levelOf(name string) Level {
	switch {
	case name == exception:
		return ""
	case strings.HasPrefix(name, "warn"):
		return Warns
	}
	return Denies
}

// finding reads one member of a rule's set: a message, or an object with msg
// and what goes with it. Anything else is an error, never nothing.
func (q Question) finding(rule Rule, member any) (Finding, error) {
	f := Finding{Rule: rule.ID, Level: rule.Level, Fix: rule.Fix, Environment: q.Environment, Rollout: q.Rollout.ID, Step: q.Step}
	if q.Operation == Rollback {
		f.Level = Warns
	}
	if len(q.Targets) == 1 {
		f.Target = q.Targets[0].ref()
	}
	switch m := member.(type) {
	case string:
		f.Message = m
	case map[string]any:
		if err := f.read(m, q); err != nil {
			return f, err
		}
	default:
		return f, fmt.Errorf("a finding is a message or an object with msg, not %s", typeName(member))
	}
	if strings.TrimSpace(f.Message) == "" {
		return f, errors.New("a finding has an empty message")
	}
	if f.File == "" {
		f.Position = q.position(f.Target, f.Weight != nil)
		if f.Weight == nil && f.Route != "" {
			f.Weight = &rollout.Destination{}
		}
	}
	f.Message, f.Fix = bounded(f.Message), bounded(f.Fix)
	return f, nil
}

// read takes what an object says. Keys that have no meaning of their own are
// details, as they are metadata under conftest.
func (f *Finding) read(m map[string]any, q Question) error {
	details := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		ok, value := true, m[key]
		switch key {
		case "msg":
			f.Message, ok = value.(string)
		case "fix":
			f.Fix, ok = value.(string)
		case "route":
			f.Route, ok = value.(string)
		case "target":
			ok = f.aim(value, q)
		case "step":
			f.Step, ok = wholeNumber(value)
		case "transient":
			f.Transient, ok = value.(bool)
		case "again":
			ok = f.wait(value, q.Time.Now)
		case "_loc":
			ok = f.locate(value)
		case "weight":
			if !f.weigh(value) {
				details[key] = value
			}
		case "details":
			nested, object := value.(map[string]any)
			if !object {
				nested = map[string]any{key: value}
			}
			maps.Copy(details, nested)
		default:
			details[key] = value
		}
		if !ok {
			return fmt.Errorf("a finding's %s cannot be %s", key, short(value))
		}
	}
	f.Details = boundedDetails(details)
	return nil
}

// aim names the target by its name, where a plan has several.
func (f *Finding) aim(value any, q Question) bool {
	i := slices.IndexFunc(q.Targets, func(t Target) bool { return t.Name == value })
	if i < 0 {
		return false
	}
	f.Target = q.Targets[i].ref()
	return true
}

// wait reads when to ask again, which only what passes by itself has. A time
// that is over says nothing.
func (f *Finding) wait(value any, now time.Time) bool {
	text, _ := value.(string)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return false
	}
	f.Transient = true
	if at.After(now) {
		f.Again = at.UTC()
	}
	return true
}

// locate reads conftest's _loc. An empty file is none.
func (f *Finding) locate(value any) bool {
	loc, _ := value.(map[string]any)
	name, ok := loc["file"].(string)
	line, whole := 0, true
	if at, given := loc["line"]; given {
		line, whole = wholeNumber(at)
	}
	f.Position = rollout.Position{File: name, Line: line}
	return ok && whole
}

// weigh reads whose weight in Git the finding is about: that of a destination of
// the input, or with true the route's. What says neither is a detail.
func (f *Finding) weigh(value any) bool {
	d, _ := value.(map[string]any)
	host, object := d["host"].(string)
	if !object && value != true {
		return false
	}
	subset, _ := d["subset"].(string)
	port, _ := wholeNumber(d["port"])
	f.Weight = &rollout.Destination{Host: host, Subset: subset, Port: port}
	return true
}

func (t Target) ref() *FindingTarget { return &FindingTarget{t.Kind, t.Namespace, t.Name} }

// position is where a finding without a place of its own points: the plan of a
// step, else the VirtualService, and that first if it is about Git's weights.
func (q Question) position(about *FindingTarget, git bool) rollout.Position {
	plan := rollout.Position{File: q.Plan.File, Line: q.Plan.Line}
	if q.Step >= 0 && plan.File != "" && !git {
		return plan
	}
	for _, t := range q.Targets {
		if t.File != "" && (about == nil || *about == *t.ref()) {
			return rollout.Position{File: t.File, Line: t.Line}
		}
	}
	return plan
}

func wholeNumber(value any) (int, bool) {
	number, _ := value.(json.Number)
	n, err := number.Int64()
	return int(n), err == nil && n >= -1 && n < 1<<31
}

// bounded cuts a text to what one finding may hold, and marks the cut.
func bounded(s string) string {
	if len(s) <= maxMessage {
		return s
	}
	const mark = " ... (cut)"
	end := maxMessage - len(mark)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}

func boundedDetails(details map[string]any) map[string]any {
	if len(details) == 0 {
		return nil
	}
	if data, err := json.Marshal(details); err != nil || len(data) > maxDetails {
		return map[string]any{"cut": true}
	}
	return details
}

// typeName is what rules call the type.
func typeName(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case string:
		return "a string"
	case []any:
		return "a list"
	}
	return "an object"
}

// short prints a value for a message.
func short(value any) string {
	data, err := json.Marshal(value)
	if err != nil || len(data) > 60 {
		return typeName(value)
	}
	return string(data)
}
