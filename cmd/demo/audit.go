package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// audit holds the record against the story: every move of reviews has its
// entry, every entry names the one before it and has its outcome, and the
// digest on the VirtualService is that of the last.
func (s *stage) audit(ctx context.Context) error {
	if err := s.settle(ctx); err != nil {
		return err
	}
	if _, err := s.author.Git(ctx, "fetch", "-q", "origin", "weir-status"); err != nil {
		return err
	}
	list, err := s.author.Git(ctx, "ls-tree", "-r", "--name-only", "FETCH_HEAD")
	if err != nil {
		return err
	}
	files := strings.Fields(list)
	entries := map[rollout.Digest]audit.Entry{}
	for _, file := range files {
		if ok, _ := path.Match("decisions/*/*/reviews-*/*.json", file); !ok {
			continue
		}
		text, err := s.author.Git(ctx, "show", "FETCH_HEAD:"+file)
		if err != nil {
			return err
		}
		data := []byte(strings.TrimSuffix(text, "\n") + "\n")
		e, err := audit.Decode(data)
		if err != nil {
			return err
		}
		entries[rollout.DigestBytes(data)] = e
		outcome := strings.Replace(file, "decisions/", "outcomes/", 1)
		if e.Verdict == policy.Allow && !slices.Contains(files, outcome) {
			return fmt.Errorf("the decision %s has no outcome", file)
		}
	}
	chain, denied := 0, 0
	for at := s.seen.last.state.Journey.Entry; at != ""; chain++ {
		e, ok := entries[at]
		if !ok {
			return fmt.Errorf("the chain breaks: no entry has the digest %s", at)
		}
		at = e.Previous
	}
	for _, e := range entries {
		if e.Verdict == policy.Deny {
			denied++
		}
	}
	// one creation, three moves with the way back, three steps, one promotion
	if chain != 8 || denied != 1 {
		data, _ := json.Marshal(files)
		return fmt.Errorf("the record holds a chain of %d decisions and %d refusals, not 8 and 1: %s", chain, denied, data)
	}
	s.say("\n%s %d decisions, each naming the one before it, each with its outcome; %d refusal; the cluster holds the digest of the last.",
		s.green("✔ The record agrees:"), chain, denied)
	return nil
}

// settle waits until the status branch says that reviews is as Git has it
// again, so that all there is to record is recorded.
func (s *stage) settle(ctx context.Context) error {
	return s.poll(ctx, "reviews is not Healthy again on the status branch", func() bool {
		status, err := s.status(ctx)
		return err == nil && status.Rollout.Phase == rollout.Healthy && len(status.Live) == 1 &&
			status.Live[0].State.Journey.Entry == s.seen.last.state.Journey.Entry
	})
}
