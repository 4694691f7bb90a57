package indicators

import (
	"context"
	"errors"
	"time"
)

// backoff is how a run gives way to facts that are newer than the figures: it does
// not begin while they come in a stream, and gives up what it was computing when it
// holds one up, but for no longer than backoffFor in all, its place in the queue
// included. What was given up is begun again only when the stream has ended, not
// when it flows the better for it.
type backoff struct {
	pressure func() (moments, lately float64) // see EngineOptions
	left     time.Duration
	lost     time.Duration // that was waited, or computed in vain
}

const (
	backoffFor   = 2 * time.Minute
	pressedEvery = 100 * time.Millisecond

	beginUnder  = 0.05 // of a stream of a thousand rows ten times a second it was 0.1 to 0.15, on two cores
	giveWayOver = 0.25
)

var errGaveWay = errors.New("newer facts need the machine")

// compute calls fn, again after it was cut short.
func (m *backoff) compute(ctx context.Context, fn func(context.Context) error) error {
	for m.left > 0 && ctx.Err() == nil {
		began := time.Now()
		if _, lately := m.pressure(); lately > beginUnder {
			select {
			case <-ctx.Done():
			case <-time.After(pressedEvery):
			}
		} else if err := m.untilPressed(ctx, fn); !errors.Is(err, errGaveWay) {
			return err
		}
		gone := time.Since(began)
		m.left, m.lost = m.left-gone, m.lost+gone
	}
	return fn(ctx)
}

// untilPressed calls fn, and ends it with errGaveWay when it holds facts up.
func (m *backoff) untilPressed(ctx context.Context, fn func(context.Context) error) error {
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
				if moments, _ := m.pressure(); moments > giveWayOver {
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
