package rollout

import "slices"

// Toward is the split on the way from live to target at which the rising
// destinations (those whose part of total grows from stable to target) hold
// together at most setWeight percent: never less than they hold in stable,
// never more than in target. It sums to total.
//
// Every destination lies between its live and its target share, to within the
// one unit that a whole number may need, and moves only towards its target.
// What leaves abandoned destinations goes home to the others at once: giving
// traffic back to stable waits for no step. Gains and losses are shared out by
// the divisor method of d'Hondt (Balinski and Young, Fair Representation,
// 1982): it never hands out more than a destination's own gain, and a larger
// setWeight never takes a unit from a destination that a smaller one gave it.
func Toward(live, stable, target Split, setWeight, total int) Split {
	return toward(live, stable, target, setWeight*total/100, total)
}

// toward is Toward with the most that rising destinations hold in units of total.
func toward(live, stable, target Split, most, total int) Split {
	if live.Total() == 0 { // an edit that gave nobody anything
		live = stable
	}
	order := union(target, live, stable)
	before, from, to := spread(stable, order, total), spread(live, order, total), spread(target, order, total)

	rising := grows(stable, target, order, before, to)
	gains, returns, home, losses := make([]int, len(order)), make([]int, len(order)), make([]int, len(order)), make([]int, len(order))
	room := exposure(before, to, rising, most)
	for i := range order {
		switch change := to[i] - from[i]; {
		case change > 0 && rising[i]: // what it held in stable it gets before anybody gains
			returns[i] = max(before[i]-from[i], 0)
			gains[i] = change - returns[i]
		case change > 0:
			home[i] = change
		default:
			losses[i] = -change
		}
		if rising[i] {
			room -= from[i]
		}
	}
	returned := dHondt(returns, min(max(room, 0), sum(returns)))
	gained := dHondt(gains, min(max(room-sum(returned), 0), sum(gains)))
	lost := dHondt(losses, sum(returned)+sum(gained)+sum(home))

	out := make(Split, 0, len(order))
	for i, d := range order {
		if w := from[i] + returned[i] + gained[i] + home[i] - lost[i]; w > 0 || slices.Contains(union(live, target), d) {
			out = append(out, Weight{d, w})
		}
	}
	return out
}

// Exposure is how much of total, in units of it, the rising destinations may
// hold at setWeight percent: rounded down, at least their part of stable, at
// most their part of target.
func Exposure(stable, target Split, setWeight, total int) int {
	order := union(target, stable)
	before, to := spread(stable, order, total), spread(target, order, total)
	return exposure(before, to, grows(stable, target, order, before, to), setWeight*total/100)
}

func exposure(before, to []int, rising []bool, most int) int {
	floor, ceiling := 0, 0
	for i := range to {
		if rising[i] {
			floor, ceiling = floor+before[i], ceiling+to[i]
		}
	}
	return max(floor, min(most, ceiling))
}

// grows marks the rising destinations. One whose share stays rises by nothing,
// though whole numbers may say one unit: it would hold room that others need.
func grows(stable, target Split, order []Destination, before, to []int) []bool {
	rising := Rising(stable, target)
	out := make([]bool, len(order))
	for i, d := range order {
		out[i] = to[i] > before[i] && slices.Contains(rising, d)
	}
	return out
}

// spread expresses the split's shares as whole numbers that sum to total, by
// largest remainders: each is its exact share rounded down or up.
func spread(s Split, order []Destination, total int) []int {
	out, sumOf := make([]int, len(order)), int64(s.Total())
	if sumOf == 0 {
		return out
	}
	rests := make([]int64, len(order))
	left := total
	for i, d := range order {
		share := int64(s.Of(d)) * int64(total)
		out[i], rests[i] = int(share/sumOf), share%sumOf
		left -= out[i]
	}
	for ; left > 0; left-- {
		best := 0
		for i := range rests {
			if rests[i] > rests[best] {
				best = i
			}
		}
		out[best]++
		rests[best] = -1
	}
	return out
}

// dHondt shares seats out over claims. No claim gets more than itself while
// there are no more seats than claims together.
func dHondt(claims []int, seats int) []int {
	out, all := make([]int, len(claims)), int64(sum(claims))
	if all == 0 {
		return out
	}
	left := seats
	for i, c := range claims { // d'Hondt gives each at least its share rounded down
		out[i] = int(int64(c) * int64(seats) / all)
		left -= out[i]
	}
	for ; left > 0; left-- {
		best := 0
		for i := range claims {
			if int64(claims[i])*int64(out[best]+1) > int64(claims[best])*int64(out[i]+1) {
				best = i
			}
		}
		out[best]++
	}
	return out
}

func sum(xs []int) int {
	total := 0
	for _, x := range xs {
		total += x
	}
	return total
}
