package warehouse

import (
	"context"
	"fmt"
	"strings"
)

// stillness is the follower standing still at the position of a snapshot.
type stillness struct {
	snapshot string // of PostgreSQL, for as long as the stillness lasts
	release  func() // lets the follower go on; may be called again
}

// takeGate waits for the right to hold the follower still.
func (w *Warehouse) takeGate(ctx context.Context) (free func(), err error) {
	// Not a mutex: a verification that follows by itself ends its follower before
	// it lets the next one in, and that follower may be waiting here.
	select {
	case w.gatekeeper <- struct{}{}:
		return func() { <-w.gatekeeper }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w while another verification or load kept the follower still", ctx.Err())
	}
}

// holdStill has the follower stand still at the position of a new snapshot. It
// waits for the record store's open transactions to end, and for somebody to
// follow. Whoever calls it has taken the gate.
func (w *Warehouse) holdStill(ctx context.Context) (_ *stillness, err error) {
	repl, err := w.source.replication(ctx)
	if err != nil {
		return nil, err
	}
	// Held first, so that nothing beyond the slot's position is applied before
	// the position is known.
	w.gate.hold()
	held := true
	release := func() {
		if held {
			held = false
			w.gate.open()
			w.nudge()
			closeConn(repl)
		}
	}
	defer func() {
		if err != nil {
			release()
		}
	}()
	name := "onevision_still_" + strings.ReplaceAll(newEpoch(), "-", "")[:12]
	lsn, snapshot, err := createSlot(ctx, repl, name, "TEMPORARY ")
	if err != nil {
		return nil, err
	}
	reached := w.gate.allow(lsn)
	w.nudge()
	select {
	case <-reached:
	case <-ctx.Done():
		return nil, fmt.Errorf("%w while waiting for the warehouse to reach %s: %s", ctx.Err(), formatLSN(lsn), w.Status().Error)
	}
	return &stillness{snapshot, release}, nil
}
