package rollout

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// Labels select the pods of a subset.
type Labels map[string]string

// Selects is the digest of the labels that Git gives the destinations of the
// target; empty where it gives none. A state keeps it: the labels behind a
// destination with traffic change only once a move allowed it.
func (t Target) Selects() Digest { return selects(t.Subsets) }

func selects(subsets map[Destination]Labels) Digest {
	if len(subsets) == 0 {
		return ""
	}
	type labelled struct {
		Host, Subset string
		Labels       Labels
	}
	var all []labelled
	for d, labels := range subsets {
		all = append(all, labelled{d.Host, d.Subset, labels})
	}
	slices.SortFunc(all, func(a, b labelled) int { return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Subset, b.Subset)) })
	all = slices.CompactFunc(all, func(a, b labelled) bool { return a.Host == b.Host && a.Subset == b.Subset })
	return DigestOf(all)
}

// shaped tells whether all but the weights is as Git has it, the labels of its
// subsets among it.
func (m member) shaped() bool {
	memory := m.live.State.Member
	return m.target.Rest == memory.Rest && (m.target.Selects() == "" || m.target.Selects() == memory.Selects)
}

// found is the digest of the labels that the cluster has now. A subset that it
// does not have is as Git wants it: nobody gets traffic there.
func (s *situation) found(m member) Digest {
	live := map[Destination]Labels{}
	for d, labels := range m.target.Subsets {
		if ready, ok := s.f.Ready[d]; ok && ready.Defined && d.Subset != "" {
			labels = ready.Labels
		}
		live[d] = labels
	}
	return selects(live)
}

// relabelled names the destinations with traffic whose pods Git exchanges, or
// answers with the Hold for one whose new pods are not ready while the present
// ones are.
func (s *situation) relabelled(m member) (held Move, bad bool, names string) {
	if m.ours() && m.live.State.Member.Selects == m.target.Selects() {
		return Move{}, false, "" // allowed before; another VirtualService may keep the old ones meanwhile
	}
	var changed []string
	for _, d := range m.live.Routes.Carrying() {
		want, ok := m.target.Subsets[d]
		have, read := s.f.Ready[d]
		if !ok || !read || !have.Defined || maps.Equal(want, have.Labels) {
			continue
		}
		changed = append(changed, d.String())
		if next, read := s.f.Relabelled[d]; !read || next.Known && next.Ready == 0 && have.Ready > 0 {
			held, bad = s.hold(time.Time{}, NotReady, d.String()+" with its new labels", next.Ready, next.Want)
		}
	}
	return held, bad, strings.Join(changed, ", ")
}
