package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/kube"
	"github.com/weir-delivery/weir/agent/web"
)

// warming is how long the caches may take to be filled before that is worth a word.
const warming = 30 * time.Second

// lead fills the caches, stands by, and runs an agent whenever this process
// leads: each time a new one, which begins with what the cluster and the status
// branch say.
func (o running) lead(ctx context.Context, connection *rest.Config, begin func() (*agent.Agent, error), cluster *kube.Cluster, page *web.Server, log *slog.Logger) error {
	if !warm(ctx, cluster, log) {
		return nil
	}
	lease := kube.Lease{REST: connection, Namespace: o.home(), Name: o.lease(), Identity: kube.Identity()}
	var leads atomic.Pointer[string] // who does
	standBy := func() {
		if other := leads.Load(); other != nil && *other != lease.Identity { // it has just stopped
			page.StandBy(*other)
			return
		}
		page.StandBy("")
	}
	standBy()
	log = log.With("lease", lease.Namespace+"/"+lease.Name)
	lease.Leader = func(identity string) {
		leads.Store(&identity)
		if identity != lease.Identity {
			log.Info("standing by", "leader", identity)
			standBy()
		}
	}
	return kube.Lead(ctx, lease, func(ctx context.Context) error {
		log.Info("leading", "identity", lease.Identity)
		page.Lead()
		defer standBy()
		defer log.Info("leading no more", "identity", lease.Identity)
		return o.pass(ctx, begin)
	})
}

// lease is the name of the Lease that agents with the same work share.
func (o running) lease() string {
	mode := "live"
	if o.DryRun {
		mode = "dry run" // it keeps nobody from the real work
	}
	environments := slices.Sorted(slices.Values(o.Environments))
	return kube.LeaseName(o.Cluster, strings.Join(environments, ","), o.repository.URL, o.Delivery, mode)
}

// warm waits until the caches are filled; false when the context ended first.
func warm(ctx context.Context, cluster *kube.Cluster, log *slog.Logger) bool {
	for ctx.Err() == nil {
		filling, cancel := context.WithTimeout(ctx, warming)
		err := cluster.Synced(filling)
		cancel()
		if err == nil {
			return true
		}
		if ctx.Err() == nil {
			log.Error("the cluster does not answer; nothing moves", "error", err)
		}
	}
	return false
}
