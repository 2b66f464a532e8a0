package main

import (
	"context"
	"net"
	"strconv"

	"github.com/spf13/pflag"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/client-go/rest"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// serviceRange is where Services get their cluster IPs from.
const serviceRange = "10.96.0.0/16"

// apiServer is a kube-apiserver that is ready to run.
type apiServer struct {
	url     string
	options options.CompletedOptions
}

// newAPIServer prepares an API server on 127.0.0.1. With port 0 it takes any
// free one. The port is held from here on.
func newAPIServer(ctx context.Context, store *etcd, p pki, port int) (*apiServer, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	completed, err := completeAPIServer(ctx, listener, store, p)
	if err != nil {
		listener.Close()
		return nil, err
	}
	return &apiServer{url: "https://" + listener.Addr().String(), options: completed}, nil
}

// completeAPIServer turns the flags of a kube-apiserver into options.
func completeAPIServer(ctx context.Context, listener net.Listener, store *etcd, p pki) (options.CompletedOptions, error) {
	o := options.NewServerRunOptions()
	err := parseFlags(o.Flags(),
		"--etcd-servers="+store.endpoint,
		"--authorization-mode=RBAC",
		"--client-ca-file="+p.ca,
		"--tls-cert-file="+p.serverCert,
		"--tls-private-key-file="+p.serverKey,
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file="+p.accountKey,
		"--service-account-signing-key-file="+p.accountKey,
		"--service-cluster-ip-range="+serviceRange,
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		// Endpoints must not be on loopback, so the service "kubernetes" has none.
		"--endpoint-reconciler-type=none",
		// Nobody here would take the taint off the one node.
		"--disable-admission-plugins=TaintNodesByCondition",
		"--allow-privileged=true",
		"--profiling=false",
		// Ends the server's last connections after 2 s instead of a minute.
		"--shutdown-send-retry-after=true",
	)
	if err != nil {
		return options.CompletedOptions{}, err
	}
	o.SecureServing.Listener = listener
	o.SecureServing.BindPort = listener.Addr().(*net.TCPAddr).Port
	if err := o.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return options.CompletedOptions{}, err
	}
	completed, err := o.Complete(ctx)
	if err != nil {
		return options.CompletedOptions{}, err
	}
	return completed, utilerrors.NewAggregate(completed.Validate())
}

// run serves until ctx ends.
func (s *apiServer) run(ctx context.Context) error {
	return app.Run(ctx, s.options)
}

// awaitReady waits until the server that client talks to says it is ready.
func awaitReady(ctx context.Context, client rest.Interface) error {
	return await(ctx, func(ctx context.Context) error {
		return client.Get().AbsPath("/readyz").Do(ctx).Error()
	})
}

// parseFlags sets the flags of a Kubernetes component.
func parseFlags(sets cliflag.NamedFlagSets, args ...string) error {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, set := range sets.FlagSets {
		flags.AddFlagSet(set)
	}
	return flags.Parse(args)
}
