package warehouse

import (
	"context"
	"fmt"
	"time"
)

// Rebuild has a new build made for a reason said in words, and waits until it
// serves. It follows by itself if Follow does not run.
func (w *Warehouse) Rebuild(ctx context.Context, reason string) error {
	if err := w.roomToLoad(); err != nil {
		return err
	}
	w.mu.Lock()
	before := w.status.Rebuilds
	w.reason, w.status.Reason = reason, reason
	w.mu.Unlock()
	w.nudge()
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
