package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/klog/v2"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/git"
	"github.com/weir-delivery/weir/agent/kube"
	"github.com/weir-delivery/weir/agent/kustomize"
	"github.com/weir-delivery/weir/agent/prometheus"
	"github.com/weir-delivery/weir/agent/web"
	"github.com/weir-delivery/weir/agent/webhook"
)

// running is the flags of `weir agent`.
type running struct {
	agent.Options
	repository, judges  git.Config
	kubeconfig, listen  string
	namespace           string // the agent's own
	logFormat, logLevel string
	once, elect         bool
	prometheus          prometheus.Config
	webhookHosts        []string
}

func (s *shell) agent() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "agent",
		Short: "Runs the agent",
		Long: `Watches a branch of a Git repository and moves the weights of the cluster's
VirtualServices as it says: in steps, under policies, each decision that goes
forward recorded on the status branch before it is applied.

SIGINT and SIGTERM stop it cleanly, exit code 0. See also "weir help exit-codes".`,
		Example: `  weir agent --repo https://git.example.com/shop.git --cluster eu-1 --environment production`,
		Args:    noArguments,
	}
	var o running
	f := cmd.Flags()
	f.StringVar(&o.repository.URL, "repo", "", "URL of the repository: https, ssh or, on this machine, http (required)")
	f.StringVar(&o.repository.Branch, "branch", "main", "branch to watch")
	f.StringVar(&o.repository.StatusBranch, "status-branch", "weir-status", "branch to write status and decisions to")
	f.StringVar(&o.repository.Credentials, "git-credentials", "", "folder of files, as a Secret is mounted: username, password, bearerToken, ca.crt, ssh-privatekey, known_hosts")
	f.StringVar(&o.repository.Dir, "state-dir", "", "folder for what is fetched, which may be lost at any time (default a temporary one)")
	f.BoolVar(&o.repository.AllowFile, "allow-file", false, "allow file:// repositories, for use on one machine")
	f.StringVar(&o.judges.URL, "policies-repo", "", "URL of the repository that policies are read in (default the one that is watched)")
	f.StringVar(&o.judges.Branch, "policies-branch", "main", "branch of it that judges")
	f.StringVar(&o.judges.Credentials, "policies-git-credentials", "", "folder of files for it, as for --git-credentials; those are never sent there")
	f.StringVar(&o.Cluster, "cluster", "", "name of the cluster that this agent is for (required)")
	f.StringSliceVar(&o.Environments, "environment", nil, "environments of the Delivery to move (required)")
	f.StringVar(&o.Delivery, "delivery", "weir.yaml", "path of the Delivery in the repository")
	f.DurationVar(&o.Interval, "interval", 30*time.Second, "how often Git is asked for news")
	f.BoolVar(&o.DryRun, "dry-run", false, "observe and record, and apply nothing")
	f.StringVar(&o.prometheus.URL, "prometheus", "", "URL of the Prometheus, or of what speaks its API, that plans with an analysis ask")
	f.StringVar(&o.prometheus.TokenFile, "prometheus-token-file", "", "file with a bearer token for it, read anew each time")
	f.StringSliceVar(&o.prometheus.Labels, "prometheus-labels", nil, "labels that this cluster's series have, as in cluster=eu-1, where the Prometheus holds several clusters'; the built-in metrics ask for them")
	f.StringSliceVar(&o.Required, "require-rules", nil, "ids of rules without which no policies come in force, as in canary.deny_first_step")
	f.StringSliceVar(&o.webhookHosts, "webhook-hosts", nil, "hosts that webhooks of plans may be on, as in gates.example.com or gates.test:8080; no others are asked")
	f.StringVar(&o.prometheus.CAFile, "prometheus-ca-file", "", "file with the certificates of its private authority")
	f.BoolVar(&o.once, "once", false, "pass until nothing is left to do now, then end")
	f.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig (default the service account of the pod)")
	f.StringVar(&o.namespace, "namespace", "", "the agent's own namespace, where people stop the line and the lease is (default that of the pod)")
	f.BoolVar(&o.elect, "leader-elect", false, "lead by a Lease, and stand by while another agent with the same work does (default true in a pod, unless --once)")
	f.StringVar(&o.listen, "listen", ":8080", `address of /healthz, /readyz and /metrics; "" for none`)
	choiceVar(f, &o.logFormat, "log-format", "", "json", []string{"json", "text"}, "form of the log")
	choiceVar(f, &o.logLevel, "log-level", "", "info", []string{"debug", "info", "warn", "error"}, "least level of the log")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if !cmd.Flags().Changed("leader-elect") {
			o.elect = o.kubeconfig == "" && o.home() != "" && !o.once
		}
		return s.runAgent(cmd.Context(), o)
	}
	return cmd
}

func (s *shell) runAgent(ctx context.Context, o running) (err error) {
	for _, list := range [][]string{o.Environments, o.webhookHosts, o.Required, o.prometheus.Labels} {
		for i, name := range list {
			list[i] = strings.TrimSpace(name) // "a, b" as people write it in a ConfigMap
		}
	}
	if err := o.check(); err != nil {
		return err
	}
	log := s.log(o)
	klog.SetSlogLogger(log.With("component", "kubernetes client"))
	dir, done, err := o.stateDir()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	o.repository.Dir = dir
	repository, err := git.Open(ctx, o.repository)
	if err != nil {
		return usagef("%v", err)
	}
	if o.Judges, err = o.policies(ctx); err != nil {
		return err
	}
	connection, err := kube.Connection(o.kubeconfig)
	if err != nil {
		return usagef("%v", err)
	}
	parts, stop := context.WithCancel(ctx)
	defer stop()
	cluster, err := kube.New(parts, kube.Config{REST: connection, Cluster: o.Cluster, Namespace: o.home()})
	if err != nil {
		return usagef("%v", err)
	}
	if len(o.webhookHosts) > 0 {
		if o.Webhooks, err = webhook.New(o.webhookHosts); err != nil {
			return usagef("--webhook-hosts: %v", err)
		}
	}
	if o.prometheus.URL != "" {
		if o.Metrics, err = prometheus.New(o.prometheus); err != nil {
			return usagef("--prometheus: %v", err)
		}
	}
	if o.home() == "" && !o.once {
		log.Warn("nobody can stop the line by \"weir pause --all\": outside a pod the agent's namespace is named by --namespace")
	}
	o.Version, o.Branch, o.StatusBranch = thisBuild().Version, o.repository.Branch, o.repository.StatusBranch
	page := web.New(web.Options{Now: time.Now, Stale: stale(o.Interval)})
	begin := func() (*agent.Agent, error) {
		return agent.New(o.Options, repository, kustomize.New(), cluster, repository, page, log)
	}
	if _, err := begin(); err != nil {
		return usagef("%v", err)
	}
	return o.together(parts, stop, func(ctx context.Context) error {
		if o.elect {
			return o.lead(ctx, connection, begin, cluster, page, log)
		}
		return o.pass(ctx, begin)
	}, cluster, page, log)
}

// pass runs one agent until the context ends, or until nothing is left to do.
func (o running) pass(ctx context.Context, begin func() (*agent.Agent, error)) error {
	a, err := begin()
	switch {
	case err != nil:
		return err
	case !o.once:
		return a.Run(ctx)
	}
	if err := a.Once(ctx); err != nil {
		return err
	}
	return answerOf(a.Views())
}

// leaving is how long the parts may take to end once the agent has: a client
// of an API server that is away wakes up late, and has nothing to lose.
const leaving = 3 * time.Second

// together runs the parts until the agent ends, then ends the others.
func (o running) together(ctx context.Context, stop func(), pass func(context.Context) error, cluster *kube.Cluster, page *web.Server, log *slog.Logger) error {
	var parts sync.WaitGroup
	served := make(chan error, 1)
	if o.listen != "" && !o.once {
		on, err := new(net.ListenConfig).Listen(ctx, "tcp", o.listen)
		if err != nil {
			return fmt.Errorf("listening: %w", err)
		}
		parts.Go(func() {
			defer stop() // an agent that cannot be watched does not run on
			served <- page.Serve(ctx, on)
		})
		log.Info("listening", "address", on.Addr().String())
	}
	parts.Go(func() { cluster.Run(ctx) })
	log.Info("starting", "version", o.Version, "repo", o.repository.URL, "branch", o.repository.Branch,
		"cluster", o.Cluster, "environments", o.Environments, "dryRun", o.DryRun)
	err := pass(ctx)
	stop()
	wait(&parts, leaving)
	log.Info("stopped")
	select {
	case problem := <-served:
		err = errors.Join(err, problem)
	default:
	}
	return err
}

// wait waits for the parts to end, but not for ever.
func wait(parts *sync.WaitGroup, most time.Duration) {
	ended := make(chan struct{})
	go func() {
		parts.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(most):
	}
}

// check finds what is wrong with the flags before anything starts.
func (o running) check() error {
	switch {
	case o.repository.URL == "":
		return usagef("name the repository to watch with --repo")
	case o.Cluster == "":
		return usagef("name this agent's cluster with --cluster")
	case len(o.Environments) == 0 || slices.Contains(o.Environments, ""):
		return usagef("name the environments to move with --environment")
	case o.elect && o.once:
		return usagef("--leader-elect and --once exclude each other: whoever passes once does not wait to lead")
	case o.elect && o.home() == "":
		return usagef("--leader-elect needs a namespace for the Lease: name it with --namespace")
	case o.Interval < time.Second:
		return usagef("--interval %s is too short: it is at least 1s", o.Interval)
	}
	if p := o.prometheus; p.URL == "" && (p.TokenFile != "" || p.CAFile != "" || len(p.Labels) > 0) {
		return usagef("--prometheus-token-file, --prometheus-ca-file and --prometheus-labels say how to ask the Prometheus that --prometheus names")
	}
	if o.listen != "" {
		if _, _, err := net.SplitHostPort(o.listen); err != nil {
			return usagef("--listen: %v; write it as in :8080 or 127.0.0.1:8080", err)
		}
	}
	if j := o.judges; j.URL == "" && (j.Credentials != "" || j.Branch != "main") {
		return usagef("--policies-branch and --policies-git-credentials are for the repository that --policies-repo names")
	}
	for flag, dir := range map[string]string{"--git-credentials": o.repository.Credentials, "--policies-git-credentials": o.judges.Credentials} {
		if info, err := os.Stat(dir); dir != "" && (err != nil || !info.IsDir()) {
			return usagef("%s: %s is not a folder", flag, dir)
		}
	}
	return nil
}

// policies opens the repository of the policies; nil where that is the watched one.
func (o running) policies(ctx context.Context) (agent.Source, error) {
	if o.judges.URL == "" {
		return nil, nil
	}
	c := o.judges
	c.AllowFile, c.Dir = o.repository.AllowFile, filepath.Join(o.repository.Dir, "policies")
	repository, err := git.Open(ctx, c)
	if err != nil {
		return nil, usagef("--policies-repo: %v", err)
	}
	return repository, nil
}

// home is the agent's own namespace; empty outside a cluster, if it is not named.
func (o running) home() string {
	if o.namespace == "" && o.kubeconfig == "" {
		return kube.OwnNamespace()
	}
	return o.namespace
}

// stateDir is the folder for what is fetched, and what to do with it at the end.
func (o running) stateDir() (dir string, done func() error, err error) {
	if o.repository.Dir != "" {
		return o.repository.Dir, func() error { return nil }, nil
	}
	if dir, err = os.MkdirTemp("", "weir-"); err != nil {
		return "", nil, fmt.Errorf("making a folder for what is fetched: %w", err)
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}

// stale is how long the loop may be without a pass: several intervals, and the
// deadlines of all that one pass may wait for.
func stale(interval time.Duration) time.Duration { return 3*interval + 10*time.Minute }

// log writes to whoever called, as what collects logs wants it.
func (s *shell) log(o running) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(o.logLevel)) // one of the choices
	options := &slog.HandlerOptions{Level: level}
	if o.logFormat == "text" {
		return slog.New(slog.NewTextHandler(s.err, options))
	}
	return slog.New(slog.NewJSONHandler(s.err, options))
}
