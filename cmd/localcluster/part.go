package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// stopTimeout bounds how long the end of one part is waited for.
const stopTimeout = 10 * time.Second

// part is a piece of the cluster that runs in the background until stopped.
type part struct {
	name   string
	cancel context.CancelFunc
	done   chan struct{}
}

// startPart runs f in the background. Its context has ctx's values but not its
// end, so that parts can be stopped in order. If f returns before stop, end is
// called with a [breakdown].
func startPart(ctx context.Context, end context.CancelCauseFunc, name string, f func(context.Context) error) *part {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p := &part{name: name, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		err := f(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errors.New("it stopped by itself")
		}
		end(breakdown{part: name, err: err})
	}()
	return p
}

// stop ends the part and waits until it has ended.
func (p *part) stop() error {
	p.cancel()
	select {
	case <-p.done:
		return nil
	case <-time.After(stopTimeout):
		return fmt.Errorf("stopping %s: it still runs after %v", p.name, stopTimeout)
	}
}

// await calls check every few milliseconds until it returns nil. When ctx ends
// first, the error tells why, and what check said last.
func await(ctx context.Context, check func(context.Context) error) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (last: %v)", context.Cause(ctx), err)
		case <-tick.C:
		}
	}
}
