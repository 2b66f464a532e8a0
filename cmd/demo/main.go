// Command demo shows weir's main job on real parts: it starts a real Kubernetes
// API server and a real Git server on loopback, runs the agent as a process of
// its own under its own service account, and tells the story of a canary. Each
// act says what it does, shows every move as it happens, and fails the program
// if the cluster or the status branch do not agree with the story.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// options are the demo's flags.
type options struct {
	localcluster string
	weir         string
	examples     string
	manifests    string
	keep         bool
	out          io.Writer
	// What the end-to-end test adds: files of the repository that it alters,
	// what it prepares in the cluster, and a look at every version of reviews.
	files   func(map[string]string)
	prepare func(context.Context, *stage) error
	inspect func(reviews map[string]any) error
}

func main() {
	var o options
	flag.StringVar(&o.localcluster, "localcluster", ".build/localcluster", "the program that runs a Kubernetes API server")
	flag.StringVar(&o.weir, "weir", ".build/weir", "the program under demonstration")
	flag.StringVar(&o.examples, "examples", "examples/bookinfo", "the GitOps repository to begin with")
	flag.StringVar(&o.manifests, "manifests", "manifests", "what installs the agent")
	flag.BoolVar(&o.keep, "keep", false, "leave everything running at the end, until interrupted")
	flag.Parse()
	o.out = os.Stdout

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		stop()
		os.Exit(1)
	}
}

// run tells the whole story on a stage of its own, which it clears away.
func run(ctx context.Context, o options) (err error) {
	s, err := build(ctx, o)
	if s != nil {
		defer func() { err = s.clear(err) }()
	}
	if err != nil {
		return err
	}
	if err := tell(ctx, s); err != nil {
		return err
	}
	if err := s.lookAround(ctx); err != nil {
		return err
	}
	if o.keep {
		s.say("\nLeft running; Ctrl-C ends it.")
		<-ctx.Done()
	}
	return nil
}
