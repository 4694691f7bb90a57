package warehouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	go func() { defer close(guarded); w.guardSlot(guarding) }()
	watched := make(chan struct{})
	go func() { defer close(watched); w.guardFile(guarding) }()
	defer func() { stop(); <-guarded; <-watched }()
	retry := &retries{now: w.o.Now}
	for ctx.Err() == nil {
		err := w.turn(ctx, retry)
		if ctx.Err() != nil {
			break
		}
		w.failed(err)
		pause := retry.after(err)
		w.o.Log.Warn("following the record store was interrupted", "error", err, "again in", pause)
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
	trouble := w.status.Error
	w.mu.Unlock()
	if unopened != 0 {
		return errors.New(trouble)
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
		w.o.Log.Info("the warehouse was built", "build", b.number, "rows", w.Status().Load.Rows, "took", w.o.Now().Sub(began).Round(time.Millisecond))
		names := make([]string, len(b.ordered))
		for i, t := range b.ordered {
			names[i] = t.Name
		}
		w.notify(Change{Tables: names, Position: b.at.Position, NewBuild: true})
	}
	if err := b.hold(ctx, &w.o); err != nil {
		return err
	}
	defer b.release()
	if err := w.folder.room(spare); err != nil {
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
	err = w.folder.inWords(err)
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
	if errors.As(err, &needed) || noRoom(err) {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	again := w.stuck == p.last.end && w.stuckBuild == p.Build
	w.stuck, w.stuckBuild = p.last.end, p.Build
	if again || troubleOf(err) == unreadable {
		return rebuild("changes could not be applied (%v)", err)
	}
	return err
}

// retries decides how long to wait before the next attempt: longer after each
// failure, and longer still when one new build after the other, or one table
// loaded again after the other, is of no use.
type retries struct {
	now          func() time.Time
	failures     int
	mendFailures int
	builds       recently
	mends        recently
}

func (r *retries) progressed() { r.failures = 0 }

func (r *retries) built() { r.builds.again(r.now()) }

// after is the pause after an error.
func (r *retries) after(err error) time.Duration {
	var needed *rebuildError
	if errors.As(err, &needed) {
		return r.builds.pause()
	}
	if errors.Is(err, errAgain) {
		return 0
	}
	r.failures++
	return longer(r.failures)
}

// mended is the pause before tables may be loaded again once more; mendFailed is
// that before the next attempt.
func (r *retries) mended() time.Duration {
	r.mendFailures = 0
	r.mends.again(r.now())
	return r.mends.pause()
}

func (r *retries) mendFailed() time.Duration {
	r.mendFailures++
	return longer(r.mendFailures)
}

func longer(failures int) time.Duration {
	return min(50*time.Millisecond<<min(failures, 10), 30*time.Second)
}

// recently is when something happened within the last hour.
type recently []time.Time

func (r *recently) again(now time.Time) {
	*r = append(slices.DeleteFunc(*r, func(t time.Time) bool { return now.Sub(t) >= time.Hour }), now)
}

// pause is none for what happens now and then, and longer and longer for what
// happens again and again.
func (r recently) pause() time.Duration {
	if len(r) <= 2 {
		return 0
	}
	return min(time.Second<<min(len(r), 10), 10*time.Minute)
}
