package simulator

import (
	"context"
	"io/fs"
	"strings"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/rollout"
)

// source is the agent.Source of a process.
type source struct{ *process }

func (s source) Fetch(ctx context.Context) (rev agent.Revision, err error) {
	asked := s.w.now
	err = s.call(OpFetch, func(bool) (err error) {
		rev, err = s.clone.Fetch(ctx)
		return err
	})
	if err == nil {
		s.asked, s.deaf = asked, false
		s.begun = s.begun && !s.reread // who reads it first could not take it up before
		s.w.oracle.fetched(s.process, rev.SHA)
	}
	return rev, err
}

func (s source) Branch(ctx context.Context, name string) (rev agent.Revision, err error) {
	err = s.call(OpBranch, func(bool) (err error) {
		rev, err = s.clone.Branch(ctx, name)
		s.listened = s.w.now
		return err
	})
	return rev, err
}

func (s source) Open(ctx context.Context, sha string) (rev agent.Revision, err error) {
	err = s.call(OpOpen, func(bool) (err error) {
		rev, err = s.clone.Open(ctx, sha)
		return err
	})
	return rev, err
}

func (s source) Authors(ctx context.Context, sha string, files []string) (revs map[string]agent.Revision, err error) {
	err = s.call(OpAuthors, func(bool) (err error) {
		revs, err = s.clone.Authors(ctx, sha, files)
		return err
	})
	return revs, err
}

func (s source) Writers(ctx context.Context, since, sha string, files []string) (revs []agent.Revision, err error) {
	err = s.call(OpAuthors, func(bool) (err error) {
		revs, err = s.clone.Writers(ctx, since, sha, files)
		return err
	})
	return revs, err
}

// journal is the agent.Journal of a process.
type journal struct{ *process }

func (j journal) Read(ctx context.Context) (tree fs.FS, err error) {
	err = j.call(OpJournal, func(bool) (err error) {
		tree, err = j.clone.Read(ctx)
		j.accepted = j.w.oracle.branch["accepted/"+cluster+".json"]
		return err
	})
	if err == nil {
		j.resumed, j.reread = true, true
	}
	return tree, err
}

func (j journal) Record(ctx context.Context, c agent.Commit) (sha string, found map[string][]byte, err error) {
	err = j.call(OpRecord, func(bool) (err error) {
		sha, found, err = j.clone.Record(ctx, c)
		if err == nil {
			j.w.say("agent %d records %s", j.n, strings.TrimSpace(c.Message))
			j.w.oracle.recorded(j.process, c)
		}
		return err
	})
	if err != nil {
		return "", nil, err
	}
	return sha, found, nil
}

// caller is the agent.Cluster of a process.
type caller struct {
	*process
	cache *agenttest.KubeCache
}

// read is a moment between two calls of a pass.
func (c caller) read() { _ = c.call(OpRead, func(bool) error { return nil }) }

func (c caller) Live(ref rollout.Ref) (agent.LiveObject, bool) {
	c.read()
	live, ok := c.cache.Live(ref)
	c.looks(ref, live.Version)
	return live, ok
}

func (c caller) Owned() []agent.LiveObject {
	c.read()
	return c.cache.Owned()
}

func (c caller) Ready(namespace string, of []rollout.Destination) map[rollout.Destination]rollout.Readiness {
	c.read()
	out := c.cache.Ready(namespace, of)
	for d, ready := range out {
		c.seen[d] = ready
	}
	c.looked()
	return out
}

func (c caller) Selected(namespace string, d rollout.Destination, labels rollout.Labels) rollout.Readiness {
	return c.cache.Selected(namespace, d, labels)
}

func (c caller) Stopped() string {
	c.stopped = c.cache.Stopped()
	return c.stopped
}

func (c caller) Other(kind string, ref rollout.Ref) (map[string]any, bool) {
	return c.cache.Other(kind, ref)
}

// write is one write of the agent's; a lost answer leaves the cache as it was.
func (c caller) write(op Op, effect func() error) error {
	c.looking = nil
	return c.call(op, func(heard bool) error {
		c.cache.Deaf(!heard)
		defer c.cache.Deaf(false)
		return effect()
	})
}

func (c caller) Apply(ctx context.Context, w agent.Write) error {
	knew := c.known // a write that takes effect late is as old as this
	return c.write(OpApply, func() error {
		c.w.oracle.knew = knew
		return c.cache.Apply(ctx, w)
	})
}

func (c caller) ApplyOther(ctx context.Context, o map[string]any, adopt ...string) error {
	c.w.oracle.leans(c.process, o)
	return c.write(OpSupport, func() error { return c.cache.ApplyOther(ctx, o, adopt...) })
}

func (c caller) Remove(ctx context.Context, ref rollout.Ref, uid, version string) error {
	return c.write(OpRemove, func() error { return c.cache.Remove(ctx, ref, uid, version) })
}

func (c caller) Tell(ref rollout.Ref, uid string, code rollout.Code, warning bool, sentence string) {
	if strings.Contains(sentence, secret) {
		c.w.oracle.breaks("8", "an event says a secret: %s", sentence)
	}
	c.cache.Tell(ref, uid, code, warning, sentence)
}

func (c caller) Changed() <-chan agent.Change { return c.cache.Changed() }

func (c caller) Synced(ctx context.Context) error {
	err := c.call(OpSynced, func(bool) error { return c.cache.Synced(ctx) })
	c.filled = err == nil
	return err
}
