package indicators

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// What is computed unasked waits for facts that are newer, is given up for them and
// begun again, and comes to its end within its time all the same.
func TestFiguresGiveWayToFacts(t *testing.T) {
	const takes = 3 * time.Second
	refused := errors.New("the query is wrong")
	still := func(time.Duration) float64 { return 0 }
	spell := func(from, to time.Duration, pressure float64) func(time.Duration) float64 {
		return func(d time.Duration) float64 {
			if d < from || d >= to {
				return 0
			}
			return pressure
		}
	}
	for name, c := range map[string]struct {
		pressure func(since time.Duration) float64
		fails    error
		calls    int
		min      time.Duration
		max      time.Duration
		lately   func(since time.Duration) float64 // nil: as pressure
	}{
		"nothing else to do":   {still, nil, 1, takes, takes, nil},
		"facts come before":    {spell(0, 5*time.Second, 0.2), nil, 1, 5*time.Second + takes, 5*time.Second + takes, nil},
		"facts come meanwhile": {spell(time.Second, 2*time.Second, 0.9), nil, 2, 2*time.Second + takes, 2*time.Second + takes + pressedEvery, nil},
		"a few facts come":     {spell(time.Second, 2*time.Second, 0.2), nil, 1, takes, takes, nil},
		"fewer come without it": {func(d time.Duration) float64 {
			return max(spell(time.Second, 2*time.Second, 0.9)(d), spell(2*time.Second, 10*time.Second, 0.2)(d))
		}, nil, 2,
			10*time.Second + takes, 10*time.Second + takes + pressedEvery, nil},
		"facts never end": {func(time.Duration) float64 { return 1 }, nil, 1, backoffFor + takes, backoffFor + takes, nil},
		"facts come and go": {func(d time.Duration) float64 { return spell(time.Second, 2*time.Second, 0.9)(d % (2 * time.Second)) }, nil, int(backoffFor/(2*time.Second)) + 1,
			backoffFor + takes, backoffFor + 2*takes, nil},
		"they came before":   {still, nil, 1, takes, takes, spell(time.Second, 2*time.Second, 0.9)},
		"it fails by itself": {still, refused, 1, takes, takes, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began, calls := time.Now(), 0
				m := &backoff{pressure: func() (moments, lately float64) {
					moments = c.pressure(time.Since(began))
					if c.lately == nil {
						return moments, moments
					}
					return moments, c.lately(time.Since(began))
				}, left: backoffFor}
				err := m.compute(t.Context(), func(ctx context.Context) error {
					calls++
					select {
					case <-time.After(takes):
						return c.fails
					case <-ctx.Done():
						return ctx.Err()
					}
				})
				if err != c.fails || calls > c.calls || calls == 0 {
					t.Errorf("%d calls, %v", calls, err)
				}
				if took := time.Since(began); took < c.min || took > c.max {
					t.Errorf("it took %v, not from %v to %v", took, c.min, c.max)
				}
			})
		})
	}
}

func TestARunEndsWhileItGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		began := time.Now()
		m := &backoff{pressure: func() (float64, float64) { return 1, 1 }, left: backoffFor}
		err := m.compute(ctx, func(ctx context.Context) error { return ctx.Err() })
		if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took > time.Second+pressedEvery {
			t.Errorf("%v after %v", err, took)
		}
	})
}
