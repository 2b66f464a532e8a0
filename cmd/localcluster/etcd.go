package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"go.etcd.io/etcd/server/v3/embed"
)

// maxSocketPath is how long the path of a Unix socket may be everywhere.
const maxSocketPath = 103

// etcd is the cluster's store. It listens on Unix sockets inside the cluster's
// folder alone, for whoever reaches etcd reaches everything.
type etcd struct {
	server   *embed.Etcd
	endpoint string
}

// startEtcd starts etcd on the data in f and returns once it serves.
func startEtcd(ctx context.Context, f *folder, log *clusterLog) (*etcd, error) {
	client := url.URL{Scheme: "unix", Path: f.file(clientSocket)}
	peer := url.URL{Scheme: "unix", Path: f.file(peerSocket)}
	if len(client.Path) > maxSocketPath {
		return nil, fmt.Errorf("the path %s is too long for a socket: choose a shorter folder", client.Path)
	}

	config := embed.NewConfig()
	config.Dir = f.file(etcdFolder)
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.TickMs, config.ElectionMs = 10, 100
	config.UnsafeNoFsync = true
	config.EnableGRPCGateway = false
	config.ZapLoggerBuilder = embed.NewZapLoggerBuilder(log.etcd())

	server, err := embed.StartEtcd(config)
	if err != nil {
		return nil, err
	}
	select {
	case <-server.Server.ReadyNotify():
		return &etcd{server: server, endpoint: client.String()}, nil
	case err = <-server.Err():
	case <-server.Server.StopNotify():
		err = errors.New("it stopped at once")
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	server.Close()
	return nil, err
}

// run lets etcd serve until ctx ends or it breaks.
func (e *etcd) run(ctx context.Context) error {
	defer e.server.Close()
	select {
	case <-ctx.Done():
		return nil
	case <-e.server.Server.StopNotify():
		return errors.New("the server stopped")
	case err := <-e.server.Err():
		return err
	}
}
