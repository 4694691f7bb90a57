// Stopping the follower between two transactions, at the position of a snapshot of the
// record store, so that both sides can be compared (Verify) or a table copied (reload)
// at one and the same position.

package warehouse

import (
	"context"
	"fmt"
	"strings"
	"sync"
)

// barrier stops the follower: transactions that end beyond its limit wait.
type barrier struct {
	mu      sync.Mutex
	raised  bool
	limit   uint64        // 0: every transaction waits
	reached chan struct{} // closed once all transactions up to the limit are applied
	closed  bool          // reached is
}

// raise makes every transaction that has not begun wait.
func (b *barrier) raise() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.raised, b.limit, b.closed, b.reached = true, 0, false, make(chan struct{})
}

// letThrough lets transactions up to the limit through and returns what is closed
// when all of them have been applied.
func (b *barrier) letThrough(limit uint64) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.limit = limit
	return b.reached
}

func (b *barrier) lower() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.raised = false
}

// blocks says whether a transaction whose commit record begins at lsn waits.
func (b *barrier) blocks(lsn uint64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.raised && (b.limit == 0 || lsn >= b.limit)
}

// arrive tells that everything up to lsn has been applied.
func (b *barrier) arrive(lsn uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.raised && b.limit != 0 && lsn >= b.limit && !b.closed {
		b.closed = true
		close(b.reached)
	}
}

// pause is the follower stopped at the position of a snapshot.
type pause struct {
	snapshot string // of PostgreSQL, until resume
	resume   func() // lets the follower go on; may be called again
}

// lockPause waits for the right to pause the follower, which one at a time has.
func (w *Warehouse) lockPause(ctx context.Context) (unlock func(), err error) {
	// Not a mutex: a verification that follows by itself ends its follower before
	// it lets the next one in, and that follower may be waiting here.
	select {
	case w.pausing <- struct{}{}:
		return func() { <-w.pausing }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w while another verification or load paused the follower", ctx.Err())
	}
}

// pauseFollower stops the follower at the position of a new snapshot. It waits for
// the record store's open transactions to end, and for somebody to follow. The
// caller holds lockPause.
func (w *Warehouse) pauseFollower(ctx context.Context) (_ *pause, err error) {
	repl, err := w.source.replication(ctx)
	if err != nil {
		return nil, err
	}
	// Raised first, so that nothing beyond the snapshot's position is applied before
	// that position is known.
	w.barrier.raise()
	resume := sync.OnceFunc(func() {
		w.barrier.lower()
		w.wakeFollower()
		closeConn(repl)
	})
	defer func() {
		if err != nil {
			resume()
		}
	}()
	name := "onevision_pause_" + strings.ReplaceAll(newEpoch(), "-", "")[:12]
	lsn, snapshot, err := createSlot(ctx, repl, name, "TEMPORARY ")
	if err != nil {
		return nil, err
	}
	reached := w.barrier.letThrough(lsn)
	w.wakeFollower()
	select {
	case <-reached:
	case <-ctx.Done():
		return nil, fmt.Errorf("%w while waiting for the warehouse to reach %s: %s", ctx.Err(), formatLSN(lsn), w.Status().Error)
	}
	return &pause{snapshot, resume}, nil
}
