package agent

import (
	"context"
	"slices"
	"sync"

	"github.com/weir-delivery/weir/rollout"
)

// ReadChange reads the two sides of a change as ReadSide reads each, but for overlays
// that have nothing to do with it, and says how many overlays of head those are.
//
// An overlay is touched if something differs that it is made of, or the Delivery. Of the
// others those are rendered, once for both sides, that share a name with a touched one,
// or with one that does: the name of a VirtualService, of a WeightPlan or of a host.
// For every other the two sides are the same, and no answer of Check depends on it, so
// Check says what it would say of all. What it does not say is what is wrong with an
// overlay that was not rendered and was as wrong before: ReadSide tells that.
func ReadChange(ctx context.Context, renderer Reacher, base, head Revision, delivery string, environments []string) (was, is Side, left int) {
	c := change{
		was: draftOf(base, delivery, environments), is: draftOf(head, delivery, environments),
		trees: &comparison{a: base.Tree, b: head.Tree, known: map[string]bool{}},
	}
	c.was.bare = true
	if len(c.is.delivery.Environments) == 0 { // it is wrong, and nothing else is judged
		return c.was.Side, c.is.Side, 0
	}
	var policies sync.WaitGroup
	policies.Go(func() { c.load(ctx, delivery) })
	c.pair(renderer, delivery)
	for touched := c.touched(); len(touched) > 0; touched = c.neighbours() {
		c.render(ctx, renderer, touched)
	}
	policies.Wait()
	for _, p := range c.pairs {
		if !p.read {
			left++
		}
	}
	return c.was.side(), c.is.side(), left
}

// change is two sides on their way.
type change struct {
	was, is *draft
	pairs   []*pair
	trees   *comparison
}

// pair is one overlay on both sides: its places, -1 for none.
type pair struct {
	was, is int
	folder  string
	// alike says that both render the same; same, that they mean the same too.
	alike, same bool
	reach       Reach
	read        bool
}

// pair finds the overlays of both sides, and which of them are alike.
func (c *change) pair(renderer Reacher, delivery string) {
	before := map[string]int{}
	for i, at := range c.was.places {
		before[at.key()] = i
	}
	for i, at := range c.is.places {
		p := &pair{was: -1, is: i, folder: at.folder}
		if j, ok := before[at.key()]; ok {
			p.was = j
			delete(before, at.key())
		}
		c.pairs = append(c.pairs, p)
	}
	for i, at := range c.was.places {
		if _, gone := before[at.key()]; gone {
			c.pairs = append(c.pairs, &pair{was: i, is: -1, folder: at.folder})
		}
	}
	same := c.trees.alike(delivery)
	reaching := renderer.Reaching(c.was.rev.Tree)
	each(len(c.pairs), func(i int) {
		p, known := c.pairs[i], false
		if p.was < 0 || p.is < 0 {
			return
		}
		p.reach, known = reaching(p.folder)
		p.alike = known && !slices.ContainsFunc(p.reach.Files, func(f string) bool { return !c.trees.alike(f) })
		p.same = p.alike && same
	})
}

// touched are the overlays that the change touches.
func (c *change) touched() []*pair {
	return slices.DeleteFunc(slices.Clone(c.pairs), func(p *pair) bool { return p.same })
}

// render renders overlays: once, if that is the same on both sides.
func (c *change) render(ctx context.Context, renderer Renderer, pairs []*pair) {
	each(len(pairs), func(i int) {
		p := pairs[i]
		p.read = true
		if p.is >= 0 {
			objects, err := renderer.Render(ctx, c.is.rev.Tree, p.folder)
			c.is.take(p.is, objects, err)
			if p.alike {
				c.was.take(p.was, objects, err)
				return
			}
		}
		if p.was >= 0 {
			objects, err := renderer.Render(ctx, c.was.rev.Tree, p.folder)
			c.was.take(p.was, objects, err)
		}
	})
}

// load loads the policies of both sides: once, if they are the same.
func (c *change) load(ctx context.Context, delivery string) {
	c.is.load(ctx, delivery)
	mine, theirs := PoliciesOf(c.is.delivery), PoliciesOf(c.was.delivery)
	if c.is.Policies != nil && len(c.was.delivery.Environments) > 0 && mine.Path == theirs.Path && c.is.delivery.Policies.Revision == c.was.delivery.Policies.Revision &&
		slices.Equal(mine.Packages, theirs.Packages) && slices.Equal(mine.Sets, theirs.Sets) && (mine.Path == "" || c.trees.within(mine.Path)) {
		c.was.Policies, c.was.own = c.is.Policies, c.is.Policies
		return
	}
	c.was.load(ctx, delivery)
}

// neighbours are the overlays not yet rendered that share a name with one that was, and
// the last of an environment that lost something: it says by which rules that goes.
func (c *change) neighbours() []*pair {
	words := words{}
	lost := map[string]bool{}
	for _, p := range c.pairs {
		var before, after map[rollout.Ref]Object
		if p.was >= 0 && c.was.taken[p.was] != nil {
			before = c.was.taken[p.was].overlay.Services
			words.of(c.was.taken[p.was].overlay)
		}
		if p.is >= 0 && c.is.taken[p.is] != nil {
			after = c.is.taken[p.is].overlay.Services
			words.of(c.is.taken[p.is].overlay)
		}
		for ref := range before {
			if _, still := after[ref]; !still {
				lost[c.was.places[p.was].env.Name] = true
			}
		}
	}
	last := map[string]int{}
	for i, at := range c.is.places {
		last[at.env.Name] = i
	}
	near := make([]bool, len(c.pairs))
	text := reading{tree: c.was.rev.Tree, words: words, known: map[string]func() bool{}}
	each(len(c.pairs), func(i int) {
		p := c.pairs[i]
		if p.read {
			return
		}
		env := c.is.places[p.is].env.Name
		near[i] = p.reach.Composed || lost[env] && last[env] == p.is || slices.ContainsFunc(p.reach.Files, text.names)
	})
	var out []*pair
	for i, p := range c.pairs {
		if near[i] {
			out = append(out, p)
		}
	}
	return out
}
