// Read, Write: the two ways to use the build that serves.

package warehouse

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// ErrNotReady means that no whole build serves yet; Ready tells when one does.
var ErrNotReady = errors.New("the warehouse is being built for the first time")

// ErrClosed means that the warehouse was closed before, or while it was asked.
var ErrClosed = errors.New("the warehouse is closed")

// ErrTooLong means that a Read was cancelled at Options.ReadTimeout: others wait
// for its place, its memory and its processors.
var ErrTooLong = errors.New("the question took too long to answer and was cancelled")

// Read calls fn with a connection that sees one snapshot of the warehouse and
// cannot write, and with the position of that very snapshot. fn's ctx ends
// after Options.ReadTimeout, which then is ErrTooLong. The connection must not be used after fn returns,
// and fn must not call Read or Write. ErrNotReady before the first build.
func (w *Warehouse) Read(ctx context.Context, fn func(ctx context.Context, c *sql.Conn, at Position) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, w.o.ReadTimeout, ErrTooLong)
	defer cancel()
	ctx, done, err := w.use(ctx)
	if err != nil {
		return err
	}
	defer done()
	b, err := w.acquireServing(ctx)
	if err != nil {
		return err
	}
	defer b.release()
	err = endedBy(ctx, w.watch(b, b.within(ctx, b.reads, "BEGIN TRANSACTION READ ONLY", false, fn)))
	if err != nil && context.Cause(ctx) == ErrTooLong {
		return fmt.Errorf("%w after %s: %w", ErrTooLong, w.o.ReadTimeout, err)
	}
	return err
}

// Write calls fn in one transaction for relations that are derived from the
// facts, in other schemas than facts and warehouse; it commits if fn returns
// nil. Writers wait for each other, never for the follower, nor it for them.
// A new build begins without what was written: Subscribe tells of it.
func (w *Warehouse) Write(ctx context.Context, fn func(ctx context.Context, c *sql.Conn, at Position) error) error {
	ctx, done, err := w.use(ctx)
	if err != nil {
		return err
	}
	defer done()
	b, err := w.acquireServing(ctx)
	if err != nil {
		return err
	}
	defer b.release()
	if err := w.folder.room(spareSpace); err != nil {
		return err
	}
	if err := b.useThreads(ctx, fewFacts); err != nil {
		return endedBy(ctx, w.watch(b, err))
	}
	return endedBy(ctx, w.watch(b, inBackground(func() error { return b.within(ctx, b.writes, "BEGIN TRANSACTION", true, fn) })))
}

// acquireServing holds the build that serves. ctx is that of use.
func (w *Warehouse) acquireServing(ctx context.Context) (*build, error) {
	for {
		w.mu.Lock()
		b := w.serving
		w.mu.Unlock()
		if b == nil {
			return nil, ErrNotReady
		}
		switch err := b.acquire(ctx, &w.o); {
		case err == nil:
			return b, nil
		case !errors.Is(err, errGone):
			return nil, endedBy(ctx, w.watch(b, err))
		}
	}
}

// endedBy says of an error of a context that has ended why it has, which DuckDB's own
// "Interrupted!" does not. Of ErrTooLong Read says it.
func endedBy(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if err == nil || cause == nil || cause == ErrTooLong || errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("%w: %w", cause, err)
}

// watch does what an answer asks for that tells of the file.
func (w *Warehouse) watch(b *build, err error) error {
	switch classOf(err) {
	case corrupt:
		w.broken(b, fmt.Sprintf("a query met a broken file (%v)", err))
	case instanceLost:
		w.noteInstanceLost(b, err)
	case diskFull:
		return w.folder.explainDiskFull(err)
	}
	return err
}

func (b *build) within(ctx context.Context, pool *sql.DB, begin string, commit bool, fn func(context.Context, *sql.Conn, Position) error) (err error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect to the warehouse: %w", err)
	}
	defer conn.Close()
	done := false
	defer func() {
		if done {
			return
		}
		// Also after a panic. A connection that cannot roll back is not used again.
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if _, failed := conn.ExecContext(undo, "ROLLBACK"); failed != nil {
			conn.Raw(func(any) error { return driver.ErrBadConn })
		}
	}()
	// Not cut off: it may have begun all the same, and the connection would go back to
	// the pool in a transaction that nobody ends.
	if _, err := conn.ExecContext(context.WithoutCancel(ctx), begin); err != nil {
		return fmt.Errorf("begin in the warehouse: %w", err)
	}
	// Looked at before the snapshot is taken and after: the follower may apply a batch
	// between the two, and what it then knows is of other facts than the snapshot's.
	known := b.idle.Load()
	at, err := readPosition(ctx, conn)
	if err != nil {
		return err
	}
	if err := fn(ctx, conn, at.with(known).with(b.idle.Load()).Position); err != nil {
		return err
	}
	if commit {
		// Not cut off: it may have been made all the same.
		if _, err := conn.ExecContext(context.WithoutCancel(ctx), "COMMIT"); err != nil {
			return fmt.Errorf("commit in the warehouse: %w", err)
		}
		done = true
	}
	return nil
}
