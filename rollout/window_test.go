package rollout

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// window is an allow window of one schedule.
func window(schedule string, d time.Duration, zone string) Window {
	return parsed(Window{Name: "office", Kind: Allow, Schedule: schedule, Duration: d, TimeZone: zone})
}

func denying(w Window) Window {
	w.Kind, w.Name = Deny, "nights"
	return w
}

func plan(ws ...Window) []Level { return []Level{{Name: "the plan", Windows: ws}} }

// opening asks about a time and gives the answers as text.
func opening(t *testing.T, levels []Level, now string) (open bool, by, opens, closes string) {
	t.Helper()
	at, err := time.Parse(time.RFC3339, now)
	require.NoError(t, err)
	text := func(t time.Time) string {
		if t.IsZero() {
			return "never"
		}
		return t.Format(time.RFC3339)
	}
	o := Openings(levels, at)
	return o.Open, o.By.String(), text(o.Opens), text(o.Closes)
}

func TestAWindowIsOpenFromItsStartAndNotAtItsEnd(t *testing.T) {
	office := plan(window("0 9 * * MON-THU", 8*time.Hour, "Europe/Berlin"))
	for now, want := range map[string]bool{
		"2026-11-23T08:59:59.999999999+01:00": false, "2026-11-23T09:00:00+01:00": true,
		"2026-11-23T16:59:59.999999999+01:00": true, "2026-11-23T17:00:00+01:00": false,
	} {
		open, _, _, _ := opening(t, office, now)
		assert.Equal(t, want, open, now)
	}
	_, by, opens, closes := opening(t, office, "2026-11-26T17:00:00+01:00") // Thursday
	assert.Equal(t, []string{"window office of the plan", "2026-11-30T08:00:00Z", "2026-11-30T16:00:00Z"}, []string{by, opens, closes})
	_, _, opens, closes = opening(t, office, "2026-11-23T10:00:00+01:00")
	assert.Equal(t, []string{"never", "2026-11-23T16:00:00Z"}, []string{opens, closes})
}

// Argo CD adds the offset of today to times of other seasons.
func TestTheOffsetIsThatOfTheDay(t *testing.T) {
	office := plan(window("0 9 * * *", time.Hour, "Europe/Berlin"))
	_, _, opens, _ := opening(t, office, "2026-07-01T00:00:00Z")
	assert.Equal(t, "2026-07-01T07:00:00Z", opens)
	_, _, opens, _ = opening(t, office, "2026-12-01T00:00:00Z")
	assert.Equal(t, "2026-12-01T08:00:00Z", opens)
}

// Argo CD takes a start that never comes for one that came long ago.
func TestAWindowThatNeverStartsIsNeverOpen(t *testing.T) {
	never := window("0 0 30 2 *", 24*time.Hour, "UTC")
	open, by, opens, closes := opening(t, plan(never), "2026-03-01T00:00:00Z")
	assert.False(t, open)
	assert.Equal(t, []string{"window office of the plan", "never", "never"}, []string{by, opens, closes})
	open, _, _, _ = opening(t, plan(denying(never)), "2026-03-01T00:00:00Z")
	assert.True(t, open)
}

// The cron library gives up after five years; there is no leap day in 2100.
func TestALeapDayMayBeEightYearsAway(t *testing.T) {
	_, _, opens, closes := opening(t, plan(window("30 9 29 2 *", time.Hour, "UTC")), "2096-02-29T10:30:00Z")
	assert.Equal(t, []string{"2104-02-29T09:30:00Z", "2104-02-29T10:30:00Z"}, []string{opens, closes})
}

// The cron library leaves out a start that falls in the gap.
func TestAStartInAGapComesAtItsEnd(t *testing.T) {
	for _, c := range []struct{ schedule, zone, now, opens string }{
		{"30 2 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"},
		{"30 2 * * *", "America/New_York", "2026-03-08T05:00:00Z", "2026-03-08T07:00:00Z"},
		{"15 2 * * *", "Australia/Lord_Howe", "2026-10-03T14:00:00Z", "2026-10-03T15:30:00Z"},
		{"0 0 * * *", "America/Sao_Paulo", "2018-11-04T02:00:00Z", "2018-11-04T03:00:00Z"}, // midnight is missing
		{"0 0 * * *", "America/Santiago", "2026-09-06T03:00:00Z", "2026-09-06T04:00:00Z"},
		{"0 0 * * *", "Africa/Cairo", "2026-04-23T21:00:00Z", "2026-04-23T22:00:00Z"},
		{"0 9 30 12 *", "Pacific/Apia", "2011-12-30T00:00:00Z", "2011-12-30T10:00:00Z"}, // a day is missing
	} {
		_, _, opens, _ := opening(t, plan(window(c.schedule, time.Minute, c.zone)), c.now)
		assert.Equal(t, c.opens, opens, c.zone)
	}
}

// A start that the clocks show twice is one start, and the duration is elapsed time.
func TestAStartInARepeatComesOnceAtTheFirst(t *testing.T) {
	night := plan(window("30 2 * * *", 30*time.Minute, "Europe/Berlin"))
	_, _, opens, closes := opening(t, night, "2026-10-24T22:00:00Z")
	assert.Equal(t, []string{"2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"}, []string{opens, closes})
	_, _, opens, _ = opening(t, night, "2026-10-25T01:00:00Z")
	assert.Equal(t, "2026-10-26T01:30:00Z", opens, "half past two comes again, and is no start")
	_, _, opens, closes = opening(t, plan(window("0 1 * * *", 4*time.Hour, "Europe/Berlin")), "2026-10-24T20:00:00Z")
	assert.Equal(t, []string{"2026-10-24T23:00:00Z", "2026-10-25T03:00:00Z"}, []string{opens, closes})
}

func TestTheLastDayOfALeapYearEnds(t *testing.T) {
	_, _, opens, _ := opening(t, plan(window("0 12 * * *", time.Hour, "America/New_York")), "2044-12-31T00:00:00Z")
	assert.Equal(t, "2044-12-31T17:00:00Z", opens)
}

func TestDenyWins(t *testing.T) {
	levels := []Level{
		{Name: "the Delivery", Windows: []Window{denying(window("0 12 * * *", time.Hour, "UTC"))}},
		{Name: "the plan", Windows: []Window{window("0 9 * * *", 8*time.Hour, "UTC")}},
	}
	open, by, opens, closes := opening(t, levels, "2026-11-23T12:30:00Z")
	assert.False(t, open)
	assert.Equal(t, []string{"deny window nights of the Delivery", "2026-11-23T13:00:00Z", "2026-11-23T17:00:00Z"}, []string{by, opens, closes})
	_, by, _, closes = opening(t, levels, "2026-11-23T10:00:00Z")
	assert.Equal(t, []string{"deny window nights of the Delivery", "2026-11-23T12:00:00Z"}, []string{by, closes})
}

func TestAllowsAreAlternativesWithinALevelAndMustAgreeBetweenLevels(t *testing.T) {
	morning, evening := window("0 8 * * *", 2*time.Hour, "UTC"), window("0 20 * * *", 2*time.Hour, "UTC")
	for now, want := range map[string]bool{"2026-11-23T09:00:00Z": true, "2026-11-23T21:00:00Z": true, "2026-11-23T12:00:00Z": false} {
		open, _, _, _ := opening(t, plan(morning, evening), now)
		assert.Equal(t, want, open, now)
	}
	_, _, opens, closes := opening(t, []Level{{Windows: []Window{morning}}, {}, {Windows: []Window{evening}}}, "2026-11-23T09:00:00Z")
	assert.Equal(t, []string{"never", "never"}, []string{opens, closes})
	_, _, opens, closes = opening(t, []Level{{Windows: []Window{morning}}, {Windows: []Window{window("30 9 * * *", time.Hour, "UTC")}}}, "2026-11-23T09:00:00Z")
	assert.Equal(t, []string{"2026-11-23T09:30:00Z", "2026-11-23T10:00:00Z"}, []string{opens, closes})
}

func TestAFreezeHoldsFromItsFirstInstantUntilItsEnd(t *testing.T) {
	at := func(s string) time.Time { t, _ := time.Parse(time.RFC3339, s); return t }
	levels := []Level{{Name: "the Delivery", Freezes: []Freeze{
		{Name: "stocktaking", From: at("2026-12-20T00:00:00Z"), To: at("2026-12-22T00:00:00Z")},
		{Name: "year-end", From: at("2026-12-21T00:00:00Z"), To: at("2027-01-04T00:00:00Z")},
	}}}
	open, by, _, closes := opening(t, levels, "2026-12-19T23:59:59Z")
	assert.True(t, open)
	assert.Equal(t, []string{"freeze stocktaking of the Delivery", "2026-12-20T00:00:00Z"}, []string{by, closes})
	open, by, opens, closes := opening(t, levels, "2026-12-21T00:00:00Z")
	assert.False(t, open)
	assert.Equal(t, []string{"freeze year-end of the Delivery", "2027-01-04T00:00:00Z", "never"}, []string{by, opens, closes})
}

func TestWithoutAnyWindowItIsOpenForEver(t *testing.T) {
	open, _, opens, closes := opening(t, []Level{{}, {Windows: []Window{denying(window("0 0 30 2 *", time.Hour, "UTC"))}}}, "2026-12-19T23:59:59Z")
	assert.True(t, open)
	assert.Equal(t, []string{"never", "never"}, []string{opens, closes})
}

// Windows that touch are one: nothing closes in between.
func TestWindowsThatTouchAreOne(t *testing.T) {
	_, _, _, closes := opening(t, plan(window("0 9-16 * * *", time.Hour, "UTC")), "2026-11-23T09:30:00Z")
	assert.Equal(t, "2026-11-23T17:00:00Z", closes)
	_, _, _, closes = opening(t, plan(window("0 9 * * *", time.Hour, "UTC"), window("0 10 * * *", time.Hour, "UTC")), "2026-11-23T09:30:00Z")
	assert.Equal(t, "2026-11-23T11:00:00Z", closes)
	_, _, _, closes = opening(t, plan(window("* * * 1-6 *", 90*24*time.Hour, "UTC")), "2026-02-01T00:00:00Z")
	assert.Equal(t, "2026-09-28T23:59:00Z", closes, "a start each minute for months, and none is counted")
}

func BenchmarkAYearOfTenWindows(b *testing.B) {
	levels := []Level{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	for i, schedule := range []string{
		"0 9 * * MON-THU", "0 8 * * *", "30 7 * * MON-FRI", "0 10 1-20 * *", "0 9 * * *", "0 0,12 * * *", "0 9 * * 1-5", "0 11 * * *", "15 12 * * *", "0 2 * * SUN",
	} {
		w := window(schedule, 6*time.Hour, turns[i].zone)
		if i >= 8 {
			w = denying(w)
			w.Duration = time.Hour
		}
		levels[i%3].Windows = append(levels[i%3].Windows, w)
	}
	changes := 0
	for b.Loop() {
		changes = 0
		for now := noon; now.Before(noon.AddDate(1, 0, 0)); changes++ {
			o := Openings(levels, now)
			if now = o.Closes; !o.Open {
				now = o.Opens
			}
		}
	}
	b.ReportMetric(float64(changes), "changes")
}

func BenchmarkWindowsThatNeverMeet(b *testing.B) {
	levels := []Level{{Windows: []Window{window("0 8 * * *", time.Hour, "Europe/Berlin")}}, {Windows: []Window{window("0 20 * * *", time.Hour, "Europe/Berlin")}}}
	for b.Loop() {
		if !Openings(levels, noon).Opens.IsZero() {
			b.Fatal("they met")
		}
	}
}
