package rollout

import "time"

// These map between the clocks of a zone and time. A wall time is what a clock
// on the wall shows, held as UTC so that arithmetic on it knows no daylight
// saving.

// wallOf is what the clocks of the zone show at the time.
func wallOf(t time.Time, zone *time.Location) time.Time {
	return t.UTC().Add(offset(t, zone))
}

func offset(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

// around is further than any offset from UTC, and less than lies between two
// changes of one zone.
const around = 26 * time.Hour

// reached is when the clocks of the zone first show the wall time or a later
// one: the gap's end for one that daylight saving leaves out, and the first of
// two for one that it repeats. A later wall time is never reached earlier.
//
// It looks for the change by itself: on the last day of a leap year, from 2038
// on, time.Time.ZoneBounds names an end that is past already.
func reached(wall time.Time, zone *time.Location) time.Time {
	before, after := offset(wall.Add(-around), zone), offset(wall.Add(around), zone)
	if before == after {
		return wall.Add(-before)
	}
	change := changed(wall.Add(-around), wall.Add(around), before, zone)
	if at := wall.Add(-before); at.Before(change) {
		return at
	}
	if at := wall.Add(-after); at.After(change) {
		return at
	}
	return change
}

// changed is the first second from low to high at which the offset is not the one before.
func changed(low, high time.Time, before time.Duration, zone *time.Location) time.Time {
	low, high = low.Truncate(time.Second), high.Truncate(time.Second)
	for high.Sub(low) > time.Second {
		middle := low.Add(high.Sub(low) / 2).Truncate(time.Second)
		if offset(middle, zone) == before {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}
