package main

import (
	"context"
	"errors"
	"testing"
)

func TestPartThatBreaksEndsTheCluster(t *testing.T) {
	broken := errors.New("broken")
	for name, err := range map[string]error{"error": broken, "no error": nil} {
		t.Run(name, func(t *testing.T) {
			ctx, end := context.WithCancelCause(t.Context())
			startPart(ctx, end, "it", func(context.Context) error { return err })
			<-ctx.Done()
			if got := failure(ctx); got == nil || !errors.Is(got, err) && err != nil {
				t.Errorf("the failure is %v", got)
			}
		})
	}
}

func TestStoppedPartIsNoFailure(t *testing.T) {
	ctx, end := context.WithCancelCause(t.Context())
	p := startPart(ctx, end, "it", func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	})
	end(errStdinClosed) // ends ctx, but not the part
	select {
	case <-p.done:
		t.Error("the part ended before it was stopped")
	default:
	}
	check(t, p.stop)
	if err := failure(ctx); err != nil {
		t.Error(err)
	}
}
