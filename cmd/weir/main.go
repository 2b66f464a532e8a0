// Command weir moves the weights of Istio's VirtualServices as Git says, in
// steps, under policies. This package is its verbs, a file each, and their
// wiring; what they find is written by package report.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // windows mean what they say, whatever zones the image has

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program: it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	s := &shell{out: stdout, err: stderr}
	root := s.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	s.complain(err)
	return exitCode(err)
}

func (s *shell) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "weir",
		Short:         "Moves the weights of Istio's VirtualServices as Git says, in steps, under policies",
		SilenceErrors: true, SilenceUsage: true,
		Args: knownVerb,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(badFlag)
	choiceVar(root.PersistentFlags(), &s.color, "color", "", "auto", []string{"auto", "always", "never"}, "when to colour the output")
	root.AddCommand(s.agent(), s.check(), s.status(), s.diff(), s.simulate(), s.policy(), s.explain(), s.version(), exitCodes())
	root.AddCommand(s.intents()...)
	root.SetHelpCommand(help())
	completion(root)
	return root
}
