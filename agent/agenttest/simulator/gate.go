package simulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weir-delivery/weir/agent/agenttest"
)

// gateWish is what a plan waits for besides its pauses. The zero one waits for
// nothing.
type gateWish struct {
	Windows  int // of windowLists
	Closing  int // of closings
	Start    int // of starts
	Schedule int // of schedules
	Analysis int // of analyses
	Hooks    int // of hookLists
	Rollback int `json:",omitempty"` // of rollbacks
}

// rollbackOf is in which steps a plan goes back.
type rollbackOf struct {
	by    int // percent
	every time.Duration
}

// rollbacks are those that plans choose from.
var rollbacks = []rollbackOf{{}, {20, time.Minute}, {45, 10 * time.Second}, {3, 30 * time.Second}}

// windowOf is a window that opens at some minutes of every hour, by the clocks of
// its zone.
type windowOf struct {
	deny    bool
	zone    string
	minutes []int
	lasts   time.Duration
}

// zones are how far their clocks are ahead of UTC.
var zones = map[string]time.Duration{"UTC": 0, "Asia/Kolkata": 5*time.Hour + 30*time.Minute}

// windowLists are the windows that plans choose from. Any of them leaves time for
// each of schedules.
var windowLists = [][]windowOf{
	nil,
	{{false, "UTC", []int{10, 40}, 10 * time.Minute}},
	{{true, "Asia/Kolkata", []int{0}, 25 * time.Minute}},
	{{false, "UTC", []int{0}, 30 * time.Minute}, {true, "UTC", []int{15}, 5 * time.Minute}},
	{{false, "Asia/Kolkata", []int{20}, 20 * time.Minute}, {false, "UTC", []int{5}, 3 * time.Minute}},
}

// levelWindows are those that the Delivery chooses from.
var levelWindows = [][]windowOf{nil, {{true, "UTC", []int{50}, 8 * time.Minute}}}

// closings are what becomes of a rollout in flight when its window closes.
var closings = []string{"hold", "finish", "rollback"}

// starts are the startAt of plans, after midnight.
var starts = []time.Duration{0, 20 * time.Minute, 75 * time.Minute}

// schedules are the minutes of every hour at which steps may be taken.
var schedules = [][]int{nil, {0, 20, 40}, {5, 35}}

// tickLasts is how long after a tick its step may still be taken.
const tickLasts = 15 * time.Minute

// freezeOf is a freeze, after midnight.
type freezeOf struct{ from, to time.Duration }

// freezeLists are the freezes that a Delivery chooses from.
var freezeLists = [][]freezeOf{
	nil,
	{{30 * time.Minute, 50 * time.Minute}},
	{{70 * time.Minute, 71*time.Minute + 30*time.Second}},
	{{10 * time.Minute, 15 * time.Minute}, {100 * time.Minute, 115 * time.Minute}},
}

// analysisOf is an analysis of one or two metrics, which all have the same range.
type analysisOf struct {
	every              time.Duration
	failures, silences int
	metrics            []string
}

var analyses = []analysisOf{
	{},
	{time.Minute, 0, 2, []string{"errors"}},
	{30 * time.Second, 1, 4, []string{"errors", "latency"}},
	{2 * time.Minute, 2, 1, []string{"latency"}},
}

// hookOf is a webhook: its name and its type.
type hookOf struct{ name, kind string }

var hookLists = [][]hookOf{
	nil,
	{{"board", "confirm-rollout"}},
	{{"guard", "confirm-traffic-increase"}},
	{{"last", "confirm-promotion"}},
	{{"alarm", "rollback"}},
	{{"guard", "confirm-traffic-increase"}, {"alarm", "rollback"}},
	{{"board", "confirm-rollout"}, {"last", "confirm-promotion"}},
}

// hookNames are all of them.
var hookNames = []string{"board", "guard", "last", "alarm"}

// approversOf is who may approve, where not everybody may, and whose keys sign,
// where approvals are signed.
type approversOf struct{ who, signers []string }

// approverLists are what the Delivery chooses from.
var approverLists = []approversOf{
	{},
	{who: []string{"ann@example.com"}},
	{who: []string{"@example.com"}},
	{who: []string{"ann@example.com", "Bob@Example.com"}},
	{signers: people},
	{who: []string{"@example.com"}, signers: people[2:]},
}

// open tells whether the window is open.
func (x windowOf) open(t time.Time) bool {
	wall := t.UTC().Add(zones[x.zone])
	for _, minute := range x.minutes {
		start := wall.Truncate(time.Hour).Add(time.Duration(minute) * time.Minute)
		for _, start := range []time.Time{start, start.Add(-time.Hour)} {
			if !wall.Before(start) && wall.Before(start.Add(x.lasts)) {
				return true
			}
		}
	}
	return false
}

// allows and denies tell what a list of windows says at a time.
func allows(list []windowOf, t time.Time) bool {
	open := func(x windowOf) bool { return !x.deny && x.open(t) }
	return slices.ContainsFunc(list, open) || !slices.ContainsFunc(list, func(x windowOf) bool { return !x.deny })
}

func denies(list []windowOf, t time.Time) bool {
	return slices.ContainsFunc(list, func(x windowOf) bool { return x.deny && x.open(t) })
}

// frozen tells whether a freeze holds.
func (w wish) frozen(t time.Time) bool {
	return slices.ContainsFunc(freezeLists[w.Freeze], func(f freezeOf) bool {
		return !t.Before(midnight.Add(f.from)) && t.Before(midnight.Add(f.to))
	})
}

// closing is what becomes of the plan when its window closes. It goes back only
// where its steps have time enough in every window: another is a mistake.
func (p planWish) closing(w wish) string {
	quick := slices.Contains([]int{0, 2, 4}, p.Steps) && slices.Contains([]int{0, 2, 3}, p.Gate.Windows)
	if is := closings[p.Gate.Closing]; is != "rollback" || quick && w.Level == 0 && p.Gate.Schedule == 0 && p.Gate.Analysis == 0 {
		return is
	}
	return closings[0]
}

// analysis is the plan's, if no pause is over before it has seen anything: that is
// a mistake.
func (p planWish) analysis() analysisOf {
	a := analyses[p.Gate.Analysis]
	for _, s := range stepsOf(p.Steps) {
		if s.Pause == nil || s.Pause.Duration == "" {
			continue
		}
		if d, err := time.ParseDuration(s.Pause.Duration); err != nil || d < a.every {
			return analyses[0]
		}
	}
	return a
}

// effective is the gate as the plan's document has it.
func (p planWish) effective(w wish) gateWish {
	g := p.Gate
	g.Closing = slices.Index(closings, p.closing(w))
	if p.analysis().every == 0 {
		g.Analysis = 0
	}
	return g
}

// gates adds what the plan waits for to its document.
func (p planWish) gates(w wish, spec object) {
	g := p.Gate
	if g.Windows > 0 {
		spec["windows"] = windowDocuments(windowLists[g.Windows])
	}
	if is := p.closing(w); is != closings[0] {
		spec["whenWindowCloses"] = is
	}
	if g.Start > 0 {
		spec["startAt"] = midnight.Add(starts[g.Start]).Format(time.RFC3339)
	}
	if g.Schedule > 0 {
		spec["schedule"] = object{"cron": crontab(schedules[g.Schedule]), "timeZone": "UTC"}
	}
	if a := p.analysis(); a.every > 0 {
		var metrics []any
		for _, name := range a.metrics {
			metrics = append(metrics, object{"name": name, "query": fmt.Sprintf(`sum(%s{subset="{{ subset }}"})`, name), "thresholdRange": object{"max": 1}})
		}
		spec["analysis"] = object{"interval": a.every.String(), "failureLimit": a.failures, "inconclusiveLimit": a.silences, "metrics": metrics}
	}
	if b := rollbacks[g.Rollback]; b.by > 0 {
		spec["rollback"] = object{"stepWeight": b.by, "interval": b.every.String()}
	}
	var hooks []any
	for _, h := range hookLists[g.Hooks] {
		hooks = append(hooks, object{"name": h.name, "type": h.kind, "url": "http://gates.example.com/" + h.name})
	}
	if len(hooks) > 0 {
		spec["webhooks"] = hooks
	}
}

// gates adds what all rollouts wait for to the Delivery.
func (w wish) gates(spec object) {
	if w.Level > 0 {
		spec["windows"] = windowDocuments(levelWindows[w.Level])
	}
	var freezes []any
	for i, f := range freezeLists[w.Freeze] {
		freezes = append(freezes, object{
			"name": fmt.Sprintf("freeze-%d", i), "reason": "holidays",
			"from": midnight.Add(f.from).Format(time.RFC3339), "to": midnight.Add(f.to).Format(time.RFC3339),
		})
	}
	if len(freezes) > 0 {
		spec["freezes"] = freezes
	}
	if a := approverLists[w.Approvers]; len(a.who)+len(a.signers) > 0 || w.Aside {
		spec["approvals"] = a.document(w.Aside)
	}
}

func (a approversOf) document(aside bool) object {
	out := object{}
	if aside {
		out["branch"] = besides
	}
	if len(a.who) > 0 {
		out["approvers"] = a.who
	}
	var lines []string
	for _, person := range a.signers {
		lines = append(lines, agenttest.AllowedSigner(person))
	}
	if len(lines) > 0 {
		out["identity"], out["signers"] = "signature", lines
	}
	return out
}

func windowDocuments(list []windowOf) []any {
	var out []any
	for i, x := range list {
		kind := "allow"
		if x.deny {
			kind = "deny"
		}
		out = append(out, object{
			"name": fmt.Sprintf("window-%d", i), "kind": kind, "schedule": crontab(x.minutes),
			"duration": x.lasts.String(), "timeZone": x.zone,
		})
	}
	return out
}

func crontab(minutes []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(minutes), " ", ","), "[]") + " * * * *"
}

// String is empty where there is no gate.
func (g gateWish) String() string {
	if g == (gateWish{}) {
		return ""
	}
	data, err := json.Marshal(g)
	if err != nil {
		panic(fmt.Sprintf("simulator: internal error: %v", err))
	}
	return " gates " + strings.NewReplacer(`"`, "", "{", "", "}", "").Replace(string(data))
}
