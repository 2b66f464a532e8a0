package simulator

import (
	"context"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// Simulator plays stories. It may be used by many at once.
type Simulator struct {
	mu   sync.Mutex
	sets map[string]*policy.Set
}

// New makes a simulator.
func New() *Simulator { return &Simulator{sets: map[string]*policy.Set{}} }

// Result is how a story ended.
type Result struct {
	Story  Story
	Broken *Broken // nil if every promise was kept
	Struck map[Kind]int
	Trace  string
	// Head is what the status branch came to; equal stories come to equal ones.
	Head string
}

// Play plays a story. A trace costs time.
func (s *Simulator) Play(story Story, traced bool) Result {
	w := newWorld(story, s.load, traced)
	w.advance(midnight.Add(length))
	w.finale()
	r := Result{Story: story, Broken: w.oracle.broken, Struck: w.struck, Head: fmt.Sprint(len(w.git.StatusLog()), w.kube.Requests())}
	if traced {
		r.Trace = w.trace.String()
	}
	return r
}

// load compiles each set of policies once.
func (s *Simulator) load(ctx context.Context, tree fs.FS, c policy.Config) (*policy.Set, error) {
	key := fmt.Sprint(c)
	if c.Path != "" {
		files, err := fs.Glob(tree, c.Path+"/*")
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			data, err := fs.ReadFile(tree, file)
			if err != nil {
				return nil, err
			}
			key += string(rollout.DigestBytes(data))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if set, ok := s.sets[key]; ok {
		return set, nil
	}
	set, err := policy.Load(ctx, tree, c)
	if err == nil {
		s.sets[key] = set
	}
	return set, err
}

// patience is how long the agents have to come to rest once all is well.
const patience = 36 * time.Hour
