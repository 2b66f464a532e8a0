package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// act is one part of the story: what somebody does, and the splits of reviews
// that have to be seen after it, in order, none left out and none besides.
type act struct {
	title  string
	do     func(context.Context, *stage) error
	splits []string
	ends   string // the last sentence holds this
}

// acts is the story that people know.
func acts() []act {
	return []act{
		{
			title:  "The agent starts: every VirtualService is created as Git has it, all traffic of reviews at v1.",
			do:     startAgent,
			splits: []string{"v1 100 · v2 0 · v3 0"}, ends: "created",
		},
		{
			title:  "A developer commits v1 50 · v3 50. It goes up step by step; at 25 % it looks wrong, so: git revert.",
			do:     commitThenRevert,
			splits: []string{"v1 90 · v2 0 · v3 10", "v1 75 · v2 0 · v3 25", "v1 100 · v2 0 · v3 0"}, ends: "back at stable",
		},
		{
			title:  "Mended, the same again: half of the traffic to v3, each step in its time.",
			do:     weigh("reviews: half to v3", 50, 0, 50),
			splits: []string{"v1 90 · v2 0 · v3 10", "v1 75 · v2 0 · v3 25", "v1 50 · v2 0 · v3 50"}, ends: "as Git has it",
		},
		{
			title:  "And on to v3 altogether. Steps that are met already are passed over.",
			do:     weigh("reviews: all to v3", 0, 0, 100),
			splits: []string{"v1 0 · v2 0 · v3 100"}, ends: "as Git has it",
		},
		{
			title: "Somebody in a hurry lets v2 take everything in one step. The policy says no, and nothing moves.",
			do:    hurry,
		},
	}
}

// tell plays the acts one after the other.
func tell(ctx context.Context, s *stage) error {
	for i, a := range acts() {
		s.say("\n%s %s", s.bold(fmt.Sprintf("%d.", i+1)), s.bold(a.title))
		if err := a.do(ctx, s); err != nil {
			return fmt.Errorf("act %d: %w", i+1, err)
		}
		if err := s.expect(ctx, a.splits, a.ends); err != nil {
			return fmt.Errorf("act %d: %w", i+1, err)
		}
	}
	return s.audit(ctx)
}

const reviews = "base/reviews.yaml"

// weigh commits new weights for reviews.
func weigh(message string, v1, v2, v3 int) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		text, err := os.ReadFile(filepath.Join(s.author.Dir(), reviews))
		if err != nil {
			return err
		}
		return s.commit(ctx, message, map[string]string{reviews: reweigh(string(text), v1, v2, v3)})
	}
}

// reweigh replaces the weights in the file, in the order of the subsets.
func reweigh(text string, weights ...int) string {
	lines := strings.Split(text, "\n")
	next := 0
	for i, line := range lines {
		at := strings.Index(line, "weight: ")
		if at >= 0 && next < len(weights) {
			lines[i] = fmt.Sprintf("%sweight: %d", line[:at], weights[next])
			next++
		}
	}
	return strings.Join(lines, "\n")
}

func commitThenRevert(ctx context.Context, s *stage) error {
	if err := weigh("reviews: half to v3", 50, 0, 50)(ctx, s); err != nil {
		return err
	}
	if err := s.until(ctx, "v1 75 · v2 0 · v3 25"); err != nil {
		return err
	}
	return revert(ctx, s)
}

// revert takes the newest commit back, as anybody would.
func revert(ctx context.Context, s *stage) error {
	sha, err := s.author.Revert(ctx)
	if err != nil {
		return err
	}
	s.say("  %s git revert HEAD → %s", s.dim("$"), sha[:7])
	return s.author.Push(ctx)
}

// hurry commits a plan of one step together with new weights, waits for the
// policies' answer, and takes the commit back.
func hurry(ctx context.Context, s *stage) error {
	plan := strings.Split(s.plan, "  steps:")[0] + "  steps:\n  - setWeight: 100\n"
	text, err := os.ReadFile(filepath.Join(s.author.Dir(), reviews))
	if err != nil {
		return err
	}
	if err := s.commit(ctx, "reviews: all to v2, now", map[string]string{
		planFile: plan, reviews: reweigh(string(text), 0, 100, 0),
	}); err != nil {
		return err
	}
	if err := s.untilDenied(ctx); err != nil {
		return err
	}
	return revert(ctx, s)
}
