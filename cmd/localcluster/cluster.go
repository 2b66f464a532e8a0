package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// startTimeout bounds how long a cluster may take to be ready.
const startTimeout = 2 * time.Minute

// podRange is where pods get their addresses from.
const podRange = "10.244.0.0/16"

// settings say what cluster to start.
type settings struct {
	folder *folder
	port   int // of the API server; 0 is any free one
	crds   []*apiextensionsv1.CustomResourceDefinition
	agent  account
	log    *clusterLog
}

// cluster is a running control plane. A process can have only one in its life,
// because Kubernetes keeps parts of its state in global variables.
type cluster struct {
	ready ready
	end   context.CancelCauseFunc
	parts []*part // in the order of their starts
}

// startCluster starts a cluster and returns when all of it works. It runs
// until stop; if a part of it breaks, end is called with a [breakdown]. The
// end of ctx, which end brings about, gives a start up.
func startCluster(ctx context.Context, end context.CancelCauseFunc, s settings) (*cluster, error) {
	c := &cluster{end: end}
	starting, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("it was not ready after %v", startTimeout))
	defer cancel()
	if err := c.start(starting, s); err != nil {
		return nil, errors.Join(s.log.explain(err), c.stop())
	}
	return c, nil
}

// start starts the parts one after the other.
func (c *cluster) start(ctx context.Context, s settings) error {
	p, err := openPKI(s.folder)
	if err != nil {
		return fmt.Errorf("preparing certificates: %w", err)
	}
	store, err := startEtcd(ctx, s.folder, s.log)
	if err != nil {
		return fmt.Errorf("starting etcd: %w", err)
	}
	c.run(ctx, "etcd", store.run)

	server, err := newAPIServer(ctx, store, p, s.port)
	if err != nil {
		return fmt.Errorf("starting the API server: %w", err)
	}
	c.run(ctx, "the API server", server.run)

	config, err := adminConfig(p, server.url)
	if err != nil {
		return fmt.Errorf("reading the administrator's certificate: %w", err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	if err := awaitReady(ctx, client.RESTClient()); err != nil {
		return fmt.Errorf("waiting for the API server: %w", err)
	}
	if err := c.populate(ctx, s, p, config, client); err != nil {
		return err
	}
	metrics, err := newMetrics(ctx, s.folder.file("prometheus"))
	if err != nil {
		return fmt.Errorf("starting Prometheus: %w", err)
	}
	c.run(ctx, "Prometheus", metrics.run)
	if c.ready, err = newReady(s.folder, server.url, metrics.url, client.Discovery()); err != nil {
		return fmt.Errorf("describing the cluster: %w", err)
	}
	return nil
}

// run has a part of the cluster run in the background.
func (c *cluster) run(ctx context.Context, name string, f func(context.Context) error) {
	c.parts = append(c.parts, startPart(ctx, c.end, name, f))
}

// populate puts into the cluster what users rely on, and starts what lives on
// the API server.
func (c *cluster) populate(ctx context.Context, s settings, p pki, config *rest.Config, client kubernetes.Interface) error {
	kubelet, err := newKubelet(client, netip.MustParsePrefix(podRange))
	if err != nil {
		return fmt.Errorf("preparing the kubelet: %w", err)
	}
	c.run(ctx, "the kubelet", kubelet.run)

	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return installCRDs(groupCtx, config, s.crds) })
	group.Go(func() error { return s.agent.writeKubeconfig(groupCtx, s.folder.file(agentKubeconfig), config, client) })
	if err := group.Wait(); err != nil {
		return err
	}

	kubeconfig := s.folder.file(adminKubeconfig)
	if err := writeKubeconfig(kubeconfig, config, metav1.NamespaceDefault); err != nil {
		return fmt.Errorf("writing the kubeconfig: %w", err)
	}
	// The garbage collector looks for new resources every 30 s only, so the
	// custom ones have to be there before it.
	controllers, err := newControllers(ctx, kubeconfig, p)
	if err != nil {
		return fmt.Errorf("preparing the controllers: %w", err)
	}
	c.run(ctx, "the controllers", controllers.run)
	// Nobody can create pods in the namespace default before this account exists.
	if err := newAccount(metav1.NamespaceDefault, "default").await(ctx, client); err != nil {
		return fmt.Errorf("waiting for the controllers: %w", err)
	}
	return nil
}

// stop ends all parts, the last started first, and waits until they have ended.
func (c *cluster) stop() error {
	var errs []error
	for _, p := range slices.Backward(c.parts) {
		errs = append(errs, p.stop())
	}
	c.parts = nil
	return errors.Join(errs...)
}
