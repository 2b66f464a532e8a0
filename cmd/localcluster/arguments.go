package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// arguments are what the command line asks for.
type arguments struct {
	dir              string
	keep             bool
	port             int
	crds             string
	agent            account
	verbose          bool
	untilStdinCloses bool
	command          []string
}

// parseArguments reads the command line. Usage goes to stderr.
func parseArguments(args []string, stderr io.Writer) (arguments, error) {
	a := arguments{agent: newAccount("weir-system", "weir")}
	flags := flag.NewFlagSet("localcluster", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {
		fmt.Fprint(stderr, "usage: localcluster [flags] [-- COMMAND ARGS...]\n\n")
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		flags.SetOutput(io.Discard)
	}
	flags.StringVar(&a.dir, "dir", "", "keep the cluster's files in this `folder` while it runs (default: a fresh one for temporary files)")
	flags.BoolVar(&a.keep, "keep", false, "leave the files in --dir at the end: the next start with the same --dir and --port brings the same cluster back")
	flags.IntVar(&a.port, "port", 0, "the API server's `port` on 127.0.0.1 (default: any free one)")
	flags.StringVar(&a.crds, "crds", "", "install the custom resource definitions in this YAML `file` (default: istio-crds.yaml beside the program)")
	flags.Func("agent", "the service `account`, NAMESPACE/NAME, that the agent's kubeconfig is for (default weir-system/weir)", func(s string) (err error) {
		a.agent, err = parseAccount(s)
		return err
	})
	flags.BoolVar(&a.verbose, "verbose", false, "show the log on standard error")
	flags.BoolVar(&a.untilStdinCloses, "until-stdin-closes", false, "stop, too, when standard input ends")
	if err := flags.Parse(args); err != nil {
		return arguments{}, err
	}
	a.command = flags.Args()
	if a.crds == "" {
		program, err := os.Executable()
		if err != nil {
			return arguments{}, fmt.Errorf("finding the folder of the program: %w", err)
		}
		a.crds = filepath.Join(filepath.Dir(program), "istio-crds.yaml")
	}
	return a, a.check()
}

// check refuses arguments that contradict each other.
func (a arguments) check() error {
	switch {
	case a.keep && a.dir == "":
		return errors.New("--keep needs --dir")
	case a.untilStdinCloses && len(a.command) > 0:
		return errors.New("--until-stdin-closes does not go with a command, which has the standard input to itself")
	case a.port < 0 || a.port > 65535:
		return fmt.Errorf("--port %d is not a port", a.port)
	}
	return nil
}

// parseAccount reads NAMESPACE/NAME.
func parseAccount(s string) (account, error) {
	namespace, name, ok := strings.Cut(s, "/")
	if !ok || len(validation.IsDNS1123Label(namespace)) > 0 || len(validation.IsDNS1123Subdomain(name)) > 0 {
		return account{}, errors.New("want NAMESPACE/NAME of a service account")
	}
	return newAccount(namespace, name), nil
}
