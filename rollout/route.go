package rollout

import (
	"fmt"
	"slices"
	"strings"
)

// Protocol is the list of a VirtualService that a route stands in.
type Protocol string

// The three lists.
const (
	HTTP Protocol = "http"
	TLS  Protocol = "tls"
	TCP  Protocol = "tcp"
)

// Route is one route of a VirtualService and its split.
type Route struct {
	// Key tells the route from its siblings across commits: by its name, else
	// by its match clauses, never by its place in the list.
	Key      string   `json:"key"`
	Protocol Protocol `json:"protocol"`
	// Label is how people call it: its name, or http[1] where it has none.
	Label string `json:"label"`
	Split Split  `json:"split"`
	// Fixed says that the plan does not name this route: a Reshape writes it
	// as Git has it, and no step moves it.
	Fixed bool `json:"fixed,omitempty"`
}

// Routes is a VirtualService's routes in its own order.
type Routes []Route

// Find returns the route with the key.
func (rs Routes) Find(key string) (Route, bool) {
	i := slices.IndexFunc(rs, func(r Route) bool { return r.Key == key })
	if i < 0 {
		return Route{}, false
	}
	return rs[i], true
}

// Equal tells whether both hold the same moving routes with equal shares.
func (rs Routes) Equal(o Routes) bool {
	a, b := rs.Moving(), o.Moving()
	if len(a) != len(b) {
		return false
	}
	for _, r := range a {
		if other, ok := b.Find(r.Key); !ok || !r.Split.Equal(other.Split) {
			return false
		}
	}
	return true
}

// cover tells whether there is a split for each of the other's routes with weights.
func (rs Routes) cover(o Routes) bool {
	return !slices.ContainsFunc(o.Moving(), func(r Route) bool {
		_, known := rs.Find(r.Key)
		return !known
	})
}

// Moving leaves the fixed routes out.
func (rs Routes) Moving() Routes {
	var out Routes
	for _, r := range rs {
		if !r.Fixed {
			out = append(out, r)
		}
	}
	return out
}

// all lists every destination of the routes, once.
func (rs Routes) all() []Destination {
	var out []Destination
	for _, r := range rs {
		for _, w := range r.Split {
			if !slices.Contains(out, w.Destination) {
				out = append(out, w.Destination)
			}
		}
	}
	return out
}

// Carrying lists every destination that gets traffic on some route, once.
func (rs Routes) Carrying() []Destination {
	var out []Destination
	for _, r := range rs {
		for _, d := range r.Split.Carrying() {
			if !slices.Contains(out, d) {
				out = append(out, d)
			}
		}
	}
	return out
}

// With replaces the splits of the moving routes that o knows and leaves the
// others: a fixed route's split is whoever's the receiver is.
func (rs Routes) With(o Routes) Routes {
	out := slices.Clone(rs)
	for i := range out {
		if other, ok := o.Find(out[i].Key); ok && !out[i].Fixed {
			out[i].Split = other.Split.clone()
		}
	}
	return out
}

// String prints one split alone, several with their labels before them.
func (rs Routes) String() string {
	moving := rs.Moving()
	if len(moving) == 1 {
		return moving[0].Split.String()
	}
	parts := make([]string, len(moving))
	for i, r := range moving {
		parts[i] = fmt.Sprintf("%s: %s", r.Label, r.Split)
	}
	return strings.Join(parts, "; ")
}

// Mirror is a copy of a route's requests, whose answers nobody waits for.
type Mirror struct {
	Destination
	// Percent of the route's requests are copied, 0 to 100; 100 where Git says nothing.
	Percent float64
}
