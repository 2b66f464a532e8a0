package agent

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/weir-delivery/weir/rollout"
)

// doubt is a change of which it is not known yet who wrote it: what a revision brought
// since another one. Until it is, nobody approves it, as nobody approves a change of
// their own.
type doubt struct {
	Since    string `json:"since"`
	Revision string `json:"revision"`
}

// identify asks again who wrote the changes of which that is not known. It returns
// whether more is known now.
func (a *Agent) identify(ctx context.Context) (news bool) {
	var unknown error
	for _, key := range slices.Sorted(maps.Keys(a.overlays)) {
		o := a.overlays[key]
		var left []doubt
		for _, d := range o.doubts {
			known, err := a.wrote(ctx, d, o)
			if err != nil {
				left, unknown = append(left, d), errors.Join(unknown, err)
				continue
			}
			o.Source = known
		}
		if len(left) < len(o.doubts) {
			o.doubts, o.Source.Unsure, news = left, len(left) > 0, true
			a.overlays[key] = o
			a.attribute(o)
		}
	}
	a.complain("not all authors of a change are known, and until they are nobody approves it", unknown)
	return news
}

// wrote is the source of an overlay with those among its authors who wrote a change.
func (a *Agent) wrote(ctx context.Context, d doubt, o Overlay) (rollout.Source, error) {
	rev, err := a.source.Open(ctx, d.Revision)
	if err != nil {
		return o.Source, fmt.Errorf("reading who wrote commit %s: %w", shortRevision(d.Revision), err)
	}
	o.Rules = o.given
	return a.writers(ctx, d.Since, rev, o)
}

// attribute has the rollouts of an overlay be by those who are known to have written it.
func (a *Agent) attribute(o Overlay) {
	for _, r := range a.rollouts {
		switch {
		case !r.Source.Unsure || r.Name.Environment != o.Environment || r.Source.Overlay != o.Source.Overlay:
			continue
		case r.Source.Revision == o.Source.Revision:
			r.Source = o.Source
		default:
			r.Source = r.Source.Beside(o.Source)
		}
		r.Source.Unsure = o.Source.Unsure
	}
}

// doubted tells whether a change of the overlay of which it is not known who wrote it is
// under way yet, as far as this life has looked.
func (a *Agent) doubted(at place) bool {
	return !a.matched || slices.ContainsFunc(a.rollouts, func(r *rollout.Rollout) bool {
		return r.Source.Unsure && r.Name.Environment == at.env.Name && r.Source.Overlay == at.folder && !a.finished(r.Name)
	})
}
