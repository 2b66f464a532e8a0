package kube

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coordination "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"github.com/weir-delivery/weir/rollout"
)

// HandOver is how long nobody leads at the most after the holder of a lease died:
// until the lease has run out since somebody saw it renewed, and they try again.
// Between two tries client-go lets up to 2.2 times the retry period pass.
const HandOver = 15 * time.Second

// How long a lease holds, how long its holder tries to renew it before it gives
// up leading, and how often everyone tries.
const (
	leaseDuration = 10 * time.Second
	renewDeadline = 7 * time.Second
	retryPeriod   = time.Second
)

// Lease is the object by which the agents of one cluster agree which of them
// leads. It saves work and noise; that no two move one rollout for the same
// state does not depend on it.
type Lease struct {
	REST *rest.Config
	// Namespace and Name are the Lease's; Identity is this process's, and no
	// other's.
	Namespace, Name, Identity string
	// Leader is told who leads whenever that changes, this process or another.
	Leader func(identity string)
}

// LeasePrefix begins the name of each of weir's leases.
const LeasePrefix = "weir-"

// LeaseName is a name for the lease of the agents with the same cluster and the
// same work, which the parts say: others of the same cluster do other work, and
// lead beside them.
func LeaseName(cluster string, work ...string) string {
	plain := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}
	name := strings.Trim(strings.Map(plain, strings.ToLower(cluster)), "-")
	return fmt.Sprintf(LeasePrefix+"%.200s-%s", name, rollout.DigestOf(append([]string{cluster}, work...)).Short())
}

// Identity is a name for this process that no other has, by which people find
// its pod.
func Identity() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return host + "_" + strings.ToLower(rand.Text()[:8])
}

// Lead runs f whenever this process holds the lease, until the context ends or
// f fails. The context of f ends as soon as the lease may be another's; f runs
// again when this process leads again. The lease is given up once f has
// returned, so that the next one need not wait for it to run out.
func Lead(ctx context.Context, l Lease, f func(context.Context) error) error {
	config := rest.CopyConfig(l.REST)
	config.Timeout = renewDeadline / 2
	client, err := coordination.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("leading by lease %s/%s: %w", l.Namespace, l.Name, err)
	}
	for ctx.Err() == nil {
		if err := l.term(ctx, client, f); err != nil {
			return err
		}
	}
	return nil
}

// term waits for the lease and runs f once under it.
func (l Lease) term(ctx context.Context, client coordination.LeasesGetter, f func(context.Context) error) error {
	leading, lose := context.WithCancel(ctx)
	defer lose()
	candidacy, resign := context.WithCancel(context.WithoutCancel(ctx))
	defer resign()
	// A holder that cannot reach the API server tries to give the lease up before
	// it says that it lost it; it must not lead meanwhile.
	late := time.AfterFunc(leaseDuration, lose)
	late.Stop() // until it leads
	defer func() { late.Stop() }()
	once := make(chan struct{}, 1) // f's one turn
	once <- struct{}{}
	ended := make(chan error, 1)
	var elector *leaderelection.LeaderElector
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Name: l.Name, LeaseDuration: leaseDuration, RenewDeadline: renewDeadline, RetryPeriod: retryPeriod, ReleaseOnCancel: true,
		Lock: &watched{
			Interface: &resourcelock.LeaseLock{
				LeaseMeta: metav1.ObjectMeta{Namespace: l.Namespace, Name: l.Name}, Client: client,
				LockConfig: resourcelock.ResourceLockConfig{Identity: l.Identity},
			},
			renewing: func() (done func(error)) { // the lease runs from when it was asked for
				next := time.AfterFunc(renewDeadline+retryPeriod, lose)
				return func(err error) {
					if err == nil {
						late, next = next, late
					}
					next.Stop()
				}
			},
			seen: func(holder string) {
				if holder != l.Identity && len(once) == 0 { // the elector itself would hope for a while
					lose()
				}
			},
		},
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(held context.Context) {
				select {
				case <-once:
					defer resign()
					defer context.AfterFunc(held, lose)()
					ended <- f(leading)
				default: // it came too late
				}
			},
			OnStoppedLeading: lose,
			OnNewLeader:      func(string) { l.Leader(elector.GetLeader()) }, // these calls may come out of order
		},
	})
	if err != nil {
		return fmt.Errorf("leading by lease %s/%s: %w", l.Namespace, l.Name, err)
	}
	defer context.AfterFunc(ctx, func() {
		if len(once) > 0 { // else the end of f resigns
			resign()
		}
	})()
	elector.Run(candidacy)
	select {
	case <-once:
		return nil
	default:
		lose()
		return <-ended
	}
}

// watched is a lock that tells who holds it whenever that is read, and when it is to be
// taken or renewed. Nobody gives up by it what another one has: client-go's elector, which
// stops leading, asks who leads of what it knew before.
type watched struct {
	resourcelock.Interface
	renewing func() (done func(error))
	seen     func(holder string)
	holder   string // when it was read last; the elector's one goroutine's
}

// Get is resourcelock.Interface's.
func (w *watched) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	record, raw, err := w.Interface.Get(ctx)
	if err == nil {
		w.holder = record.HolderIdentity
		w.seen(record.HolderIdentity)
	}
	return record, raw, err
}

// Create is resourcelock.Interface's.
func (w *watched) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	done := w.renewing()
	err := w.Interface.Create(ctx, record)
	done(err)
	return err
}

// Update is resourcelock.Interface's.
func (w *watched) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	if gives := record.HolderIdentity == ""; gives && w.holder != w.Identity() {
		return fmt.Errorf("the lease is %s's, and not to be given up here", w.holder)
	}
	done := w.renewing()
	err := w.Interface.Update(ctx, record)
	done(err)
	return err
}
