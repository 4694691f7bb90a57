// One build of the warehouse: its file, its connections, who uses it, and opening it
// again when DuckDB has given its instance up.

package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// build is one file of the warehouse, open. Whoever uses it holds it; a build
// that another has replaced is deleted when the last holder lets go.
type build struct {
	number int
	folder *folder
	raw    *duck   // the follower's connection
	reads  *sql.DB // pool of Read
	writes *sql.DB // the one connection of Write
	file   os.FileInfo

	// What follows is the follower's own.
	at           position
	tables       map[string]*Table // that are followed
	ordered      []*Table          // the same, as given: code tables before what refers to them
	stale        []stale           // that must be loaded again before they are
	dictionaries *dictionaries     // nil: the file is of another form, nothing of it can be followed
	followed     bool              // by this process: what is noted here may differ from the file

	idle atomic.Pointer[idle]

	few     atomic.Bool  // facts, so that DuckDB has one thread: see useThreads
	counted atomic.Int64 // the second in which that was looked at

	mu      sync.Mutex
	users   int
	retired bool
	closed  bool
	lost    bool          // DuckDB has invalidated its instance: the file must be opened again
	losses  recently      // when it did
	opening chan struct{} // holds one: who opens it again
}

// idle says that nothing was pending at a time: facts that hold everything up to last
// also hold everything committed before the heartbeat. It is known beside the file,
// whose row is written every two seconds at most while no fact changes, and outlives
// the stream and the instance of DuckDB: a stream that begins again knows no less, so
// "data as at" never goes back.
type idle struct {
	last uint64
	heartbeat
}

// with is the position together with what is known since its row was written: that
// nothing more was pending. What is known of other facts says nothing of these.
func (p position) with(i *idle) position {
	if i != nil && i.last == p.last.end {
		p.LSN, p.AsAt = max(p.LSN, i.lsn), i.at
	}
	return p
}

// now is the position that a build holds, as it is known now.
func (b *build) now() Position { return b.at.with(b.idle.Load()).Position }

// errGone means that another build has replaced this one.
var errGone = errors.New("the build is gone")

// hold keeps the build open. It opens the file again before if DuckDB has given
// it up.
func (b *build) acquire(ctx context.Context, o *Options) error {
	for {
		b.mu.Lock()
		closed, lost := b.closed || b.retired, b.lost // one that is retired may be deleted at any moment
		if !closed && !lost {
			b.users++
		}
		b.mu.Unlock()
		if closed {
			return errGone
		}
		if !lost {
			return nil
		}
		if err := b.reopen(ctx, o); err != nil {
			return fmt.Errorf("open build %d again: %w", b.number, b.folder.explainDiskFull(err))
		}
	}
}

// errInstanceLost ends a stream whose build must be opened again.
var errInstanceLost = errors.New("the file of the warehouse must be opened again")

func (b *build) instanceLost() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lost
}

// markLost notes that DuckDB has given the database up, and says how often it did
// lately.
func (b *build) markLost(now time.Time) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.lost { // else others said so already
		b.lost = true
		b.losses.again(now)
	}
	return len(b.losses)
}

// reopen opens the file again, once those who hold it have let go: everything
// that they ask fails.
func (b *build) reopen(ctx context.Context, o *Options) error {
	select {
	case b.opening <- struct{}{}:
		defer func() { <-b.opening }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		b.mu.Lock()
		if b.closed || !b.lost {
			b.mu.Unlock()
			return nil // another was faster
		}
		if b.users == 0 {
			b.users++
			b.mu.Unlock()
			break
		}
		b.mu.Unlock()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer b.release()
	b.mu.Lock()
	b.disconnect()
	b.mu.Unlock()
	n, err := openBuild(ctx, b.folder, o, b.number)
	if err != nil {
		return err
	}
	o.Log.Info("the warehouse's file was opened again", "build", b.number)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return n.close()
	}
	b.lost = false
	b.raw, b.reads, b.writes, b.file = n.raw, n.reads, n.writes, n.file
	b.few.Store(n.few.Load())
	b.counted.Store(n.counted.Load())
	b.at, b.tables, b.ordered, b.stale, b.dictionaries = n.at, n.tables, n.ordered, n.stale, n.dictionaries
	return nil
}

func (b *build) release() {
	b.mu.Lock()
	b.users--
	last := b.retired && b.users == 0
	b.mu.Unlock()
	if last {
		b.discard()
	}
}

// retire has the build deleted once nobody holds it.
func (b *build) retire() {
	b.mu.Lock()
	b.retired = true
	last := b.users == 0
	b.mu.Unlock()
	if last {
		b.discard()
	}
}

// discard closes and deletes the build. What cannot be deleted now is swept at
// the next start.
func (b *build) discard() error {
	err := errors.Join(b.close(), b.folder.remove(b.number))
	b.folder.onStep("deleted")
	return err
}

func (b *build) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	b.closed = true
	return b.disconnect()
}

func (b *build) disconnect() error {
	var errs []error
	for _, db := range []*sql.DB{b.reads, b.writes} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if b.raw != nil {
		b.raw.close()
	}
	b.reads, b.writes, b.raw = nil, nil, nil
	return errors.Join(errs...)
}
