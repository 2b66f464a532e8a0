// Localcluster runs a real Kubernetes control plane with Istio's custom
// resources on loopback, in one process: etcd, kube-apiserver, the controllers
// that Deployments and Services need, a stand-in for the kubelet, and a Prometheus
// that is told its samples. It serves the demo and the tests; it is no place for
// anything that must last or be safe from other users of the machine.
//
//	localcluster [flags]                      runs until SIGTERM or SIGINT
//	localcluster [flags] -- COMMAND ARGS...   runs as long as COMMAND
//
// Without COMMAND, it prints one line of JSON (see [ready]) once everything
// works. With COMMAND, that JSON is in the file which the environment variable
// WEIR_LOCALCLUSTER names to COMMAND, and COMMAND's exit code becomes its own.
//
// Kubernetes takes its version from the linker, without which it calls itself
// v0.0.0-master:
//
//	-ldflags "-s -w -X k8s.io/component-base/version.gitVersion=v1.37.2
//	  -X k8s.io/component-base/version.gitMajor=1
//	  -X k8s.io/component-base/version.gitMinor=37"
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
)

func main() {
	os.Exit(run(os.Args[1:]))
}

// run is the whole program; it returns the exit code.
func run(args []string) int {
	a, err := parseArguments(args, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "localcluster: %v\n", err)
		return 2
	}
	if err := serve(a); err != nil {
		fmt.Fprintf(os.Stderr, "localcluster: %v\n", err)
		if status := exitStatus(0); errors.As(err, &status) {
			return int(status)
		}
		return 1
	}
	return 0
}

// serve starts the cluster, keeps it for as long as a asks, and leaves nothing
// behind but what a.keep asks for. If a command fails, the error is an
// [exitStatus].
func serve(a arguments) (err error) {
	ctx, end := context.WithCancelCause(context.Background())
	defer end(nil)
	endOnSignal(ctx, end)

	crds, err := readCRDs(a.crds)
	if err != nil {
		return fmt.Errorf("reading custom resource definitions: %w", err)
	}
	f, err := openFolder(a.dir, a.keep)
	if err != nil {
		return fmt.Errorf("opening the data folder: %w", err)
	}
	defer func() { err = errors.Join(err, f.close()) }()
	log, err := openLog(f, a.verbose)
	if err != nil {
		return fmt.Errorf("opening the log: %w", err)
	}
	defer func() { err = errors.Join(err, log.close()) }()
	c, err := startCluster(ctx, end, settings{folder: f, port: a.port, crds: crds, agent: a.agent, log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.stop()) }()

	if len(a.command) > 0 {
		err = runCommand(ctx, a.command, f.file(readyFile))
	} else {
		err = announce(ctx, end, c.ready, a.untilStdinCloses)
	}
	if broken := failure(ctx); broken != nil {
		return log.explain(broken)
	}
	return err
}

// announce prints that the cluster is ready and waits until ctx ends. If
// untilStdinCloses, the end of standard input ends it, too.
func announce(ctx context.Context, end context.CancelCauseFunc, r ready, untilStdinCloses bool) error {
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		return fmt.Errorf("printing that the cluster is ready: %w", err)
	}
	if untilStdinCloses {
		endOnEOF(os.Stdin, end)
	}
	<-ctx.Done()
	return nil
}
