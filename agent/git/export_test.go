package git

import "context"

// Transfers counts the packs received so far.
func (r *Repository) Transfers() int { return int(r.transfers.Load()) }

// Crowd makes the store look full.
func (r *Repository) Crowd() {
	r.store.mu.Lock()
	defer r.store.mu.Unlock()
	r.store.writes = maxWrites + 1
}

// Panic has the library below panic in an operation.
func (r *Repository) Panic(ctx context.Context) error {
	return r.guard(ctx, "fetching from", func(context.Context) error { panic("index out of range") })
}
