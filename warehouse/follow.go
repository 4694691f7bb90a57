// The follower's outer loop: load if need be, stream until that ends, wait, and again.

package warehouse

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// rebuildError says why a build cannot be followed any further.
type rebuildError struct{ reason string }

func (e *rebuildError) Error() string { return e.reason }

func rebuild(format string, args ...any) error {
	return &rebuildError{fmt.Sprintf(format, args...)}
}

// Follow loads the facts if there is no build to follow and then applies every
// change until ctx ends, when it returns nil. It connects again after every
// failure and makes a new build when the old one cannot be followed any
// further; Status says what it is at. A second Follow waits until the first
// has ended. When the warehouse is closed it returns ErrClosed.
func (w *Warehouse) Follow(ctx context.Context) error {
	ctx, done, err := w.use(ctx)
	if err != nil {
		return err
	}
	defer done()
	select {
	case w.follower <- struct{}{}:
	case <-ctx.Done():
		return w.ended(ctx)
	}
	defer func() { <-w.follower }()
	defer w.setState(Stopped)
	guarded := make(chan struct{})
	guarding, stop := context.WithCancel(ctx)
	go func() { defer close(guarded); w.watchSlot(guarding) }()
	watched := make(chan struct{})
	go func() { defer close(watched); w.watchFile(guarding) }()
	defer func() { stop(); <-guarded; <-watched }()
	retry := &retries{now: w.o.Now}
	for ctx.Err() == nil {
		w.o.onStep("attempt")
		err := w.turn(ctx, retry)
		if ctx.Err() != nil {
			break
		}
		w.failed(err)
		pause := retry.after(err)
		w.o.Log.Warn("following the record store was interrupted", "error", err, "retry_ms", pause.Milliseconds())
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		case <-w.wake: // a new build is asked for
		}
	}
	return w.ended(ctx)
}

// ended is what Follow returns when its context has ended.
func (w *Warehouse) ended(ctx context.Context) error {
	if context.Cause(ctx) == ErrClosed {
		return ErrClosed
	}
	return nil
}

// turn is one attempt: a load if one is needed, then the stream until it ends.
func (w *Warehouse) turn(ctx context.Context, retry *retries) error {
	w.mu.Lock()
	unopened := w.unopened
	w.mu.Unlock()
	if unopened != 0 {
		if err := w.openCurrent(ctx, unopened); err != nil {
			return err
		}
	}
	w.mu.Lock()
	b, reason, unopened := w.serving, w.reason, w.unopened
	reported := w.status.Error
	w.mu.Unlock()
	if unopened != 0 {
		return errors.New(reported)
	}
	if b == nil || reason != "" {
		began := w.o.Now()
		made, err := w.load(ctx)
		if err != nil {
			return err
		}
		w.built(made)
		b = made
		retry.built()
		w.o.Log.Info("the warehouse was built", "build", b.number, "rows", w.Status().Load.Rows, "duration_ms", w.o.Now().Sub(began).Milliseconds())
		names := make([]string, len(b.ordered))
		for i, t := range b.ordered {
			names[i] = t.Name
		}
		w.notify(Change{Tables: names, Position: b.at.Position, NewBuild: true})
	}
	if err := b.acquire(ctx, &w.o); err != nil {
		return err
	}
	defer b.release()
	if err := w.folder.room(spareSpace); err != nil {
		return err // before the positions that a stream writes bring about a checkpoint
	}
	if b.followed {
		// A commit that was cut off may have been made: only the file knows. It is
		// not cut off itself: DuckDB's driver may not let go of the file after that.
		if err := b.inspect(context.WithoutCancel(ctx), &w.o); err != nil {
			return fmt.Errorf("read build %d: %w", b.number, err)
		}
	}
	b.followed = true
	w.setStale(b.staleTables())
	w.setState(Connecting)
	return newStream(w, b, retry).run(ctx)
}

// built makes a new build the one that answers.
func (w *Warehouse) built(b *build) {
	w.mu.Lock()
	w.reason, w.needed = "", 0
	w.status.Rebuilds++
	w.status.Stale, w.status.StaleError = nil, ""
	w.mu.Unlock()
	w.setPosition(b.at.Position)
	w.serve(b)
}

// failed decides what an error means: a reason for a new build, or only
// another attempt.
func (w *Warehouse) failed(err error) {
	err = w.folder.explainDiskFull(err)
	w.mu.Lock()
	serving := w.serving
	w.mu.Unlock()
	if serving != nil {
		w.watch(serving, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status.Error = err.Error()
	w.status.State, w.status.Since = Connecting, w.o.Now()
	var r *rebuildError
	if errors.As(err, &r) && w.reason == "" { // the first reason is the cause of what follows it
		w.reason = r.reason
	}
	if w.reason != "" {
		w.status.Reason = w.reason
	}
}

// applied counts what the stream has done.
func (w *Warehouse) applied(transactions int64, untouched bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status.Applied += transactions
	if untouched {
		w.status.Untouched++
	}
}

// applyFailed decides what a failure to apply means. DuckDB may be short of
// memory or disk for a moment, so the first failure at a position is tried
// again; the second one at the same position would come again for ever.
func (w *Warehouse) applyFailed(p position, err error) error {
	var needed *rebuildError
	if errors.As(err, &needed) || isDiskFull(err) {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	again := w.stuck == p.last.end && w.stuckBuild == p.Build
	w.stuck, w.stuckBuild = p.last.end, p.Build
	if again || classOf(err) == corrupt {
		return rebuild("changes could not be applied (%v)", err)
	}
	return err
}

// Rebuild has a new build made for a reason said in words, and waits until it
// serves. It follows by itself if Follow does not run.
func (w *Warehouse) Rebuild(ctx context.Context, reason string) error {
	if err := w.requireSpaceToLoad(); err != nil {
		return err
	}
	w.mu.Lock()
	before := w.status.Rebuilds
	w.reason, w.status.Reason = reason, reason
	w.mu.Unlock()
	w.wakeFollower()
	defer w.followMeanwhile(ctx)()
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		s := w.Status()
		if s.Rebuilds > before {
			tick.Stop()
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tick.Stop()
			return fmt.Errorf("%w before the new build was whole: %s", ctx.Err(), s.Error)
		}
	}
}

// followMeanwhile follows until the returned function is called, whenever
// nobody else does.
func (w *Warehouse) followMeanwhile(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Follow(ctx) // its troubles are in Status
	}()
	return func() {
		cancel()
		<-done
	}
}
