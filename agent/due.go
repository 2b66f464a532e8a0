package agent

import (
	"container/heap"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// due is when each rollout wants to be looked at: a heap of times and the
// earliest time of each name. Rollouts that wait for nothing are not in it.
type due struct {
	queue alarms
	at    map[rollout.Name]time.Time
}

// alarm is one time at which one rollout wants to be looked at.
type alarm struct {
	name rollout.Name
	at   time.Time
}

// set makes the rollout due at the time, in place of any time before; the zero
// time means never.
func (d *due) set(name rollout.Name, at time.Time) {
	if d.at == nil {
		d.at = map[rollout.Name]time.Time{}
	}
	if at.IsZero() {
		delete(d.at, name)
		return
	}
	if was, ok := d.at[name]; ok && was.Equal(at) {
		return
	}
	d.at[name] = at
	heap.Push(&d.queue, alarm{name, at})
	if len(d.queue) > 2*len(d.at)+64 { // most are of times that were set anew since
		d.queue = d.queue[:0]
		for name, at := range d.at {
			d.queue = append(d.queue, alarm{name, at})
		}
		heap.Init(&d.queue)
	}
}

// soon makes the rollout due at the time unless it is due earlier.
func (d *due) soon(name rollout.Name, at time.Time) {
	if was, ok := d.at[name]; !ok || at.Before(was) {
		d.set(name, at)
	}
}

// take returns the rollouts that are due at the time, each once, and forgets them.
func (d *due) take(now time.Time) []rollout.Name {
	var out []rollout.Name
	for len(d.queue) > 0 && !d.queue[0].at.After(now) {
		next := heap.Pop(&d.queue).(alarm)
		if d.at[next.name].Equal(next.at) {
			delete(d.at, next.name)
			out = append(out, next.name)
		}
	}
	return out
}

// next is the earliest time at which something is due; false for nothing.
func (d *due) next() (time.Time, bool) {
	for len(d.queue) > 0 {
		first := d.queue[0]
		if at, ok := d.at[first.name]; ok && at.Equal(first.at) {
			return first.at, true
		}
		heap.Pop(&d.queue) // it was set anew since
	}
	return time.Time{}, false
}

// alarms implements heap.Interface.
type alarms []alarm

func (a alarms) Len() int           { return len(a) }
func (a alarms) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a alarms) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *alarms) Push(x any)        { *a = append(*a, x.(alarm)) }
func (a *alarms) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}
