package agenttest

import (
	"context"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"
)

// Wire leads to a server and can be cut: then every connection over it breaks,
// and none is made.
type Wire struct {
	to       string
	listener net.Listener

	mu   sync.Mutex
	cut  bool
	ends map[net.Conn]bool
}

// NewWire is a wire to the address, until the test ends.
func NewWire(t *testing.T, to string) *Wire {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &Wire{to: to, listener: listener, ends: map[net.Conn]bool{}}
	var carrying sync.WaitGroup
	carrying.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return // closed
			}
			carrying.Go(func() { w.carry(near) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		w.Cut(true)
		carrying.Wait()
	})
	return w
}

// Address is where the wire begins.
func (w *Wire) Address() string { return w.listener.Addr().String() }

// Cut cuts the wire, or mends it.
func (w *Wire) Cut(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut = cut; cut {
		for end := range w.ends {
			_ = end.Close()
		}
	}
}

// carry joins a connection to one of the server's.
func (w *Wire) carry(near net.Conn) {
	defer near.Close()
	far, err := new(net.Dialer).DialContext(context.Background(), "tcp", w.to)
	if err != nil || !w.hold(near, far) {
		return
	}
	defer w.drop(near, far)
	var both sync.WaitGroup
	for from, to := range map[net.Conn]net.Conn{near: far, far: near} {
		both.Go(func() {
			_, _ = io.Copy(to, from) // it ends when either end closes
			_, _ = near.Close(), far.Close()
		})
	}
	both.Wait()
}

// hold keeps both ends of a connection, so that they can be cut; false when
// they are.
func (w *Wire) hold(ends ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, end := range ends {
		if w.cut {
			_ = end.Close()
			continue
		}
		w.ends[end] = true
	}
	return !w.cut
}

func (w *Wire) drop(ends ...net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, end := range ends {
		delete(w.ends, end)
		_ = end.Close()
	}
}

// Wired is a kubeconfig of the agent's account over a wire of its own.
func (c *LocalCluster) Wired(t *testing.T) (kubeconfig string, w *Wire) {
	t.Helper()
	config, err := clientcmd.LoadFromFile(c.AgentKubeconfig)
	require.NoError(t, err)
	for _, cluster := range config.Clusters {
		server, err := url.Parse(cluster.Server)
		require.NoError(t, err)
		w = NewWire(t, server.Host)
		cluster.Server = "https://" + w.Address()
	}
	require.NotNil(t, w, "the kubeconfig names a cluster")
	kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, clientcmd.WriteToFile(*config, kubeconfig))
	return kubeconfig, w
}
