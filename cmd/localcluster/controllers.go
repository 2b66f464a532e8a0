package main

import (
	"context"
	"strings"

	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app/config"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	"k8s.io/kubernetes/cmd/kube-controller-manager/names"
)

// controllers is a kube-controller-manager that is ready to run.
type controllers struct{ config *config.CompletedConfig }

// newControllers prepares those controllers of Kubernetes without which
// Deployments, Services, namespaces, service accounts and built-in roles would
// not work.
func newControllers(ctx context.Context, kubeconfig string, p pki) (*controllers, error) {
	o, err := options.NewKubeControllerManagerOptions()
	if err != nil {
		return nil, err
	}
	enabled := []string{
		names.ClusterRoleAggregationController, // fills admin, edit and view
		names.DeploymentController,
		names.EndpointSliceController,
		names.GarbageCollectorController,
		names.NamespaceController,
		names.ReplicaSetController,
		names.RootCACertificatePublisherController,
		names.ServiceAccountController,
	}
	err = parseFlags(o.Flags(app.KnownControllers(), app.ControllersDisabledByDefault(), app.ControllerAliases()),
		"--controllers="+strings.Join(enabled, ","),
		"--kubeconfig="+kubeconfig,
		"--root-ca-file="+p.ca,
		"--kube-api-qps=1000",
		"--kube-api-burst=2000",
		"--leader-elect=false",
		"--secure-port=0",
	)
	if err != nil {
		return nil, err
	}
	c, err := o.Config(ctx, app.KnownControllers(), app.ControllersDisabledByDefault(), app.ControllerAliases())
	if err != nil {
		return nil, err
	}
	return &controllers{config: c.Complete()}, nil
}

// run runs the controllers until ctx ends.
func (c *controllers) run(ctx context.Context) error {
	return app.Run(ctx, c.config)
}
