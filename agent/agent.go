package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"regexp"
	"time"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// Options says which part of the world is this agent's.
type Options struct {
	// Cluster is the name that the agent is started for.
	Cluster string
	// Branch is the watched branch, as people name it.
	Branch string
	// Environments are the ones that it moves; it reads no others.
	Environments []string
	// Delivery is the path of weir.yaml in the repository.
	Delivery string
	// StatusBranch is the branch that the agent's Journal writes.
	StatusBranch string
	// Interval is how often Git is asked for news.
	Interval time.Duration
	// DryRun observes and records, and applies nothing.
	DryRun bool
	// Metrics is where samples come from; without any, what a plan gates by
	// metrics does not move.
	Metrics Metrics
	// Webhooks asks the webhooks of plans; without it, what they guard does not move.
	Webhooks Webhooks
	// Judges is the repository that policies are read in; nil for the watched one.
	Judges Source
	// Required are the ids of rules without which no policies come in force.
	Required []string
	// Version is the agent's own, for the record.
	Version string
	// Clock says when a move whose permission ends is about to be applied; nil is
	// time.Now.
	Clock func() time.Time
	// Policies loads a revision's policies; nil is policy.Load.
	Policies func(context.Context, fs.FS, policy.Config) (*policy.Set, error)
}

// Observer is told what every pass did: metrics, health.
type Observer interface {
	Passed(now time.Time, took time.Duration, turns []Turn, views []View, problems rollout.Problems, err error)
}

// Agent moves the rollouts of its environments. All that it remembers between
// passes can be read again: a restart loses nothing. It is not safe for
// concurrent use; Run is its one user.
type Agent struct {
	options  Options
	source   Source
	renderer Renderer
	cluster  Cluster
	journal  Journal
	observer Observer
	log      *slog.Logger

	revision       Revision
	fetchAt        time.Time
	delivery       spec.Delivery
	overlays       map[string]Overlay // by environment and folder
	policies       Trusted
	withheld       withheld
	ruling         ruling
	revisited      int // how often the policies of an earlier life were looked for
	problems       rollout.Problems
	unapplied      map[string]rollout.Problem // support that the cluster did not take
	judgesProblems rollout.Problems           // of the policies' own repository
	rollouts       []*rollout.Rollout
	leaning        leaning
	recorded       map[rollout.Ref]rollout.Live
	taken          map[rollout.ID]int
	outcomes       []audit.Outcome
	open           map[string]open // allowed moves whose end is not recorded, by path
	untold         map[string]open // moves that nobody applied, until a push has told it
	intents        intents
	written        map[string]rollout.Digest // what this agent last wrote to the status branch, by path
	status         map[rollout.Name]Status
	swept          bool // whether what an earlier life left was looked for after the first push
	sent           sent
	due            due
	alarms, gates  circle // where the webhooks' next turn begins
	vouched        vouched
	previous       string           // the revision accepted before this one, in this life
	lookedAround   bool             // whether this life has looked at what it found
	stamps         map[string]stamp // supporting objects as they were made right
	doubts         map[string]bool  // those that somebody changed since
	news           bool             // something happened that the status branch may have to show
	started        bool
	matched        bool
	synced         bool
	waits          int               // how often the cluster's caches were waited for
	sourceErr      error             // why Git could not be read last time
	journalErr     error             // why the status branch could not be written last time
	troubled       map[string]string // what was said already of the trouble now
	tries          map[rollout.Name]int
	returns        map[rollout.Name]int // tries of moves back
}

// Trusted is the policies in force, the revision that named them, and the rules that
// it requires of those after it. From is the commit of their own repository, where
// they have one.
type Trusted struct {
	Set      *policy.Set
	Revision string
	Required []string
	From     string

	pinned bool // weir.yaml says which commit
	config policy.Config
}

// digest is that of the policies; empty for none.
func (p Trusted) digest() rollout.Digest {
	if p.Set == nil {
		return ""
	}
	return p.Set.Digest()
}

// segment is a name that stands in the status branch's paths.
var segment = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// New makes an agent out of its parts.
func New(o Options, source Source, renderer Renderer, cluster Cluster, journal Journal, observer Observer, log *slog.Logger) (*Agent, error) {
	switch {
	case o.Cluster == "":
		return nil, errors.New("the agent needs the name of its cluster: --cluster")
	case !segment.MatchString(o.Cluster):
		return nil, fmt.Errorf("the cluster's name %q cannot be part of a path; use letters, digits, dots, - and _", o.Cluster)
	case len(o.Environments) == 0:
		return nil, errors.New("the agent needs at least one environment: --environment")
	}
	if o.Policies == nil {
		o.Policies = policy.Load
	}
	return &Agent{
		options: o, source: source, renderer: renderer, cluster: cluster, journal: journal, observer: observer, log: log,
		overlays: map[string]Overlay{}, taken: map[rollout.ID]int{}, written: map[string]rollout.Digest{},
		status: map[rollout.Name]Status{}, recorded: map[rollout.Ref]rollout.Live{}, tries: map[rollout.Name]int{}, returns: map[rollout.Name]int{}, troubled: map[string]string{}, open: map[string]open{}, untold: map[string]open{}, unapplied: map[string]rollout.Problem{}, vouched: vouched{}, sent: sent{}, stamps: map[string]stamp{}, doubts: map[string]bool{},
	}, nil
}
