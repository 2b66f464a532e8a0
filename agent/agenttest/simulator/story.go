package simulator

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Story is all that is drawn of a seed: how the world begins and what happens.
// Nothing else is left to chance, so a story can be cut, and told again.
type Story struct {
	Seed   uint64
	Agents int
	// Begin is what Git says at first.
	Begin wish
	// Alive are the VirtualServices that somebody made before any agent came,
	// by target: the weights, and who.
	Alive  []madeBefore
	Events []Event
}

// madeBefore is a VirtualService that the agents find.
type madeBefore struct {
	Target  int
	Manager string
	Weights []int
}

// length is how long stories go on before everything heals.
const length = 2 * time.Hour

// Draw makes the story of a seed.
func Draw(seed uint64) Story {
	r := rand.New(rand.NewPCG(seed, 0x7765697200000000)) //nolint:gosec // to be the same each time is the point
	s := Story{Seed: seed, Agents: 1 + r.IntN(10)/5 + r.IntN(10)/8}
	s.Begin = drawWish(r)
	for i, t := range s.Begin.Targets {
		if r.IntN(5) == 0 {
			made := madeBefore{Target: i, Manager: managers[r.IntN(len(managers))], Weights: t.Routes[0].Weights}
			if r.IntN(2) == 0 {
				made.Weights = drawWeights(r, len(made.Weights))
			}
			s.Alive = append(s.Alive, made)
		}
	}
	for range 6 + r.IntN(30) {
		e := drawEvent(r, s.Agents)
		s.Events = append(s.Events, e)
		if e.Kind == "target" || e.Kind == "rename" { // removals are seldom, and can go wrong as well
			s.Events = append(s.Events, Event{At: e.At, Kind: faults[r.IntN(len(faults))], Agent: e.Agent, On: OpRemove, After: r.IntN(2) == 0, A: r.IntN(64)})
		}
	}
	for range r.IntN(4) {
		s.Events = append(s.Events, drawMidway(r))
	}
	s.order()
	return s
}

// order puts the events in order of time.
func (s *Story) order() {
	slices.SortStableFunc(s.Events, func(a, b Event) int { return int(a.At - b.At) })
}

// managers are those who make VirtualServices by hand.
var managers = []string{"kubectl-client-side-apply", "helm", "kubectl-edit"}

// targetKinds are the shapes of targets that a story chooses from.
var targetKinds = []func(host string) targetWish{
	func(h string) targetWish {
		return targetWish{Routes: []routeWish{{Protocol: "http", Name: "primary", Weights: []int{100, 0}}}}
	},
	func(h string) targetWish {
		return targetWish{Routes: []routeWish{{Protocol: "http", Name: "primary", Weights: []int{100, 0, 0}}}}
	},
	func(h string) targetWish {
		return targetWish{Routes: []routeWish{
			{Protocol: "http", Name: "beta", Match: 1, Weights: []int{0, 100}},
			{Protocol: "http", Name: "primary", Weights: []int{100, 0}},
		}}
	},
	func(h string) targetWish {
		return targetWish{Routes: []routeWish{{Protocol: "tcp", Match: 1, Weights: []int{100, 0}}}}
	},
	func(h string) targetWish {
		return targetWish{Routes: []routeWish{{Protocol: "tls", Match: 1, Weights: []int{100, 0, 0}}}}
	},
}

// hosts are the services of the shop.
var hosts = []string{"web", "api", "pay", "mail"}

func drawWish(r *rand.Rand) wish {
	w := wish{Adopt: managers[:2], Prune: r.IntN(4) > 0, Default: r.IntN(allowedSteps)}
	if r.IntN(4) == 0 {
		w.Adopt = nil
	}
	for i := range 1 + r.IntN(4) {
		t := targetKinds[r.IntN(len(targetKinds))](hosts[i])
		t.Host, t.Name = hosts[i], hosts[i]
		t.Extra = r.IntN(3)
		if r.IntN(3) == 0 {
			t.Routes[0].Weights = drawWeights(r, len(t.Routes[0].Weights))
		}
		w.Targets = append(w.Targets, t)
		if r.IntN(4) > 0 {
			p := planWish{Name: t.Name, Targets: []int{i}, Steps: r.IntN(allowedSteps)}
			if r.IntN(4) == 0 {
				p.Total = 1000
			}
			if r.IntN(6) == 0 {
				p.Deadline = []int{300, 3600}[r.IntN(2)]
			}
			if last := len(w.Plans) - 1; last >= 0 && r.IntN(3) == 0 { // with the plan before
				w.Plans[last].Targets = append(w.Plans[last].Targets, i)
				continue
			}
			w.Plans = append(w.Plans, p)
		}
	}
	return w
}

// palettes are the weights that routes choose from, by the number of
// destinations. The last of each are refused by the baseline policies, as they
// do not sum to 100.
var palettes = map[int][][]int{
	2: {{100, 0}, {0, 100}, {50, 50}, {90, 10}, {25, 75}, {67, 33}, {1, 3}},
	3: {{100, 0, 0}, {0, 100, 0}, {0, 0, 100}, {80, 10, 10}, {34, 33, 33}, {0, 50, 50}, {5, 0, 95}, {1, 1, 1}},
}

// allowed is the k-th choice among the weights that policies let through.
func allowed(n, k int) []int { return slices.Clone(palettes[n][k%(len(palettes[n])-1)]) }

func drawWeights(r *rand.Rand, n int) []int { return weights(n, r.IntN(64)) }

// weights is the k-th choice of weights for so many destinations.
func weights(n, k int) []int { return slices.Clone(palettes[n][k%len(palettes[n])]) }

// String is the story as a file: what begins, in JSON, then one event a line.
func (s Story) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# story v1 of seed %d\n", s.Seed)
	begin := s
	begin.Events = nil
	data, err := json.Marshal(begin)
	if err != nil {
		panic(fmt.Sprintf("simulator: internal error: %v", err))
	}
	fmt.Fprintf(&b, "%s\n", data)
	for _, e := range s.Events {
		fmt.Fprintf(&b, "%s\n", e)
	}
	return b.String()
}

// Parse reads what String wrote. Lines that begin with # are left out.
func Parse(file string) (Story, error) {
	var s Story
	begun := false
	for _, line := range strings.Split(file, "\n") {
		switch {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
		case !begun:
			begun = true
			if err := json.Unmarshal([]byte(line), &s); err != nil {
				return Story{}, fmt.Errorf("how the story begins: %w", err)
			}
		default:
			e, err := parseEvent(line)
			if err != nil {
				return Story{}, err
			}
			s.Events = append(s.Events, e)
		}
	}
	return s, nil
}
