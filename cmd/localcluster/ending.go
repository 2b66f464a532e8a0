package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// The cluster's life is one context. Whatever ends it — a signal, the end of
// standard input, a part that broke — does so by the context's cause.

// interruption is the cause of an end by a signal.
type interruption struct{ syscall.Signal }

func (i interruption) Error() string { return "interrupted: " + i.String() }

// breakdown is the cause of an end by a part of the cluster that stopped by
// itself.
type breakdown struct {
	part string
	err  error
}

func (b breakdown) Error() string { return fmt.Sprintf("running %s: %v", b.part, b.err) }
func (b breakdown) Unwrap() error { return b.err }

// errStdinClosed is the cause of an end by --until-stdin-closes.
var errStdinClosed = errors.New("standard input ended")

// endOnSignal ends the life of ctx at the first SIGINT or SIGTERM. Later ones
// change nothing: stopping is bounded in time, and leaves no files behind.
func endOnSignal(ctx context.Context, end context.CancelCauseFunc) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			end(interruption{s.(syscall.Signal)})
		case <-ctx.Done():
		}
	}()
}

// endOnEOF calls end when stdin has no more to read.
func endOnEOF(stdin io.Reader, end context.CancelCauseFunc) {
	go func() {
		_, err := io.Copy(io.Discard, stdin)
		end(errors.Join(errStdinClosed, err))
	}()
}

// failure is the breakdown that ended ctx, or nil if somebody wanted the end.
func failure(ctx context.Context) error {
	if b := (breakdown{}); errors.As(context.Cause(ctx), &b) {
		return b
	}
	return nil
}
