package rollout

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // so that no test hangs on the zones of the machine

	"github.com/robfig/cron/v3"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A second opinion on windows: it walks through time minute by minute and reads
// a clock of the zone. It shares no line with what it judges: its cron is its
// own, and so is what it makes of clocks that are put forward or back.

// cronField is one field of a schedule as a person reads it.
type cronField struct {
	text       string
	least, end int
	names      string
}

func (f cronField) has(n int) bool {
	for item := range strings.SplitSeq(f.text, ",") {
		span, step, stepped := strings.Cut(item, "/")
		low, high := f.least, f.end
		if span != "*" {
			from, to, ranged := strings.Cut(span, "-")
			low = f.number(from)
			high = low
			switch {
			case ranged:
				high = f.number(to)
			case stepped:
				high = f.end
			}
		}
		every := 1
		if stepped {
			every, _ = strconv.Atoi(step)
		}
		if n >= low && n <= high && (n-low)%every == 0 {
			return true
		}
	}
	return false
}

func (f cronField) number(s string) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	return f.least + strings.Index(f.names, strings.ToLower(s))/3
}

// cronTable is a schedule, written out.
type cronTable struct {
	minute, hour, day, month, weekday [60]bool
	both                              bool // a day has to fit twice
}

func cronOf(schedule string) (t cronTable) {
	f := strings.Fields(schedule)
	for _, field := range []struct {
		into *[60]bool
		cronField
	}{
		{&t.minute, cronField{f[0], 0, 59, ""}}, {&t.hour, cronField{f[1], 0, 23, ""}}, {&t.day, cronField{f[2], 1, 31, ""}},
		{&t.month, cronField{f[3], 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"}}, {&t.weekday, cronField{f[4], 0, 6, "sunmontuewedthufrisat"}},
	} {
		for n := field.least; n <= field.end; n++ {
			field.into[n] = field.has(n)
		}
	}
	t.both = f[2] == "*" || f[4] == "*"
	return t
}

// starts tells whether a clock that shows the wall time starts the schedule.
func (t *cronTable) starts(wall time.Time) bool {
	hour, minute, _ := wall.Clock()
	if !t.minute[minute] || !t.hour[hour] {
		return false
	}
	_, month, day := wall.Date()
	onDay, onWeekday := t.day[day], t.weekday[wall.Weekday()]
	return t.month[month] && (onDay && onWeekday || !t.both && (onDay || onWeekday))
}

// wallClock is what the zone's clocks show, to the minute.
func wallClock(t time.Time, zone *time.Location) time.Time {
	c := t.In(zone)
	year, month, day := c.Date()
	hour, minute, _ := c.Clock()
	return time.Date(year, month, day, hour, minute, 0, 0, time.UTC)
}

// walkWindow says of each minute whether the window is open in it. It begins
// before, so that what started then is known.
func walkWindow(w Window, begin time.Time, minutes int) []bool {
	open, schedule := make([]bool, minutes), cronOf(w.Schedule)
	before := int(w.Duration/time.Minute) + 3*24*60
	start := begin.Add(-time.Duration(before) * time.Minute)
	shown := wallClock(start.Add(-time.Minute), w.Zone) // the latest that the clocks have shown
	left := time.Duration(0)
	for i := -before; i < minutes; i++ {
		wall := wallClock(begin.Add(time.Duration(i)*time.Minute), w.Zone)
		left -= time.Minute
		for ; shown.Before(wall); shown = shown.Add(time.Minute) { // more than once where clocks are put forward
			if schedule.starts(shown.Add(time.Minute)) {
				left = w.Duration
			}
		}
		if i >= 0 {
			open[i] = left > 0
		}
	}
	return open
}

// walkLevels says of each minute whether all levels agree.
func walkLevels(levels []Level, begin time.Time, minutes int) []bool {
	out := make([]bool, minutes)
	for i := range out {
		out[i] = true
	}
	for _, l := range levels {
		var allowed []bool
		for _, w := range l.Windows {
			open := walkWindow(w, begin, minutes)
			if w.Kind == Allow && allowed == nil {
				allowed = make([]bool, minutes)
			}
			for i := range open {
				switch {
				case w.Kind == Deny:
					out[i] = out[i] && !open[i]
				default:
					allowed[i] = allowed[i] || open[i]
				}
			}
		}
		for i := range out {
			at := begin.Add(time.Duration(i) * time.Minute)
			out[i] = out[i] && (allowed == nil || allowed[i]) &&
				!slices.ContainsFunc(l.Freezes, func(f Freeze) bool { return !at.Before(f.From) && at.Before(f.To) })
		}
	}
	return out
}

// agree holds Openings against the walk at one of its minutes.
func agree(t require.TestingT, levels []Level, begin time.Time, walked []bool, i int) {
	now := begin.Add(time.Duration(i) * time.Minute)
	o := Openings(levels, now)
	require.Equal(t, walked[i], o.Open, "at %s", now)
	opens, closes := i, 0
	for opens < len(walked) && !walked[opens] {
		opens++
	}
	for closes = opens; closes < len(walked) && walked[closes]; closes++ {
	}
	minute := func(k int) time.Time { return begin.Add(time.Duration(k) * time.Minute) }
	within := func(at time.Time, k int, what string) {
		if k < len(walked) {
			require.Equal(t, minute(k).UTC(), at.UTC(), "%s, seen from %s", what, now.UTC())
			return
		}
		require.True(t, at.IsZero() || !at.Before(minute(k)), "%s at %s, which is too soon, seen from %s", what, at.UTC(), now.UTC())
	}
	if !o.Open {
		within(o.Opens, opens, "opens")
	} else {
		require.True(t, o.Opens.IsZero())
	}
	if opens < len(walked) {
		within(o.Closes, closes, "closes")
	}
	if !o.Open || !o.Closes.IsZero() {
		require.NotEmpty(t, o.By.Name, "nothing decides")
	}
}

// turns are days on which clocks did something odd, and some on which not.
var turns = []struct{ zone, day string }{
	{"Europe/Berlin", "2026-03-29"}, {"Europe/Berlin", "2026-10-25"},
	{"America/New_York", "2026-03-08"}, {"America/New_York", "2026-11-01"},
	{"America/Sao_Paulo", "2018-11-04"}, {"America/Sao_Paulo", "2018-02-18"}, // midnight is missing, and comes twice
	{"Australia/Lord_Howe", "2026-10-04"}, {"Australia/Lord_Howe", "2026-04-05"}, // by half an hour
	{"Asia/Kathmandu", "2026-06-01"}, {"Pacific/Apia", "2011-12-30"}, // there was no such day
	{"America/Santiago", "2026-09-06"}, {"America/Santiago", "2026-04-05"},
	{"Africa/Cairo", "2026-04-24"}, {"Africa/Cairo", "2026-10-30"},
	{"Antarctica/Troll", "2026-03-29"}, {"Antarctica/Troll", "2026-10-25"}, // by two hours
	{"UTC", "2028-02-29"}, {"Europe/Berlin", "2044-12-30"}, // the day before a leap year ends
	{"Europe/Berlin", "2099-03-29"}, {"America/New_York", "2045-03-12"},
}

var walkedSchedules = []string{
	"0 0 * * *", "30 2 * * *", "0 9 * * MON-THU", "*/15 1-3 * * *", "0 */6 * * *", "0 0 1 * *", "15 2 * * SUN",
	"0 0 29 2 *", "59 23 * * *", "0 1 1,15 * FRI", "0 0 */2 * 1-5", "45 1 * 3,10,11 *", "0 12 31 * *", "* 2 * * 0", "10 0 * 4-9 6",
}

func walkedWindow(pick func(int) int, zone string, i int) Window {
	durations := []int{1, 15, 30, 45, 60, 90, 3 * 60, 8 * 60, 12 * 60, 23 * 60, 24 * 60, 30 * 60, 50 * 60}
	w := Window{
		Name: fmt.Sprint("w", i), Kind: []WindowKind{Allow, Allow, Deny}[pick(3)], TimeZone: zone,
		Schedule: walkedSchedules[pick(len(walkedSchedules))], Duration: time.Duration(durations[pick(len(durations))]) * time.Minute,
	}
	return parsed(w)
}

// parsed fills in what a decoder would.
func parsed(w Window) Window {
	var err error
	if w.Starts, err = cron.ParseStandard(w.Schedule); err != nil {
		panic(err)
	}
	if w.Zone, err = time.LoadLocation(w.TimeZone); err != nil {
		panic(err)
	}
	return w
}

// walkedLevels draws up to three levels of windows and freezes around the day.
func walkedLevels(pick func(int) int) (levels []Level, begin time.Time, minutes int) {
	turn := turns[pick(len(turns))]
	day, err := time.Parse(time.DateOnly, turn.day)
	if err != nil {
		panic(err)
	}
	begin, minutes = day.AddDate(0, 0, -2), 5*24*60
	for range 1 + pick(3) {
		l := Level{Name: fmt.Sprint("level ", len(levels))}
		for i := range pick(4) {
			zone := turn.zone
			if pick(4) == 0 {
				zone = turns[pick(len(turns))].zone
			}
			l.Windows = append(l.Windows, walkedWindow(pick, zone, i))
		}
		if pick(4) == 0 {
			from := begin.Add(time.Duration(pick(minutes)) * time.Minute)
			l.Freezes = append(l.Freezes, Freeze{Name: "f", From: from, To: from.Add(time.Duration(1+pick(3000)) * time.Minute)})
		}
		levels = append(levels, l)
	}
	return levels, begin, minutes
}

func TestOpeningsAreThoseThatAWalkThroughTimeFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }
		levels, begin, minutes := walkedLevels(pick)
		walked := walkLevels(levels, begin, minutes)
		for range 10 {
			agree(t, levels, begin, walked, pick(minutes))
		}
	})
}

// FuzzOpenings lets a machine choose what is drawn.
func FuzzOpenings(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, seed*7)
	}
	f.Fuzz(func(t *testing.T, a, b uint64) {
		random := rand.New(rand.NewPCG(a, b))
		levels, begin, minutes := walkedLevels(random.IntN)
		walked := walkLevels(levels, begin, minutes)
		for range 20 {
			agree(t, levels, begin, walked, random.IntN(minutes))
		}
	})
}

// Whole years, each zone with the windows that people write.
func TestAYearOfWindowsIsThatOfTheWalk(t *testing.T) {
	for i, turn := range turns {
		for _, schedule := range []string{"30 2 * * *", []string{"0 9 * * MON-THU", "0 0 * * *"}[i%2]} {
			t.Run(turn.zone+" "+turn.day[:4]+" "+schedule, func(t *testing.T) {
				begin, err := time.Parse("2006", turn.day[:4])
				require.NoError(t, err)
				levels := []Level{{Windows: []Window{parsed(Window{Name: "w", Kind: Allow, Schedule: schedule, Duration: 8 * time.Hour, TimeZone: turn.zone})}}}
				walked := walkLevels(levels, begin, 366*24*60)
				changes := 0
				for now, o := begin, Openings(levels, begin); ; o = Openings(levels, now) {
					if now = o.Closes; !o.Open {
						now = o.Opens
					}
					i := int(now.Sub(begin) / time.Minute)
					if i >= len(walked) {
						break
					}
					require.NotEqual(t, walked[i-1], walked[i], "it changes at %s, and the walk does not", now)
					require.Equal(t, walked[i], !o.Open)
					changes++
				}
				for i := 1; i < len(walked); i++ {
					if walked[i] != walked[i-1] {
						changes--
					}
				}
				require.Zero(t, changes, "the walk sees another number of changes")
			})
		}
	}
}
