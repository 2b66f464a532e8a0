package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// Scenario is a story about one rollout: a plan, what happens when, and what
// is expected after each event. The same text serves the tests of Next and
// whoever wants to try a plan.
//
//	# scenario v1
//	plan reviews: 5 for 10m, 50 until approved, 100; settle 10s
//	window office: allow "0 9 * * MON-THU" 8h Europe/Berlin
//	stable v1 100 · v3 0
//	at 2026-11-23T09:00:00+01:00  git v1 0 · v3 100
//	-> Progressing v1 95 · v3 5     step 1 of 3, for 10m
//	at +10m
//	-> Paused      v1 50 · v3 50
//
// Events: git SPLIT, git gone, git unknown, live SPLIT (there before weir),
// edit by WHO: SPLIT, approve by WHO, pause, resume, abort and retry likewise
// (": WHY" may follow), promote by WHO in full, ready DEST N of M, undefined
// DEST, defined DEST, deny WHY, allow, suspend, unsuspend, stop WHY (the whole
// line), go, plan TEXT, lost (the cluster is thrown away), window TEXT, freeze
// TEXT, thaw NAME, override by WHO: WHY, samples METRIC VALUE (what it says from
// now on, and at first before; none for no data; "stable VALUE" may follow),
// webhook NAME yes, no: WHY or silent: WHY, metrics away: WHY, metrics back, or nothing: time passes. Times are RFC 3339, a
// time of day that is still to come, or "+" and a duration.
//
// A window is the plan's, or "of environment", "of delivery" or "of step 2" behind it. A
// freeze is: freeze year-end: FROM to TO WHY. Options stand behind a plan's steps: closes
// finish or rollback, back 20 every 1m, start TIME, schedule CRON ZONE, total N, settle D,
// rollback D, approvals N, readiness MODE, ready PERCENT, deadline D, suspend, webhook NAME
// TYPE, and METRIC >= N, failures N, every D, inconclusive N, against stable ratio.
//
// "rollout ENVIRONMENT/NAMESPACE/NAME" in place of a plan has it and the windows be a
// repository's, and stable what that has unless the scenario says otherwise. "approved
// after DURATION" has people approve what waits for them that long after.
type Scenario struct {
	File   string
	Plan   rollout.Plan
	Rules  rollout.Rules
	Stable rollout.Split
	Beats  []Beat
	// Rollout is that of a repository whose plan is meant; "" for one of its own.
	Rollout string
	// Approved is how long people take to approve; zero for never.
	Approved time.Duration
	// Hopeful takes every metric for good, every endpoint for enough and every webhook
	// for open, whatever the story tells of them.
	Hopeful bool
}

// Beat is one moment: what happens, and what is expected then.
type Beat struct {
	Line   int
	At     time.Time
	Event  string
	Expect *Expect
}

// Expect is the state that a beat ends in. An empty sentence is any.
type Expect struct {
	Line     int
	Phase    rollout.Phase
	Split    string
	Sentence string
}

// DecodeScenario reads a scenario and says all that is wrong with it.
func DecodeScenario(text, file string) (Scenario, rollout.Problems) {
	d := scenarioDecoder{s: Scenario{File: file}}
	lines := strings.Split(text, "\n")
	if strings.TrimSpace(lines[0]) != "# scenario v1" {
		d.wrong(1, `begin with the line "# scenario v1"`, "not a scenario of version 1")
		return d.s, d.problems
	}
	for i, line := range lines {
		if i > 0 {
			d.line(i+1, strings.TrimSpace(line))
		}
	}
	if len(d.s.Plan.Steps) == 0 && d.s.Rollout == "" {
		d.wrong(1, "add a line such as: plan reviews: 5 for 10m, 100", "the scenario has no plan")
	}
	return d.s, d.problems
}

type scenarioDecoder struct {
	s        Scenario
	problems rollout.Problems
	planned  bool // there was a plan, or the name of one
}

func (d *scenarioDecoder) wrong(line int, hint, format string, args ...any) {
	d.problems = append(d.problems, rollout.Problem{
		Position: rollout.Position{File: d.s.File, Line: line}, Message: fmt.Sprintf(format, args...), Hint: hint,
	})
}

func (d *scenarioDecoder) line(n int, line string) {
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	var err error
	switch {
	case line == "" || strings.HasPrefix(line, "#"):
	case word == "plan":
		err = d.plan(rest)
	case word == "rollout":
		err = d.rollout(rest)
	case word == "approved":
		d.s.Approved, err = parseAfter(rest)
	case word == "window":
		if err = d.timed(word); err == nil {
			err = addWindow(&d.s.Plan, &d.s.Rules, rest)
		}
	case word == "freeze":
		if err = d.timed(word); err == nil {
			err = addFreeze(&d.s.Rules, rest)
		}
	case word == "stable":
		d.s.Stable, err = ParseSplit(rest)
	case word == "at":
		err = d.at(n, rest)
	case word == "->":
		err = d.expect(n, rest)
	default:
		d.wrong(n, "a line begins with plan, rollout, approved, window, freeze, stable, at, -> or #", "cannot read %q", line)
	}
	if err != nil {
		d.wrong(n, "", "%s", err)
	}
}

// plan reads the plan, which there is one of.
func (d *scenarioDecoder) plan(text string) (err error) {
	if d.planned {
		return fmt.Errorf("the scenario has a plan or a rollout already: leave this line out, or write it as an event: at +1h plan STEPS")
	}
	d.planned = true
	d.s.Plan, err = ParsePlan(text)
	return err
}

// rollout reads whose plan it is in the repository.
func (d *scenarioDecoder) rollout(name string) error {
	if d.planned {
		return fmt.Errorf("the scenario has a plan or a rollout already: leave this line out")
	}
	d.planned = true
	if d.s.Rollout = name; strings.Count(name, "/") != 2 {
		return fmt.Errorf("a rollout is named as ENVIRONMENT/NAMESPACE/NAME, not as %q", name)
	}
	return nil
}

// timed says why a window or a freeze cannot stand there: it would be lost.
func (d *scenarioDecoder) timed(word string) error {
	switch {
	case d.s.Rollout != "":
		return fmt.Errorf("the %ss of %s are those of the repository: write this one as an event, as in at +1h %s", word, d.s.Rollout, word)
	case !d.planned:
		return fmt.Errorf("a %s stands below the plan", word)
	}
	return nil
}

func (d *scenarioDecoder) at(n int, rest string) error {
	when, event, _ := strings.Cut(rest, " ")
	var last time.Time
	if len(d.s.Beats) > 0 {
		last = d.s.Beats[len(d.s.Beats)-1].At
	}
	at, err := parseWhen(when, last)
	if err != nil {
		return err
	}
	if at.Before(last) {
		return fmt.Errorf("%s is before the line above", when)
	}
	d.s.Beats = append(d.s.Beats, Beat{Line: n, At: at, Event: strings.TrimSpace(event)})
	return nil
}

func (d *scenarioDecoder) expect(n int, rest string) error {
	if len(d.s.Beats) == 0 {
		return fmt.Errorf("an expectation stands after an at line")
	}
	last := &d.s.Beats[len(d.s.Beats)-1]
	if last.Expect != nil {
		return fmt.Errorf("what is expected then stands in line %d already: leave this line out, or write at +0s above it", last.Expect.Line)
	}
	phase, rest, _ := strings.Cut(rest, " ")
	if !slices.Contains(phases, phase) {
		return fmt.Errorf("no phase is called %q; there are %s", phase, strings.Join(phases, ", "))
	}
	split, sentence := strings.TrimSpace(rest), ""
	if i := strings.Index(split, "  "); i >= 0 {
		split, sentence = split[:i], strings.TrimSpace(split[i:])
	}
	last.Expect = &Expect{n, rollout.Phase(phase), split, sentence}
	return nil
}

// phases are what a rollout is in.
var phases = []string{string(rollout.Healthy), string(rollout.Pending), string(rollout.Progressing), string(rollout.Paused), string(rollout.Degraded)}

// destinations are those that the story names in a split.
func (s Scenario) destinations() map[rollout.Destination]bool {
	out := map[rollout.Destination]bool{}
	add := func(split rollout.Split) {
		for _, w := range split {
			out[w.Destination] = true
		}
	}
	add(s.Stable)
	for _, b := range s.Beats {
		word, text, _ := strings.Cut(b.Event, " ")
		if _, after, ok := strings.Cut(text, ":"); ok && word == "edit" {
			text = after
		}
		if split, err := ParseSplit(text); err == nil {
			add(split)
		}
	}
	return out
}

// parseAfter reads "after 10m".
func parseAfter(s string) (time.Duration, error) {
	d, err := time.ParseDuration(strings.TrimSpace(strings.TrimPrefix(s, "after")))
	if err != nil || d <= 0 || !strings.HasPrefix(s, "after ") {
		return 0, fmt.Errorf("approvals are written as: approved after 10m")
	}
	return d, nil
}

// parseWhen reads a time that is complete, of the day, or an offset. A time of the day
// is one at the offset from UTC of the complete one above it, on whatever machine.
func parseWhen(s string, last time.Time) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		_, offset := at.Zone()
		return at.In(time.FixedZone("", offset)), nil
	}
	if last.IsZero() {
		return time.Time{}, fmt.Errorf("the first time is complete, such as 2026-11-23T09:00:00+01:00, not %q", s)
	}
	if offset, ok := strings.CutPrefix(s, "+"); ok {
		d, err := time.ParseDuration(offset)
		if err != nil {
			return time.Time{}, fmt.Errorf("%q is no duration such as +10m", s)
		}
		return last.Add(d), nil
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		clock, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		y, m, day := last.Date()
		at := time.Date(y, m, day, clock.Hour(), clock.Minute(), clock.Second(), 0, last.Location())
		if at.Before(last) {
			at = at.AddDate(0, 0, 1)
		}
		return at, nil
	}
	return time.Time{}, fmt.Errorf("cannot read the time %q", s)
}

var weightText = regexp.MustCompile(`^(\S+) (-?\d+)$`)

// ParseSplit reads "v1 95 · v3 5": subsets of the scenario's one host.
func ParseSplit(s string) (rollout.Split, error) {
	var out rollout.Split
	for part := range strings.SplitSeq(s, "·") {
		m := weightText.FindStringSubmatch(strings.TrimSpace(part))
		if m == nil {
			return nil, fmt.Errorf("cannot read the split %q; write it as: v1 95 · v3 5", s)
		}
		n, err := strconv.Atoi(m[2])
		if err != nil || n < 0 {
			return nil, fmt.Errorf("weight %q is not a whole number of 0 or more", m[2])
		}
		out = append(out, rollout.Weight{Destination: subset(m[1]), Weight: n})
	}
	return out, nil
}

func subset(name string) rollout.Destination { return rollout.Destination{Host: "app", Subset: name} }
