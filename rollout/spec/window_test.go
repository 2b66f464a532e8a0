package spec_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // so that no test hangs on the zones of the machine

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// planWith is a plan whose windows begin at line 8.
func planWith(windows ...string) string {
	return planHead + target + oneGo + "  windows:\n  - " + strings.Join(windows, "\n  - ") + "\n"
}

const office = `{name: office, kind: allow, schedule: "0 9 * * MON-THU", duration: 8h, timeZone: Europe/Berlin}`

// but is the office window with one field written otherwise.
func but(field, instead string) string {
	for old := range strings.SplitSeq(strings.Trim(office, "{}"), ", ") {
		if strings.HasPrefix(old, field+":") {
			return strings.Replace(office, old, instead, 1)
		}
	}
	panic("the office has no " + field)
}

func TestWindowsAreRead(t *testing.T) {
	plan, problems := decodePlan(t, planHead+target+`  steps:
  - {setWeight: 100, windows: [{name: step, kind: deny, schedule: "*/5 8 1,15 * *", duration: 90, timeZone: UTC}]}
  windows:
  - `+office+`
  - {name: lunch, kind: deny, schedule: "0  12 * * *", duration: 1h, timeZone: America/New_York}
  whenWindowCloses: rollback
  startAt: 2026-12-01T09:00:00+01:00
  schedule: {cron: 0 10 * * MON-FRI, timeZone: Europe/Berlin}
`)
	require.Empty(t, problems)
	require.Len(t, plan.Windows, 2)
	assert.Equal(t, []any{"office", rollout.Allow, "0 9 * * MON-THU", 8 * time.Hour, "Europe/Berlin"}, []any{plan.Windows[0].Name, plan.Windows[0].Kind, plan.Windows[0].Schedule, plan.Windows[0].Duration, plan.Windows[0].TimeZone})
	assert.Equal(t, "Europe/Berlin", plan.Windows[0].Zone.String())
	assert.Equal(t, []any{rollout.Deny, "0 12 * * *", 10}, []any{plan.Windows[1].Kind, plan.Windows[1].Schedule, plan.Windows[1].Position.Line})
	assert.Equal(t, 90*time.Second, plan.Steps[0].Windows[0].Duration)
	assert.Equal(t, rollout.GoBack, plan.WhenWindowCloses)
	assert.Equal(t, "2026-12-01T08:00:00Z", plan.StartAt.UTC().Format(time.RFC3339))
	assert.Equal(t, "0 10 * * MON-FRI", plan.Schedule.Cron)
}

func TestHoldSaidOrLeftOutIsTheSamePlan(t *testing.T) {
	said, problems := decodePlan(t, planHead+target+oneGo+"  whenWindowCloses: hold\n")
	require.Empty(t, problems)
	silent, _ := decodePlan(t, planHead+target+oneGo)
	assert.Equal(t, silent, said)
}

func TestTheWindowsOfADelivery(t *testing.T) {
	d, problems := spec.DecodeDelivery([]byte(`apiVersion: weir.dev/v1alpha1
kind: Delivery
metadata: {name: bookinfo}
spec:
  environments:
  - {name: staging, overlays: [a]}
  - name: production
    overlays: [b]
    windows: [`+office+`]
    freezes: [{name: audit, from: 2027-01-01T00:00:00Z, to: 2027-01-02T00:00:00Z}]
  windows: [{name: nights, kind: deny, schedule: 0 22 * * *, duration: 8h, timeZone: UTC}]
  freezes:
  - {name: year-end, from: 2026-12-19T00:00:00Z, to: "2027-01-04T00:00:00+01:00", reason: change freeze, environments: [production]}
  - {name: everywhere, from: 2026-06-01T00:00:00Z, to: 2026-06-02T00:00:00Z}
`), "weir.yaml")
	require.Empty(t, problems)
	names := func(i int) (out []string) {
		for _, l := range d.Rules(d.Environments[i]).Levels {
			for _, w := range l.Windows {
				out = append(out, l.Name+": "+w.Name)
			}
			for _, f := range l.Freezes {
				out = append(out, l.Name+": "+f.Name)
			}
		}
		return out
	}
	assert.Equal(t, []string{"the Delivery: nights", "the Delivery: everywhere"}, names(0))
	assert.Equal(t, []string{"the Delivery: nights", "the Delivery: year-end", "the Delivery: everywhere", "environment production: office", "environment production: audit"}, names(1))
	assert.Equal(t, "2027-01-03T23:00:00Z", d.Freezes[0].To.UTC().Format(time.RFC3339))
}

func wrongWindows() []wrong {
	const five = `write five fields: minute, hour, day of the month, month, day of the week, as in "0 9 * * MON-FRI"`
	const zone = "use a name of the IANA database, as in Europe/Berlin or UTC"
	const moment = "write it with its zone, as in 2026-12-19T00:00:00Z or 2026-12-19T00:00:00+01:00"
	const shorter = "use a shorter duration, or leave the window out"
	const room = "shorten the pauses, lengthen the window, or use hold or finish"
	also := func(s string) string { return planHead + target + oneGo + s }
	at := "spec.windows[0]."
	cron := func(text string) string { return planWith(but("schedule", `schedule: "`+text+`"`)) }
	night := `{name: night, kind: allow, schedule: "0 22 * * *", duration: 6h, timeZone: Europe/Berlin}`
	return []wrong{
		{"windows that are none", also("  windows: office\n"), 7, "spec.windows must be a list, not \"office\"", "write it as a list", false},
		{"a window that is a word", planWith("office"), 8, "spec.windows[0] must be an object, not \"office\"", "write it as fields and values", false},
		{"a window of nothing", planWith(""), 8, "spec.windows[0] has no value", "give it a value or remove the item", false},
		{"a window without a name", planWith(strings.Replace(office, "name: office, ", "", 1)), 8, "spec.windows[0] has no name", "add name", false},
		{"a window without a kind", planWith(strings.Replace(office, "kind: allow, ", "", 1)), 8, "spec.windows[0] has no kind", "add kind", false},
		{"a window without a schedule", planWith(strings.Replace(office, `schedule: "0 9 * * MON-THU", `, "", 1)), 8, "spec.windows[0] has no schedule", "add schedule", false},
		{"a window without a duration", planWith(strings.Replace(office, "duration: 8h, ", "", 1)), 8, "spec.windows[0] has no duration", "add duration", false},
		{"a window without a zone", planWith(strings.Replace(office, ", timeZone: Europe/Berlin", "", 1)), 8, "spec.windows[0] has no timeZone", "add timeZone", false},
		{"a window with a typo", planWith(but("timeZone", "timezone: UTC, timeZone: UTC")), 8, at + "timezone is not a known field", "did you mean timeZone?", false},
		{"a window for applications", planWith(but("name", "name: office, manualSync: true")), 8, at + "manualSync is not a known field", "known here: duration, kind, name, schedule, timeZone", false},
		{"a name with a space", planWith(but("name", "name: office hours")), 8, at + "name is no DNS label: \"office hours\"", "use lower-case letters, digits and -, beginning and ending with a letter or digit", false},
		{"two windows of one name", planWith(office, but("kind", "kind: deny")), 9, "spec.windows[1].name repeats \"office\" of spec.windows[0].name", "give each window a name of its own", true},
		{"an unknown kind", planWith(but("kind", "kind: permit")), 8, at + "kind must be allow or deny, not \"permit\"", "known here: allow, deny", false},
		{"a kind in capitals", planWith(but("kind", "kind: Allow")), 8, at + "kind must be allow or deny, not \"Allow\"", "did you mean allow?", false},
		{"a freeze among windows", planWith(but("kind", "kind: freeze")), 8, at + "kind must be allow or deny, not \"freeze\"", "known here: allow, deny", false},
		{"no duration", planWith(but("duration", "duration: 0s")), 8, at + "duration must be more than 0 and at most 8784h, not 0s", "write it as 45s, 10m or 1h30m, or as whole seconds", false},
		{"a negative duration", planWith(but("duration", "duration: -8h")), 8, at + "duration must be more than 0 and at most 8784h, not -8h", "write it as 45s, 10m or 1h30m, or as whole seconds", false},
		{"a window of a moment", planWith(but("duration", "duration: 1ms")), 8, at + "duration must be whole seconds, at least 1s, not 1ms", "write it as 30s, 1m or 5m", true},
		{"a duration in days", planWith(but("duration", "duration: 1d")), 8, at + "duration is no duration: \"1d\"", "write days as hours: 24h", false},
		{"an unknown zone", planWith(but("timeZone", "timeZone: Europe/Bärlin")), 8, at + "timeZone is no time zone: \"Europe/Bärlin\"", zone, false},
		{"a zone that is misspelt", planWith(but("timeZone", "timeZone: Europe/Berlim")), 8, at + "timeZone is no time zone: \"Europe/Berlim\"", zone, true},
		{"an offset for a zone", planWith(but("timeZone", "timeZone: \"+01:00\"")), 8, at + "timeZone is no time zone: \"+01:00\"", zone, false},
		{"the zone of the machine", planWith(but("timeZone", "timeZone: Local")), 8, at + "timeZone is Local, which is another zone on every machine", zone, false},
		{"the zone that the machine links to", planWith(but("timeZone", "timeZone: localtime")), 8, at + "timeZone is localtime, which is another zone on every machine", zone, true},
		{"a zone with leap seconds", planWith(but("timeZone", "timeZone: right/Europe/Berlin")), 8, at + "timeZone is right/Europe/Berlin, which is another zone on every machine", zone, true},
		{"an empty zone", planWith(but("timeZone", "timeZone: \"\"")), 8, at + "timeZone is empty", "give it a value or leave it out", false},
		{"a zone that climbs", planWith(but("timeZone", "timeZone: ../../etc/passwd")), 8, at + "timeZone is no time zone: \"../../etc/passwd\"", zone, false},
		{"the 31st of February", cron("0 9 31 2 *"), 8, at + "schedule never comes: \"0 9 31 2 *\"", "use a day that the month has", true},
		{"the 31st of short months", cron("0 9 31 4,6,9,11 *"), 8, at + "schedule never comes: \"0 9 31 4,6,9,11 *\"", "use a day that the month has", true},
		{"TZ in the schedule", cron("TZ=UTC 0 9 * * *"), 8, at + "schedule names a time zone of its own: \"TZ=UTC 0 9 * * *\"", "name the zone in timeZone", false},
		{"CRON_TZ in the schedule", cron("CRON_TZ=UTC 0 9 * * *"), 8, at + "schedule names a time zone of its own: \"CRON_TZ=UTC 0 9 * * *\"", "name the zone in timeZone", false},
		{"TZ and no more, which panics elsewhere", cron("TZ="), 8, at + "schedule names a time zone of its own: \"TZ=\"", "name the zone in timeZone", false},
		{"@every", cron("@every 1h"), 8, at + "schedule is \"@every 1h\", and @ is not read here: @every has no days and no hours, and the others are better written out", five, false},
		{"@daily", cron("@daily"), 8, at + "schedule is \"@daily\", and @ is not read here: @every has no days and no hours, and the others are better written out", five, false},
		{"seconds", cron("0 0 9 * * *"), 8, at + "schedule has 6 fields, and seconds are none of a schedule's: \"0 0 9 * * *\"", five, false},
		{"four fields", cron("0 9 * *"), 8, at + "schedule has 4 fields, not 5: \"0 9 * *\"", five, false},
		{"blanks", cron("   "), 8, at + "schedule has 0 fields, not 5: \"   \"", five, false},
		{"minute 60", cron("60 9 * * *"), 8, at + "schedule is no schedule: \"60 9 * * *\": end of range (60) above maximum (59): 60", five + "; Sunday is 0", true},
		{"the 24th hour", cron("0 24 * * *"), 8, at + "schedule is no schedule: \"0 24 * * *\": end of range (24) above maximum (23): 24", five + "; Sunday is 0", true},
		{"Sunday as 7", cron("0 9 * * 7"), 8, at + "schedule is no schedule: \"0 9 * * 7\": end of range (7) above maximum (6): 7", five + "; Sunday is 0", true},
		{"days that go back", cron("0 9 * * FRI-MON"), 8, at + "schedule is no schedule: \"0 9 * * FRI-MON\": beginning of range (5) beyond end of range (1): FRI-MON", five + "; Sunday is 0", true},
		{"a step of nothing", cron("*/0 9 * * *"), 8, at + "schedule is no schedule: \"*/0 9 * * *\": step of range should be a positive number: */0", five + "; Sunday is 0", true},
		{"a list with nothing in it", cron("0 , * * *"), 8, at + "schedule is no schedule: \"0 , * * *\": the hour is \",\"", five, false},
		{"a list that ends too early", cron("0 9, * * *"), 8, at + "schedule is no schedule: \"0 9, * * *\": the hour is \"9,\"", five, false},
		{"the last day of the month", cron("0 9 L * *"), 8, at + "schedule is no schedule: \"0 9 L * *\": the day of the month is \"L\"", five, true},
		{"any day as ?", cron("0 9 ? * MON"), 8, at + "schedule is no schedule: \"0 9 ? * MON\": the day of the month is \"?\"", five, false},
		{"words", cron("every day at nine o'clock"), 8, at + "schedule is no schedule: \"every day at nine o'clock\": the minute is \"every\"", five, false},
		{"a number for a schedule", planWith(but("schedule", "schedule: 9")), 8, at + "schedule must be a string, not 9", "put quotes around it if it looks like something else", false},
		{"a step beyond the hour", cron("*/90 * * * *"), 8, at + "schedule steps by 90 through the minute, which goes to 59: \"*/90 * * * *\" means once", "use a step of at most 59, or list the times", true},
		{"a step beyond the day", cron("0 0-10/25 * * *"), 8, at + "schedule steps by 25 through the hour, which goes to 23: \"0 0-10/25 * * *\" means once", "use a step of at most 23, or list the times", true},
		{"days that crons read otherwise", cron("0 9 */2 * MON"), 8, at + "schedule steps through days and days of the week at once, \"*/2\" and \"MON\", which some crons read as both and others as either", "use * for one of them, or name the days", true},
		{"a day that lasts a day", planWith(strings.Replace(but("schedule", `schedule: "0 9 * * *"`), "8h", "24h", 1)), 8, "spec.windows[0] never closes, so it restricts nothing: it lasts 24h, and its schedule starts it again after 24h at the latest", shorter, true},
		{"an hour each hour", planWith(strings.Replace(but("schedule", `schedule: "0 * * * *"`), "8h", "1h", 1)), 8, "spec.windows[0] never closes, so it restricts nothing: it lasts 1h, and its schedule starts it again after 1h at the latest", shorter, true},
		{"working days that last over the weekend", planWith(strings.Replace(but("schedule", `schedule: "0 9 * * MON-FRI"`), "8h", "72h", 1)), 8, "spec.windows[0] never closes, so it restricts nothing: it lasts 72h, and its schedule starts it again after 72h at the latest", shorter, true},
		{"denied for ever", planWith(strings.Replace(strings.Replace(but("schedule", `schedule: "*/15 * * * *"`), "8h", "15m", 1), "allow", "deny", 1)), 8, "spec.windows[0] never closes, so nothing would ever go forward: it lasts 15m, and its schedule starts it again after 15m at the latest", shorter, true},
		{"a window that a deny window covers", planWith(office, `{name: days, kind: deny, schedule: "0 8 * * *", duration: 10h, timeZone: Europe/Berlin}`), 7, "spec.windows leave no time to go forward: there is no moment within 10 years in window office of the plan (0 9 * * MON-THU for 8h, Europe/Berlin) that is not in deny window days of the plan (0 8 * * * for 10h, Europe/Berlin)", "let the allow windows be open outside of the deny windows", true},
		{"a step outside the plan's windows", planHead + target + "  windows: [" + office + "]\n  steps:\n  - {setWeight: 5}\n  - {setWeight: 100, windows: [" + night + "]}\n", 9, "spec.steps[1].windows leave no time for the step: window office of the plan (0 9 * * MON-THU for 8h, Europe/Berlin) and window night of step 2 (0 22 * * * for 6h, Europe/Berlin) are never open together within 10 years", "let them overlap", true},
		{"ticks outside the windows", also("  windows: [" + office + "]\n  schedule: {cron: 0 18 * * *, timeZone: Europe/Berlin}\n"), 8, "spec.schedule has no tick inside the windows: none of \"0 18 * * *\" Europe/Berlin comes, within 10 years, while window office of the plan (0 9 * * MON-THU for 8h, Europe/Berlin) would let a step be taken", "let the schedule tick while a step may be taken", true},
		{"a tick that no step's own window holds", planHead + target + "  windows: [" + office + "]\n  schedule: {cron: 0 10 * * *, timeZone: Europe/Berlin}\n  steps:\n  - {setWeight: 5}\n  - {setWeight: 100, windows: [{name: lunch, kind: allow, schedule: \"0 14 * * *\", duration: 1h, timeZone: Europe/Berlin}]}\n", 7, "spec.schedule has no tick inside the windows: none of \"0 10 * * *\" Europe/Berlin comes, within 10 years, while window office of the plan (0 9 * * MON-THU for 8h, Europe/Berlin) and window lunch of step 2 (0 14 * * * for 1h, Europe/Berlin) would let a step be taken", "let the schedule tick while a step may be taken", true},
		{"a soak that fills the window to the second", planHead + target + "  windows: [" + office + "]\n  whenWindowCloses: rollback\n  steps: [{setWeight: 5, pause: {duration: 1h}}, {setWeight: 50, pause: {duration: 1h}}, {setWeight: 100, pause: {duration: 6h}}]\n", 7, "spec.whenWindowCloses is rollback, and the steps take 8h (1h + 1h + 6h) of the longest opening, which is 8h of window office of the plan: that leaves less than the 45s that beginning and taking 3 steps may take", room, true},
		{"a soak that no window holds", planHead + target + "  windows: [" + office + "]\n  whenWindowCloses: rollback\n  steps: [{setWeight: 5, pause: {duration: 1h}}, {setWeight: 50, pause: {}}, {setWeight: 100, pause: {duration: 8h}}]\n", 7, "spec.whenWindowCloses is rollback, and the steps take 9h (1h + 8h), which is longer than the longest opening: 8h of window office of the plan", room, true},
		{"a step a day, and back each evening", planHead + target + "  windows: [" + office + "]\n  whenWindowCloses: rollback\n  schedule: {cron: 0 10 * * *, timeZone: Europe/Berlin}\n  steps: [{setWeight: 5}, {setWeight: 100}]\n", 7, "spec.whenWindowCloses is rollback, and the steps' own windows or the schedule spread the steps over more than one opening, of which the longest is 8h, of window office of the plan", room, true},
		{"another end of a window", also("  whenWindowCloses: abort\n"), 7, "spec.whenWindowCloses must be hold or finish or rollback, not \"abort\"", "known here: hold, finish, rollback", false},
		{"a start without a zone", also("  startAt: 2026-12-01T09:00:00\n"), 7, "spec.startAt is no time: \"2026-12-01T09:00:00\"", moment, false},
		{"a start that is a day", also("  startAt: 2026-12-01\n"), 7, "spec.startAt is no time: \"2026-12-01\"", moment, true},
		{"a start in words", also("  startAt: tomorrow\n"), 7, "spec.startAt is no time: \"tomorrow\"", moment, false},
		{"a start in seconds", also("  startAt: 1764547200\n"), 7, "spec.startAt must be a time, not 1764547200", moment, false},
		{"a schedule in one line", also("  schedule: 0 9 * * *\n"), 7, "spec.schedule must be an object, not \"0 9 * * *\"", "write it as fields and values", false},
		{"a schedule without a zone", also("  schedule: {cron: 0 9 * * *}\n"), 7, "spec.schedule has no timeZone", "add timeZone", false},
		{"a schedule that never comes", also("  schedule: {cron: 0 9 30 2 *, timeZone: UTC}\n"), 7, "spec.schedule.cron never comes: \"0 9 30 2 *\"", "use a day that the month has", true},
		{"a window of a step without a name", planHead + target + "  steps:\n  - {setWeight: 5, windows: [{kind: allow, schedule: 0 9 * * *, duration: 1h, timeZone: UTC}]}\n", 7, "spec.steps[0].windows[0] has no name", "add name", false},
	}
}

func wrongFreezes() []wrong {
	const moment = "write it with its zone, as in 2026-12-19T00:00:00Z or 2026-12-19T00:00:00+01:00"
	also := func(s string) string { return deliveryHead + s }
	freeze := func(s string) string { return also("  freezes:\n  - {" + s + "}\n") }
	const year = "name: year-end, from: 2026-12-19T00:00:00Z, to: 2027-01-04T00:00:00Z"
	env := func(s string) string {
		return "apiVersion: weir.dev/v1alpha1\nkind: Delivery\nmetadata: {name: a}\nspec:\n  environments:\n  - name: staging\n    overlays: [a]\n" + s
	}
	return []wrong{
		{"freezes that are none", also("  freezes: true\n"), 7, "spec.freezes must be a list, not true", "write it as a list", false},
		{"a freeze without a name", freeze("from: 2026-12-19T00:00:00Z, to: 2027-01-04T00:00:00Z"), 8, "spec.freezes[0] has no name", "add name", false},
		{"a freeze without an end", freeze("name: year-end, from: 2026-12-19T00:00:00Z"), 8, "spec.freezes[0] has no to", "add to", false},
		{"a freeze without a beginning", freeze("name: year-end, to: 2026-12-19T00:00:00Z"), 8, "spec.freezes[0] has no from", "add from", false},
		{"a freeze that ends before it begins", freeze("name: year-end, from: 2027-01-04T00:00:00Z, to: 2026-12-19T00:00:00Z"), 8, "spec.freezes[0] ends at 2026-12-19T00:00:00Z, which is not after its beginning at 2027-01-04T00:00:00Z", "let it end after it begins", true},
		{"a freeze of no time", freeze("name: year-end, from: 2026-12-19T01:00:00+01:00, to: 2026-12-19T00:00:00Z"), 8, "spec.freezes[0] ends at 2026-12-19T00:00:00Z, which is not after its beginning at 2026-12-19T01:00:00+01:00", "let it end after it begins", true},
		{"a freeze of a day", freeze("name: year-end, from: 2026-12-19, to: 2027-01-04T00:00:00Z"), 8, "spec.freezes[0].from is no time: \"2026-12-19\"", moment, true},
		{"a freeze in another environment", freeze(year + ", environments: [prod]"), 8, "spec.freezes[0].environments[0] is no environment of this Delivery: \"prod\"", "known here: staging", true},
		{"a freeze in an environment that is misspelt", freeze(year + ", environments: [stagin]"), 8, "spec.freezes[0].environments[0] is no environment of this Delivery: \"stagin\"", "did you mean staging?", true},
		{"a freeze in no environment", freeze(year + ", environments: []"), 8, "spec.freezes[0].environments is an empty list", "name the environments, or leave the field out for all of them", false},
		{"two freezes of one name", also("  freezes:\n  - {" + year + "}\n  - {" + year + "}\n"), 9, "spec.freezes[1].name repeats \"year-end\" of spec.freezes[0].name", "give each freeze a name of its own", true},
		{"a reason of two lines", freeze(year + ", reason: \"a\\nb\""), 8, "spec.freezes[0].reason holds a line break or another control character", "write it in one line", false},
		{"a freeze that comes again", freeze(year + ", schedule: 0 0 * * *"), 8, "spec.freezes[0].schedule is not a known field", "known here: environments, from, name, reason, to", false},
		{"an environment's freeze that names others", env("    freezes: [{" + year + ", environments: [staging]}]\n"), 8, "spec.environments[0].freezes[0].environments is not a known field", "known here: from, name, reason, to", false},
		{"a window of the Delivery", also("  windows: [{name: a, kind: allow, schedule: 0 9 * * *, duration: 8h, timeZone: Mars/Olympus}]\n"), 7, "spec.windows[0].timeZone is no time zone: \"Mars/Olympus\"", "use a name of the IANA database", true},
		{"a window of an environment", env("    windows: [{name: a, kind: allow, schedule: 0 9 * *, duration: 8h, timeZone: UTC}]\n"), 8, "spec.environments[0].windows[0].schedule has 4 fields, not 5: \"0 9 * *\"", "write five fields", false},
		{"windows of two levels that never meet", env("    windows: [{name: day, kind: allow, schedule: 0 9 * * *, duration: 8h, timeZone: UTC}]\n  windows: [{name: night, kind: allow, schedule: 0 22 * * *, duration: 6h, timeZone: UTC}]\n"), 6, "spec.environments[0] has windows that the default plan can never finish in: its windows leave no time to go forward: window night of the Delivery (0 22 * * * for 6h, UTC) and window day of environment staging (0 9 * * * for 8h, UTC) are never open together within 10 years", "let them overlap", true},
		{"a default plan that no window of its environment holds", env("    windows: [{name: day, kind: allow, schedule: 0 9 * * *, duration: 1h, timeZone: UTC}]\n  defaultPlan: {whenWindowCloses: rollback, steps: [{setWeight: 5, pause: {duration: 2h}}]}\n"), 6, "spec.environments[0] has windows that the default plan can never finish in: its whenWindowCloses is rollback, and the steps take 2h (2h), which is longer than the longest opening: 1h of window day of environment staging", "shorten the pauses", true},
	}
}

// rightWindows are plans whose windows pass, for the schema and as seeds.
func rightWindows() []string {
	return []string{
		planWith(office),
		planWith(but("schedule", `schedule: " 0   9-17/2 1,15 JAN-dec *  "`), `{name: b, kind: deny, schedule: "*/10 * * * *", duration: 599s, timeZone: UTC}`),
		planWith(but("schedule", `schedule: "0 9 29 2 *"`), `{name: b, kind: allow, schedule: "0 9 29 2 SUN", duration: 2h, timeZone: America/Argentina/Buenos_Aires}`),
		planWith(but("timeZone", "timeZone: Etc/GMT+9")) + "  whenWindowCloses: finish\n  startAt: \"2026-12-01T09:00:00.5Z\"\n",
		planWith(office) + "  whenWindowCloses: rollback\n  schedule: {cron: \"*/5 9-16 * * *\", timeZone: Europe/Berlin}\n",
		planHead + target + oneGo + "  windows: []\n  startAt: 2026-12-01T09:00:00+01:00\n",
		planHead + target + "  steps: [{setWeight: 5, windows: [" + office + "]}]\n",
	}
}
