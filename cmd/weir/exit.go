package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// What a verb answers through the exit code alone, once its report is written.
const (
	wrong  answer = 2
	no     answer = 3
	notYet answer = 4
)

// answer is an exit code that needs no words.
type answer int

func (a answer) Error() string { return fmt.Sprintf("exit code %d", int(a)) }

// usage is a mistake in how weir was called; nothing was done.
type usage string

func (u usage) Error() string { return string(u) }

func usagef(format string, args ...any) error { return usage(fmt.Sprintf(format, args...)) }

// exitCode is the one place that knows what an error is to the caller's shell.
func exitCode(err error) int {
	var (
		call     usage
		problem  rollout.Problem
		problems rollout.Problems
		said     answer
		refusal  declined
	)
	switch {
	case err == nil:
		return 0
	case errors.As(err, &call), errors.As(err, &problem), errors.As(err, &problems):
		return int(wrong)
	case errors.As(err, &said):
		return int(said)
	case errors.As(err, &refusal):
		return int(no)
	}
	return 1
}

// complain says an error, unless it is an answer that was given already.
func (s *shell) complain(err error) {
	var said answer
	if err == nil || errors.As(err, &said) {
		return
	}
	for line := range strings.Lines(err.Error()) {
		s.say("%s", strings.TrimRight(line, "\n"))
	}
}

// answerOf is what rollouts answer to the question whether all is done.
func answerOf(views []agent.View) error {
	var worst error
	for _, v := range views {
		code := answer(0)
		switch {
		case v.Reason.Code == rollout.Unchecked:
			code = wrong
		case v.Phase == rollout.Degraded, v.Reason.Code == rollout.Denied:
			code = no
		case v.Phase != rollout.Healthy, v.Error != "": // what failed is to be tried again
			code = notYet
		}
		if code != 0 && (worst == nil || int(code) < exitCode(worst)) {
			worst = code
		}
	}
	return worst
}

// exitCodes is a help topic: `weir help exit-codes`.
func exitCodes() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "what weir's exit codes mean",
		Long: `weir's exit codes are the same for every verb and every form of output:

  0  done, or allowed
  1  could not: a file, the cluster or Git did not answer
  2  wrong: the command line, or something in the input (a policy that fails to
     load or to evaluate is one)
  3  the answer is no: denied, degraded, or asked where it makes no sense
  4  not yet: waiting, or under way

Where several fit, 2 comes before 1 before 3 before 4. A finding that passes by
itself, such as a closed window, never fails a check. "weir status" answers 3
or 4 for a rollout that is named only.`,
	}
}
