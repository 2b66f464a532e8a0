package git

import (
	"context"
	"time"
)

// Transfers counts the packs received so far.
func (r *Repository) Transfers() int { return int(r.transfers.Load()) }

// Crowd makes the store look full.
func (r *Repository) Crowd() {
	r.store.mu.Lock()
	defer r.store.mu.Unlock()
	r.store.writes = maxWrites + 1
}

// Hurry has the server answer within so long.
func (r *Repository) Hurry(answering time.Duration) { r.remote.answering = answering }

// Panic has the library below panic in an operation.
func (r *Repository) Panic(ctx context.Context) error {
	return r.guard(ctx, "fetching from", func(context.Context) error { panic("index out of range") })
}
