package indicators

import (
	"context"
	"errors"
	"time"
)

// manners is how a run gives way to facts that are newer than the figures: while
// the warehouse has no time to spare it waits, and gives up what it was computing,
// but for no longer than mannersFor in all, its place in the queue included.
type manners struct {
	pressed func() bool
	left    time.Duration
	lost    time.Duration // that was waited, or computed in vain
}

func (m *manners) lose(d time.Duration) {
	m.left -= d
	m.lost += d
}

const (
	mannersFor   = 2 * time.Minute
	pressedEvery = 100 * time.Millisecond
)

var errGaveWay = errors.New("newer facts need the machine")

// compute calls fn, again after it was cut short.
func (m *manners) compute(ctx context.Context, fn func(context.Context) error) error {
	for m.left > 0 && ctx.Err() == nil {
		if m.pressed() {
			m.lose(pressedEvery)
			select {
			case <-ctx.Done():
			case <-time.After(pressedEvery):
			}
			continue
		}
		began := time.Now()
		err := m.unlessPressed(ctx, fn)
		if !errors.Is(err, errGaveWay) {
			return err
		}
		m.lose(time.Since(began))
	}
	return fn(ctx)
}

// unlessPressed calls fn, and ends it with errGaveWay when there is no more time to
// spare.
func (m *manners) unlessPressed(ctx context.Context, fn func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		tick := time.NewTicker(pressedEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if m.pressed() {
					cancel(errGaveWay)
				}
			}
		}
	}()
	err := fn(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errGaveWay) {
		return errGaveWay
	}
	return err
}
