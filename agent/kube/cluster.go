// Package kube is the agent's Cluster: a Kubernetes API server with Istio's
// custom resources.
//
// It reads through informer caches, so that looking costs no request and
// nothing is polled, and it writes by server-side apply under the uid and the
// resourceVersion that were observed, so that whoever comes second is told.
// Objects are handled as plain JSON, never as Istio's Go types: no field is lost.
// It does not know plans or weights; start at [New], [Cluster.Live] and
// [Cluster.Apply].
package kube

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"slices"
	"sync"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Manager is the field manager of all that weir applies.
const Manager = "weir"

// Config says which API server to talk to and what of it is the agent's.
type Config struct {
	REST *rest.Config
	// Cluster is the name that the agent is started for.
	Cluster string
	// Namespaces are the ones to watch; empty for all.
	Namespaces []string
	// Namespace is the agent's own, on whose object people stop the line; empty
	// outside a cluster.
	Namespace string
	// Root is Istio's root namespace, whose DestinationRules hold for every
	// other; empty for istio-system.
	Root string
	// Programs lets the configuration log in by running a program, as that of a
	// person at a terminal may; an agent never does.
	Programs bool
}

// Cluster implements agent.Cluster. It is safe for concurrent use.
type Cluster struct {
	name    string
	root    string
	client  dynamic.Interface
	stores  map[string]*store // by kind
	line    *line             // nil without a namespace
	changes *changes
	events  *events
}

// New prepares a cluster; nothing is read before Run. The context ends the
// recording of events.
func New(ctx context.Context, c Config) (*Cluster, error) {
	if c.Cluster == "" {
		return nil, errors.New("connecting to the API server: the cluster has no name")
	}
	if c.Root == "" {
		c.Root = "istio-system"
	}
	config, httpClient, err := transport(c.REST, c.Programs)
	if err != nil {
		return nil, fmt.Errorf("connecting to the API server: %w", err)
	}
	client, err := dynamic.NewForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("connecting to the API server: %w", err)
	}
	meta, err := metadata.NewForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("connecting to the API server: %w", err)
	}
	k := &Cluster{name: c.Cluster, root: c.Root, client: client, changes: newChanges(), events: newEvents(ctx, client)}
	if k.stores, err = newStores(client, meta, c.Namespaces, k.told, k.changes.everything); err != nil {
		return nil, fmt.Errorf("preparing the caches: %w", err)
	}
	if k.line, err = newLine(meta, c.Namespace, k.changes); err != nil {
		return nil, fmt.Errorf("preparing the cache of namespace %s: %w", c.Namespace, err)
	}
	return k, nil
}

// transport is the configuration for clients that share one connection. The API
// server guards itself by priority and fairness, so there is no limit here.
func transport(given *rest.Config, programs bool) (*rest.Config, *http.Client, error) {
	if given == nil {
		return nil, nil, errors.New("no configuration is given")
	}
	if err := harmless(given); err != nil && !programs {
		return nil, nil, err
	}
	config := rest.CopyConfig(given)
	config.QPS, config.RateLimiter = -1, nil
	config.WarningHandlerWithContext = rest.NoWarnings{}
	if config.UserAgent == "" {
		config.UserAgent = Manager
	}
	client, err := rest.HTTPClientFor(config)
	return config, client, err
}

// told takes what an informer tells.
func (c *Cluster) told(kind string, old, object any) {
	c.changes.add(kind, old, object)
	if kind == virtualService {
		c.heard(old, object)
	}
}

// feeds are all informers, by what they read.
func (c *Cluster) feeds() iter.Seq2[string, *feed] {
	return func(yield func(string, *feed) bool) {
		for _, kind := range slices.Sorted(maps.Keys(c.stores)) {
			for _, f := range c.stores[kind].feeds {
				if !yield(resources[kind].Resource, f) {
					return
				}
			}
		}
		if c.line != nil {
			yield("namespace "+c.line.namespace, c.line.feed)
		}
	}
}

// Run fills the caches and keeps them up to date until the context ends.
func (c *Cluster) Run(ctx context.Context) {
	var running sync.WaitGroup
	for _, f := range c.feeds() {
		running.Go(func() { f.informer.RunWithContext(ctx) })
	}
	running.Go(func() { c.changes.run(ctx) })
	running.Wait()
}

// Synced is agent.Cluster's. Its error names what could not be read, and why.
func (c *Cluster) Synced(ctx context.Context) error {
	for _, f := range c.feeds() {
		select {
		case <-f.synced.Done():
		case <-ctx.Done():
			return unfilled(ctx.Err(), c.trouble())
		}
	}
	return nil
}

func unfilled(ended, why error) error {
	if why == nil {
		return fmt.Errorf("filling the caches: %w", ended)
	}
	return fmt.Errorf("filling the caches: %w: %w", ended, why)
}

// trouble is what the API server last said of a cache that it did not fill;
// where it said so of several, of the first one by kind.
func (c *Cluster) trouble() error {
	for what, f := range c.feeds() {
		if err := f.trouble(); err != nil {
			return fmt.Errorf("reading %s: %w", what, err)
		}
	}
	return nil
}

// Connection reads a kubeconfig; an empty path means the service account of the
// pod that this runs in.
func Connection(kubeconfig string) (*rest.Config, error) {
	if kubeconfig == "" {
		config, err := rest.InClusterConfig()
		if err != nil {
			return nil, fmt.Errorf("reading the service account of the pod (outside a cluster, give --kubeconfig): %w", err)
		}
		return config, nil
	}
	file, err := clientcmd.LoadFromFile(kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("reading kubeconfig %s: %w", kubeconfig, err)
	}
	config, err := clientcmd.NewDefaultClientConfig(*file, nil).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("reading kubeconfig %s: %w", kubeconfig, err)
	}
	if err := harmless(config); err != nil {
		return nil, fmt.Errorf("reading kubeconfig %s: %w", kubeconfig, err)
	}
	return config, nil
}

// harmless refuses a configuration that runs a program to log in: whoever can
// write such a file could run anything as the agent (CVE-2022-24817).
func harmless(config *rest.Config) error {
	const wayOut = "use a token or a client certificate"
	switch {
	case config.ExecProvider != nil:
		return fmt.Errorf("the user logs in by running the program %q, which weir never does; %s", config.ExecProvider.Command, wayOut)
	case config.AuthProvider != nil:
		return fmt.Errorf("the user logs in by the auth-provider %q, which weir does not run; %s", config.AuthProvider.Name, wayOut)
	}
	return nil
}
