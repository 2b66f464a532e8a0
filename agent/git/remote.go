package git

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/transport"
	gitfile "github.com/go-git/go-git/v5/plumbing/transport/file"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
	gitssh "github.com/go-git/go-git/v5/plumbing/transport/ssh"
)

// remote speaks Git's protocol below go-git's own Remote: that one walks
// histories which a shallow store does not have, and whole trees on each push.
// Here a fetch asks for one commit, and a push sends just what was made.
type remote struct {
	where       location
	transport   transport.Transport
	credentials credentials
	secrets     *secrets
	timeout     time.Duration
	answering   time.Duration
}

// answering is how long a server may take to be reached and to list its references. The
// agent waits for it before it goes back, and one behind a wall that swallows packets
// says nothing at all.
const answering = 10 * time.Second

func newRemote(where location, c Config) (*remote, error) {
	r := &remote{where: where, secrets: &secrets{}, timeout: c.Timeout, answering: answering}
	r.credentials = credentials{dir: c.Credentials, agent: c.SSHAgent, timeout: c.Timeout, secrets: r.secrets}
	switch where.scheme {
	case "file":
		r.transport = gitfile.DefaultClient
	case "ssh":
		r.transport = gitssh.NewClient(nil)
	default:
		client, err := r.httpClient(c.Limits)
		if err != nil {
			return nil, err
		}
		r.transport = githttp.NewClientWithOptions(client, &githttp.ClientOptions{RedirectPolicy: githttp.FollowInitialRedirects})
	}
	return r, nil
}

func (r *remote) httpClient(limits Limits) (*http.Client, error) {
	pool, err := r.credentials.authorities()
	if err != nil {
		return nil, err
	}
	wire := http.DefaultTransport.(*http.Transport).Clone()
	wire.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}
	return &http.Client{
		Transport: bounded{next: wire, most: limits.PackBytes},
		// go-git takes the credentials off at another origin; here it does not
		// even get there, since what it says would be taken for the repository.
		CheckRedirect: func(to *http.Request, via []*http.Request) error {
			if from := via[0].URL; to.URL.Hostname() != from.Hostname() {
				return fmt.Errorf("the server redirects to another host, %s: configure that URL if it is right", to.URL.Host)
			}
			return nil
		},
	}, nil
}

// bounded limits what a server may send in one answer.
type bounded struct {
	next http.RoundTripper
	most int64
}

const maxErrorPage = 64 << 10

// RoundTrip is http.RoundTripper's.
func (b bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := b.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	var body io.Reader = &capped{from: answer.Body, left: b.most, most: b.most}
	if answer.StatusCode >= http.StatusMultipleChoices {
		body = io.LimitReader(answer.Body, maxErrorPage)
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{body, answer.Body}
	return answer, nil
}

// capped is an io.LimitReader that says so when there was more.
type capped struct {
	from       io.Reader
	left, most int64
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, fmt.Errorf("the server sent more than %d MiB", c.most>>20)
	}
	n, err := c.from.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

// reading is a conversation that lists the references and may fetch once.
type reading struct {
	session transport.UploadPackSession
	refs    *packp.AdvRefs
}

// pushing is a conversation that lists the references and may push once.
type pushing struct {
	session transport.ReceivePackSession
	refs    *packp.AdvRefs
}

// read opens a conversation, bounded by the timeout, for the length of f.
func (r *remote) read(ctx context.Context, f func(context.Context, *reading) error) error {
	return r.converse(ctx, func(ctx context.Context, auth transport.AuthMethod, answered func()) error {
		session, err := open(ctx, func() (transport.UploadPackSession, error) {
			return r.transport.NewUploadPackSession(r.where.endpoint(), auth)
		})
		if err != nil {
			return err
		}
		defer func() { _ = session.Close() }()
		refs, err := session.AdvertisedReferencesContext(ctx)
		if errors.Is(err, transport.ErrEmptyRemoteRepository) {
			refs, err = packp.NewAdvRefs(), nil
		}
		if err != nil {
			return err
		}
		answered()
		return f(ctx, &reading{session: session, refs: refs})
	})
}

// push opens a conversation, bounded by the timeout, for the length of f.
func (r *remote) push(ctx context.Context, f func(context.Context, *pushing) error) error {
	return r.converse(ctx, func(ctx context.Context, auth transport.AuthMethod, answered func()) error {
		session, err := open(ctx, func() (transport.ReceivePackSession, error) {
			return r.transport.NewReceivePackSession(r.where.endpoint(), auth)
		})
		if err != nil {
			return err
		}
		defer func() { _ = session.Close() }()
		refs, err := session.AdvertisedReferencesContext(ctx)
		if err != nil {
			return err
		}
		answered()
		return f(ctx, &pushing{session: session, refs: refs})
	})
}

func (r *remote) converse(ctx context.Context, f func(ctx context.Context, auth transport.AuthMethod, answered func()) error) error {
	auth, err := r.credentials.method(r.where)
	if err != nil {
		return err
	}
	late := func(after time.Duration) error {
		return fmt.Errorf("the server did not answer within %v: %w", after, context.DeadlineExceeded)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, r.timeout, late(r.timeout))
	defer cancel()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	hurry := time.AfterFunc(r.answering, func() { end(late(r.answering)) })
	defer hurry.Stop()
	err = f(ctx, auth, func() { hurry.Stop() })
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// open waits for a session no longer than the context: connecting by ssh knows none.
func open[S io.Closer](ctx context.Context, connect func() (S, error)) (S, error) {
	type result struct {
		session S
		err     error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil {
				r.err = fmt.Errorf("connecting: %v", p)
			}
			done <- r
		}()
		r.session, r.err = connect()
	}()
	select {
	case r := <-done:
		return r.session, r.err
	case <-ctx.Done():
		go func() {
			if late := <-done; late.err == nil {
				_ = late.session.Close()
			}
		}()
		var none S
		return none, ctx.Err()
	}
}

func (r *reading) tip(branch plumbing.ReferenceName) plumbing.Hash {
	return r.refs.References[branch.String()]
}

// serves says whether the server would send a commit that is asked for by its id.
func (r *reading) serves(commit plumbing.Hash) bool {
	for _, tip := range r.refs.References {
		if tip == commit {
			return true
		}
	}
	return r.refs.Capabilities.Supports(capability.AllowReachableSHA1InWant)
}

// pack asks for the newest depth commits up to want; what hangs on have is left
// out. Both count as shallow: nothing is presumed of the commits before them, so
// it does not matter which way the branch has moved.
func (r *reading) pack(ctx context.Context, want, have plumbing.Hash, depth int) (io.ReadCloser, error) {
	request := packp.NewUploadPackRequestFromCapabilities(r.refs.Capabilities)
	request.Wants = []plumbing.Hash{want}
	if r.refs.Capabilities.Supports(capability.Shallow) {
		request.Depth = packp.DepthCommits(depth)
		_ = request.Capabilities.Set(capability.Shallow)
		if !have.IsZero() {
			request.Haves = []plumbing.Hash{have}
			request.Shallows = []plumbing.Hash{have}
			// Only for a thin pack does the server look what a shallow have holds;
			// otherwise each fetch would bring the whole tree.
			_ = request.Capabilities.Set(capability.ThinPack)
		}
	}
	return r.ask(ctx, request)
}

// history asks for the newest depth commits up to want and their folders: what
// the files hold is left out where the server can do that.
func (r *reading) history(ctx context.Context, want plumbing.Hash, depth int) (io.ReadCloser, error) {
	request := packp.NewUploadPackRequestFromCapabilities(r.refs.Capabilities)
	request.Wants = []plumbing.Hash{want}
	if r.refs.Capabilities.Supports(capability.Shallow) {
		request.Depth = packp.DepthCommits(depth)
		_ = request.Capabilities.Set(capability.Shallow)
	}
	if r.refs.Capabilities.Supports(capability.Filter) {
		request.Filter = packp.FilterBlobNone()
		_ = request.Capabilities.Set(capability.Filter)
	}
	return r.ask(ctx, request)
}

// ask sends the request and returns the pack that comes back.
func (r *reading) ask(ctx context.Context, request *packp.UploadPackRequest) (io.ReadCloser, error) {
	if r.refs.Capabilities.Supports(capability.NoProgress) {
		_ = request.Capabilities.Set(capability.NoProgress)
	}
	answer, err := r.session.UploadPack(ctx, request)
	if err != nil {
		return nil, err
	}
	var body io.Reader = answer
	switch {
	case request.Capabilities.Supports(capability.Sideband64k):
		body = sideband.NewDemuxer(sideband.Sideband64k, answer)
	case request.Capabilities.Supports(capability.Sideband):
		body = sideband.NewDemuxer(sideband.Sideband, answer)
	}
	return struct {
		io.Reader
		io.Closer
	}{body, answer}, nil
}

func (p *pushing) tip(branch plumbing.ReferenceName) plumbing.Hash {
	return p.refs.References[branch.String()]
}

// errUnsaid says that the server answered, but not what became of the push.
var errUnsaid = errors.New("the server did not say what became of the push")

// push moves the branch from old to new. The server compares old with what it
// has and refuses when that differs: this is the lease. A zero old creates.
func (p *pushing) push(ctx context.Context, branch plumbing.ReferenceName, old, new plumbing.Hash, pack []byte) error {
	request := packp.NewReferenceUpdateRequestFromCapabilities(p.refs.Capabilities)
	request.Commands = []*packp.Command{{Name: branch, Old: old, New: new}}
	request.Packfile = io.NopCloser(bytes.NewReader(pack))
	report, err := p.session.ReceivePack(ctx, request)
	if err == nil && report == nil {
		return errUnsaid
	}
	return err
}
