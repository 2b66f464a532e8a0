package git

import (
	"context"
	"errors"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing/transport"
	"golang.org/x/net/proxy"
)

// timedScheme names the "proxy" by which ssh connects: go-git takes a dialer no other
// way, and bounds the time to connect alone. A server that is silent afterwards would
// keep a socket, and who waits for it, for ever.
const timedScheme = "weir-timed"

// timedDial is the options by which go-git dials so.
var timedDial = sync.OnceValue(func() transport.ProxyOptions {
	proxy.RegisterDialerType(timedScheme, func(*url.URL, proxy.Dialer) (proxy.Dialer, error) { return timed{}, nil })
	return transport.ProxyOptions{URL: timedScheme + "://"}
})

// timed dials as go-git does, and ends a connection soon after the time to make it would
// have ended: that is the time of all that is done with it, and whoever waits says so first.
type timed struct{}

const soon = time.Second

var _ proxy.ContextDialer = timed{}

// Dial is proxy.Dialer's, which has no context; go-git calls the other one.
func (t timed) Dial(network, address string) (net.Conn, error) {
	return t.DialContext(context.Background(), network, address)
}

// DialContext is proxy.ContextDialer's.
func (timed) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	connection, err := proxy.Dial(ctx, network, address)
	end, bounded := ctx.Deadline()
	if err != nil || !bounded {
		return connection, err
	}
	if err := connection.SetDeadline(end.Add(soon)); err != nil {
		return nil, errors.Join(err, connection.Close())
	}
	return connection, nil
}
