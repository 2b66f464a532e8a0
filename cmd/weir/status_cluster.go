package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/kube"
	"github.com/weir-delivery/weir/cmd/weir/report"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// Deadlines of requests to the API server.
const (
	listTimeout = 15 * time.Second
	rewatch     = 2 * time.Second
)

// cluster reads rollouts from the annotations of the VirtualServices.
type cluster struct {
	client    dynamic.Interface
	kind      schema.GroupVersionResource
	services  dynamic.ResourceInterface
	namespace string
}

// openCluster connects as kubectl would. Unlike the agent it may run a program
// of the user's own kubeconfig to log in.
func openCluster(o asking) (*cluster, error) {
	config, err := connect(o.kubeconfig, o.context)
	if err != nil {
		return nil, err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, usagef("connecting to the API server: %v", err)
	}
	kind := schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1", Resource: "virtualservices"}
	return &cluster{client, kind, client.Resource(kind).Namespace(o.namespace), o.namespace}, nil
}

// connect reads a kubeconfig as kubectl would.
func connect(kubeconfig, context string) (*rest.Config, error) {
	klog.SetSlogLogger(slog.New(slog.DiscardHandler))
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules,
		&clientcmd.ConfigOverrides{CurrentContext: context}).ClientConfig()
	if err != nil {
		return nil, usagef("reading the kubeconfig: %v; name one with --kubeconfig", err)
	}
	config.UserAgent, config.WarningHandlerWithContext = "weir-cli", rest.NoWarnings{}
	return config, nil
}

// Look is place's.
func (c *cluster) Look(ctx context.Context) ([]report.Rollout, rollout.Problems, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	list, err := c.services.List(ctx, metav1.ListOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil, fmt.Errorf("listing the VirtualServices: the cluster has no such kind; is Istio installed? (%w)", err)
	case err != nil:
		return nil, nil, fmt.Errorf("listing the VirtualServices: %w", err)
	}
	rollouts, problems := rolloutsOf(list.Items)
	return rollouts, problems, nil
}

// rolloutsOf puts the VirtualServices that carry our annotation together to the
// rollouts that they belong to.
func rolloutsOf(services []unstructured.Unstructured) ([]report.Rollout, rollout.Problems) {
	type key struct {
		cluster string
		name    rollout.Name
	}
	byKey := map[key]*report.Rollout{}
	leading := map[key]rollout.Journey{}
	var problems rollout.Problems
	for _, service := range services {
		annotation, ours := service.GetAnnotations()[kube.Annotation]
		if !ours {
			continue
		}
		var state rollout.State
		if err := json.Unmarshal([]byte(annotation), &state); err != nil || state.Cluster == "" {
			problems = append(problems, rollout.Problem{
				Message: fmt.Sprintf("VirtualService %s/%s: its annotation %s cannot be read", service.GetNamespace(), service.GetName(), kube.Annotation),
				Hint:    "weir does not touch it before the annotation is whole or gone",
			})
			continue
		}
		at := key{state.Cluster, state.Name}
		r, known := byKey[at]
		if !known {
			r = &report.Rollout{Cluster: state.Cluster}
			byKey[at] = r
		}
		if !known || compare(state.Journey, leading[at]) > 0 {
			leading[at] = state.Journey
			r.View = leadingView(r.View, state)
			r.Since = state.Journey.Since
		}
		r.Targets = append(r.Targets, agent.TargetView{Kind: "VirtualService", Namespace: service.GetNamespace(), Name: service.GetName()})
		r.Routes = append(r.Routes, agent.ViewRoutes(service.GetName(), routesIn(service, state.Member))...)
	}
	var out []report.Rollout
	for r := range maps.Values(byKey) {
		out = append(out, *r)
	}
	return out, problems
}

// compare orders the journeys of one rollout's targets: the most advanced one
// speaks for all.
func compare(a, b rollout.Journey) int {
	return cmp.Or(cmp.Compare(a.Seq, b.Seq), a.Since.Compare(b.Since))
}

// leadingView is the view with what one target's state says of all of them.
func leadingView(v agent.View, s rollout.State) agent.View {
	v.ID, v.Name, v.Namespace, v.Environment = s.Journey.ID, s.Name.Plan, s.Name.Namespace, s.Name.Environment
	v.Phase, v.Reason, v.Step, v.Decision = s.Journey.Phase, s.Journey.Reason, s.Journey.Step+1, s.Journey.Entry
	if !s.Member.Returned.IsZero() && v.Phase == rollout.Healthy { // it has ended, and is not back yet
		v.Phase = rollout.GoingBack.Phase()
	}
	v.Plan.Name = s.Name.Plan
	return v
}

// routesIn reads the live splits of the routes that the rollout moves.
func routesIn(service unstructured.Unstructured, m rollout.Member) rollout.Routes {
	routes, _ := istio.Read(service.Object, istio.All)
	return slices.DeleteFunc(routes, func(r rollout.Route) bool {
		_, moves := m.Stable.Find(r.Key)
		return !moves
	})
}

// Follow is place's: it watches, and watches again when that ends.
func (c *cluster) Follow(ctx context.Context, changed chan<- struct{}) {
	for ctx.Err() == nil {
		if events, err := c.services.Watch(ctx, metav1.ListOptions{}); err == nil {
			for range events.ResultChan() {
				poke(changed)
			}
			events.Stop()
		}
		select {
		case <-ctx.Done():
		case <-time.After(rewatch):
			poke(changed)
		}
	}
}

// poke sends unless something waits already.
func poke(changed chan<- struct{}) {
	select {
	case changed <- struct{}{}:
	default:
	}
}
