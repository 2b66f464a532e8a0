package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// say prints a line for the audience.
func (s *stage) say(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }

// show prints a move: the weights as bars, the sentence, and the commit that
// vouches for it.
func (s *stage) show(ctx context.Context, now sight) {
	var bars []string
	total := 0
	for _, w := range now.split {
		total += w.Weight
	}
	for _, w := range now.split {
		filled := 0
		if total > 0 {
			filled = w.Weight * 10 / total
		}
		bars = append(bars, fmt.Sprintf("%s %s%s %3d", w.Destination, s.green(strings.Repeat("█", filled)), s.dim(strings.Repeat("░", 10-filled)), w.Weight))
	}
	j := now.state.Journey
	commit := s.commitOf(ctx, j)
	s.say("  %s  %s %s", strings.Join(bars, "  "), agent.Glyph(j.Phase), j.Phase)
	s.say("    %s", j.Reason.Sentence)
	if commit == "" {
		commit = "its record travels with the weights and is pushed next"
	}
	s.say("    %s", s.dim("on weir-status: "+commit))
}

// commitOf is the commit on the status branch that holds the decision of the
// journey's last move; nothing while its record is still in the outbox.
func (s *stage) commitOf(ctx context.Context, j rollout.Journey) string {
	if _, err := s.author.Git(ctx, "fetch", "-q", "origin", "weir-status"); err != nil {
		return ""
	}
	file := fmt.Sprintf("decisions/%s/%s/reviews-%s/%04d*.json", clusterName, environment, j.ID, j.Seq)
	line, err := s.author.Git(ctx, "log", "-1", "--format=%h %s", "FETCH_HEAD", "--", file)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(line)
}

// status reads reviews' status from the status branch.
func (s *stage) status(ctx context.Context) (agent.Status, error) {
	var out agent.Status
	text, err := s.author.Show(ctx, "weir-status", fmt.Sprintf("status/%s/%s/%s.reviews.json", clusterName, environment, namespace))
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal([]byte(text), &out)
}

// lookAround shows what weir itself says, and how to go on from here.
func (s *stage) lookAround(ctx context.Context) error {
	s.say("\n%s", s.bold("The status branch, newest first:"))
	if log, err := s.author.Log(ctx, "weir-status"); err == nil {
		for _, line := range log {
			s.say("  %s", line)
		}
	}
	s.say("\n%s", s.bold("To look around (make demo KEEP=1 leaves it running):"))
	s.say("  kubectl --kubeconfig %s -n %s get virtualservice reviews -o yaml", s.cluster.Kubeconfig, namespace)
	s.say("  git clone -b weir-status %s status", s.git.URL("bookinfo"))
	s.say("  %s status --kubeconfig %s", s.weir, s.cluster.Kubeconfig)
	said, err := exec.CommandContext(ctx, s.weir, "status", "--kubeconfig", s.cluster.Kubeconfig).CombinedOutput()
	if err != nil {
		return fmt.Errorf("running weir status: %w\n%s", err, said)
	}
	s.say("\n%s", said)
	return nil
}

func (s *stage) bold(text string) string  { return s.paint("1", text) }
func (s *stage) dim(text string) string   { return s.paint("2", text) }
func (s *stage) green(text string) string { return s.paint("32", text) }
func (s *stage) red(text string) string   { return s.paint("31", text) }

// paint colours text on a terminal.
func (s *stage) paint(code, text string) string {
	file, ok := s.out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" {
		return text
	}
	if info, err := file.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
