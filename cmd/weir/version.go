package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/weir-delivery/weir/cmd/weir/report"
)

// version is set by the linker in a release: -ldflags "-X main.version=v1.2.3".
var version string

// build is what is known of this program.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func thisBuild() build {
	b := build{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if b.Version == "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

func (s *shell) version() *cobra.Command {
	cmd := &cobra.Command{Use: "version", Short: "Says which weir this is", Args: noArguments}
	var form string
	choiceVar(cmd.Flags(), &form, "output", "o", "text", []string{"text", "json"}, "form of the output")
	cmd.RunE = func(*cobra.Command, []string) error {
		b := thisBuild()
		if form == "json" {
			return report.JSON(s.out, b)
		}
		revision := b.Revision
		if revision != "" {
			revision = ", commit " + revision
		}
		_, err := fmt.Fprintf(s.out, "weir %s%s, %s, %s\n", b.Version, revision, b.Go, b.Platform)
		return err
	}
	return cmd
}

// completion makes cobra's own completion command refuse an unknown shell.
func completion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() != "completion" {
			continue
		}
		c.Args = func(*cobra.Command, []string) error { return nil }
		c.RunE = func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("name a shell: bash, zsh, fish or powershell; see %q", "weir completion --help")
			}
			return usagef("unknown shell %q; there are bash, zsh, fish, powershell", args[0])
		}
	}
}
