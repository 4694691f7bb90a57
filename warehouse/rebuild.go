package warehouse

import (
	"context"
	"fmt"
	"time"
)

// Rebuild asks the follower for a new build, beside the one that serves, and
// returns once it serves instead. Follow must run, or be about to.
func (w *Warehouse) Rebuild(ctx context.Context, why string) error {
	w.mu.Lock()
	before := 0
	if w.serving != nil {
		before = w.serving.number
	}
	if w.reason == "" {
		w.reason = why
	}
	w.mu.Unlock()
	w.nudge()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if s := w.Status(); s.Serving && s.Build > before {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%w before the new build served: %s", ctx.Err(), w.Status().Error)
		}
	}
}
