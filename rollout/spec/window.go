package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	"go.yaml.in/yaml/v3"

	"github.com/weir-delivery/weir/rollout"
)

// items is list for a list that may be empty.
func (v value) items(each func(value)) {
	if v.node.Kind == yaml.SequenceNode && len(v.node.Content) == 0 {
		return
	}
	v.list(each, "")
}

// windows reads a list of windows, whose names differ.
func windows(v value) []rollout.Window {
	var out []rollout.Window
	names := firsts{}
	v.items(func(v value) {
		w := rollout.Window{Position: v.where(v.path)}
		v.object(fields{
			"name": func(v value) {
				w.Name = v.text(label)
				names.once(v, w.Name, "give each window a name of its own")
			},
			"kind": func(v value) {
				w.Kind = rollout.WindowKind(v.choice([]string{string(rollout.Allow), string(rollout.Deny)}))
			},
			"schedule": func(v value) { w.Schedule, w.Starts = v.crontab() },
			"duration": func(v value) { w.Duration = v.seconds() },
			"timeZone": func(v value) { w.TimeZone, w.Zone = v.zone() },
		}, "name", "kind", "schedule", "duration", "timeZone")
		if w.Starts != nil && w.Duration > 0 {
			v.closes(w)
		}
		out = append(out, w)
	})
	return out
}

// closes refuses a window that lasts at least until its next start, always.
func (v value) closes(w rollout.Window) {
	gap := longestGap(w.Starts, w.Duration)
	if gap > w.Duration {
		return
	}
	never := "never closes, so it restricts nothing"
	if w.Kind == rollout.Deny {
		never = "never closes, so nothing would ever go forward"
	}
	v.bad("use a shorter duration, or leave the window out", "%s: it lasts %s, and its schedule starts it again after %s at the latest", never, rollout.Short(w.Duration), rollout.Short(gap))
}

// longestGap is the longest time between two starts by the clocks of a zone
// without daylight saving, or one that is longer than enough. All days on which
// a schedule starts look the same, so after one of them only days are counted.
func longestGap(s cron.Schedule, enough time.Duration) time.Duration {
	first := s.Next(calendar)
	midnight := first.Truncate(24 * time.Hour)
	last, longest := first, time.Duration(0)
	for next := s.Next(last); next.Before(midnight.Add(24 * time.Hour)); next = s.Next(last) {
		longest = max(longest, next.Sub(last))
		last = next
	}
	for longest <= enough && midnight.Before(calendar.AddDate(28, 0, 0)) { // then the days of the week come round
		next := s.Next(midnight.Add(24*time.Hour - 1))
		if next.IsZero() {
			return enough + 1
		}
		day := next.Truncate(24 * time.Hour)
		longest = max(longest, next.Sub(day)+day.Sub(midnight)-last.Sub(first.Truncate(24*time.Hour)))
		midnight = day
	}
	return longest
}

// calendar is where a schedule is tried from: every leap day and every day of
// the week come together within the forty years after it.
var calendar = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC).Add(-1)

// once is a schedule's start that comes first, zero if none ever does.
func once(s cron.Schedule) time.Time {
	for from := calendar; from.Before(calendar.AddDate(40, 0, 0)); from = from.AddDate(5, 0, 0) {
		if next := s.Next(from); !next.IsZero() { // it looks five years ahead and no further
			return next
		}
	}
	return time.Time{}
}

// crontabFields are what a schedule has, in order.
var crontabFields = []string{"minute", "hour", "day of the month", "month", "day of the week"}

// crontabLast are the last values of each.
var crontabLast = []int{59, 23, 31, 12, 6}

const (
	fiveFields = `write five fields: minute, hour, day of the month, month, day of the week, as in "0 9 * * MON-FRI"`
	cronValue  = `(?:[0-9]{1,2}|[A-Za-z]{3})`
)

// cronItem is one part of a field. What the library takes besides, such as
// empty parts, other readers of cron do not.
var cronItem = regexp.MustCompile(`^(?:\*|` + cronValue + `(?:-` + cronValue + `)?)(?:/[0-9]{1,2})?$`)

// crontab reads a schedule of five fields, all that every cron understands.
func (v value) crontab() (string, cron.Schedule) {
	text := v.text(anyText)
	fields := strings.Fields(text)
	switch {
	case text == "":
		return "", nil
	case strings.Contains(text, "="):
		v.bad("name the zone in timeZone", "names a time zone of its own: %q", text)
		return "", nil
	case strings.HasPrefix(text, "@"):
		v.bad(fiveFields, "is %q, and @ is not read here: @every has no days and no hours, and the others are better written out", text)
		return "", nil
	case len(fields) == 6:
		v.bad(fiveFields, "has 6 fields, and seconds are none of a schedule's: %q", text)
		return "", nil
	case len(fields) != 5:
		v.bad(fiveFields, "has %d fields, not 5: %q", len(fields), text)
		return "", nil
	}
	if !v.crontabFields(text, fields) {
		return "", nil
	}
	schedule, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(strings.Join(fields, " "))
	switch {
	case err != nil:
		v.bad(fiveFields+"; Sunday is 0", "is no schedule: %q: %s", text, err)
	case once(schedule).IsZero():
		v.bad("use a day that the month has", "never comes: %q", text)
	default:
		return strings.Join(fields, " "), schedule
	}
	return "", nil
}

func (v value) crontabFields(text string, fields []string) bool {
	for i, field := range fields {
		for item := range strings.SplitSeq(field, ",") {
			if !cronItem.MatchString(item) {
				v.bad(fiveFields, "is no schedule: %q: the %s is %q", text, crontabFields[i], field)
				return false
			}
			_, step, _ := strings.Cut(item, "/")
			if n, _ := strconv.Atoi(step); n > crontabLast[i] {
				v.bad("use a step of at most "+strconv.Itoa(crontabLast[i])+", or list the times", "steps by %d through the %s, which goes to %d: %q means once", n, crontabFields[i], crontabLast[i], text)
				return false
			}
		}
	}
	day, weekday := fields[2], fields[4]
	if stepped := strings.HasPrefix(day, "*/") || strings.HasPrefix(weekday, "*/"); stepped && day != "*" && weekday != "*" {
		v.bad("use * for one of them, or name the days", "steps through days and days of the week at once, %q and %q, which some crons read as both and others as either", day, weekday)
		return false
	}
	return true
}

// local are names that Go or a machine's own files have and the database does not; nor
// does it have what lies under posix and right there.
var local = []string{"Local", "localtime", "posixrules", "Factory"}

// zone reads the name of a time zone.
func (v value) zone() (string, *time.Location) {
	const hint = "use a name of the IANA database, as in Europe/Berlin or UTC"
	name := v.text(anyText)
	if name == "" {
		return "", nil
	}
	if slices.Contains(local, name) || strings.HasPrefix(name, "posix/") || strings.HasPrefix(name, "right/") {
		v.bad(hint, "is %s, which is another zone on every machine", name)
		return "", nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		v.bad(hint, "is no time zone: %q", name)
		return "", nil
	}
	return name, zone
}

// schedule reads the ticks at which steps are taken.
func schedule(v value) *rollout.Schedule {
	s := &rollout.Schedule{}
	v.object(fields{
		"cron":     func(v value) { s.Cron, s.Starts = v.crontab() },
		"timeZone": func(v value) { s.TimeZone, s.Zone = v.zone() },
	}, "cron", "timeZone")
	return s
}

// moment reads a time with its zone.
func (v value) moment() time.Time {
	const hint = "write it with its zone, as in 2026-12-19T00:00:00Z or 2026-12-19T00:00:00+01:00"
	if tag := v.node.ShortTag(); v.node.Kind != yaml.ScalarNode || tag != "!!str" && tag != "!!timestamp" {
		v.bad(hint, "must be a time, not %s", v.kind())
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, v.node.Value)
	if err != nil || t.Year() < 1970 {
		v.bad(hint, "is no time: %q", v.node.Value)
		return time.Time{}
	}
	return t
}

// mention is the name of an environment somewhere, to be looked up once all are read.
type mention struct {
	value
	name string
}

// freezes reads a list of freezes, whose names differ. mentions are the
// environments that they name; none may where it is nil.
func freezes(v value, mentions *[]mention) []rollout.Freeze {
	var out []rollout.Freeze
	names := firsts{}
	v.items(func(v value) {
		f := rollout.Freeze{Position: v.where(v.path)}
		known := fields{
			"name": func(v value) {
				f.Name = v.text(label)
				names.once(v, f.Name, "give each freeze a name of its own")
			},
			"from":   func(v value) { f.From = v.moment() },
			"to":     func(v value) { f.To = v.moment() },
			"reason": func(v value) { f.Reason = v.text(limited(MaxReason, oneLine)) },
		}
		if mentions != nil {
			known["environments"] = func(v value) {
				f.Environments = v.texts(func(v value) string {
					name := label(v)
					*mentions = append(*mentions, mention{v, name})
					return name
				}, "name the environments, or leave the field out for all of them")
			}
		}
		v.object(known, "name", "from", "to")
		if !f.From.IsZero() && !f.To.IsZero() && !f.To.After(f.From) {
			v.bad("let it end after it begins", "ends at %s, which is not after its beginning at %s", f.To.Format(time.RFC3339), f.From.Format(time.RFC3339))
		}
		out = append(out, f)
	})
	return out
}

// known refuses the mentions of environments that there are not.
func known(mentions []mention, environments []Environment) {
	var names []string
	for _, e := range environments {
		names = append(names, e.Name)
	}
	for _, m := range mentions {
		if m.name != "" && !slices.Contains(names, m.name) {
			m.bad(rollout.Suggest(m.name, names), "is no environment of this Delivery: %q", m.name)
		}
	}
}

// misfits refuses a plan that can never finish inside its windows and those of
// the levels around it. path finds the plan's fields.
func misfits(r *reader, path string, p rollout.Plan, around []rollout.Level) {
	for _, m := range p.Misfits(around) {
		value{r, nil, fmt.Sprintf("%s.%s", path, m.Path)}.bad(m.Hint, "%s", m.Message)
	}
}
