package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/weir-delivery/weir/cmd/weir/report"
)

// shell is where weir was called from: data goes out, talk goes to err.
type shell struct {
	out, err io.Writer
	color    string
}

// say talks to whoever called.
func (s *shell) say(format string, args ...any) {
	fmt.Fprintf(s.err, "weir: "+format+"\n", args...)
}

// look is how text is to look there.
func (s *shell) look(now time.Time) report.Look {
	seen := s.terminal()
	auto := seen && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return report.Look{Color: s.color == "always" || s.color == "auto" && auto, Ages: seen, Now: now}
}

// terminal tells whether somebody reads the output as it is written.
func (s *shell) terminal() bool {
	file, ok := s.out.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// choice is a flag with few values.
type choice struct {
	value *string
	among []string
}

func (c choice) String() string {
	if c.value == nil {
		return ""
	}
	return *c.value
}

func (c choice) Type() string { return strings.Join(c.among, "|") }

func (c choice) Set(text string) error {
	if !slices.Contains(c.among, text) {
		return fmt.Errorf("it is one of %s", strings.Join(c.among, ", "))
	}
	*c.value = text
	return nil
}

// choiceVar adds a flag with few values, the first of which need not be the default.
func choiceVar(flags *pflag.FlagSet, value *string, name, short, otherwise string, among []string, help string) {
	*value = otherwise
	flags.VarP(choice{value, among}, name, short, help)
}

// badFlag makes a usage error of what pflag says, with the flag that was meant.
func badFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "" {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		return usagef("unknown flag --%s for %q%s", unknown.GetSpecifiedName(), cmd.CommandPath(), meant("--", unknown.GetSpecifiedName(), names))
	}
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) && invalid.GetFlag().Value.Type() == "time" {
		return usagef("--%s is a time as in 2026-11-23T09:00:00Z, not %q", invalid.GetFlag().Name, invalid.GetValue())
	}
	return usagef("%v; see %q", err, cmd.CommandPath()+" --help")
}

// knownVerb refuses what is no verb.
func knownVerb(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var verbs []string
	for _, c := range cmd.Commands() {
		verbs = append(verbs, c.Name())
	}
	return usagef("unknown verb %q%s", args[0], meant("", args[0], verbs))
}

// help is cobra's, which answers 0 for what there is no help about.
func help() *cobra.Command {
	return &cobra.Command{
		Use: "help [VERB]", Short: "Help about a verb",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return knownVerb(cmd.Root(), args)
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// noArguments refuses any.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%q takes no arguments, not %q; see %q", cmd.CommandPath(), args[0], cmd.CommandPath()+" --help")
	}
	return nil
}

// meant suggests what was meant, by cobra's own measure of likeness.
func meant(prefix, name string, names []string) string {
	likeness := &cobra.Command{SuggestionsMinimumDistance: 2}
	for _, n := range names {
		likeness.AddCommand(&cobra.Command{Use: n, Run: func(*cobra.Command, []string) {}})
	}
	if near := likeness.SuggestionsFor(name); len(near) > 0 {
		return fmt.Sprintf(": did you mean %s%s?", prefix, near[0])
	}
	return fmt.Sprintf("; there are %s%s", prefix, strings.Join(names, ", "+prefix))
}
