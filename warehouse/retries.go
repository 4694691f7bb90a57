// How long to wait before trying again.

package warehouse

import (
	"errors"
	"slices"
	"time"
)

// retries decides how long to wait before the next attempt: longer after each
// failure, and longer still when one new build after the other, or one table
// loaded again after the other, is of no use.
type retries struct {
	now            func() time.Time
	failures       int
	reloadFailures int
	builds         recently
	reloadTimes    recently
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

// reloaded is the pause before tables may be loaded again once more; reloadFailed is
// that before the next attempt.
func (r *retries) reloaded() time.Duration {
	r.reloadFailures = 0
	r.reloadTimes.again(r.now())
	return r.reloadTimes.pause()
}

func (r *retries) reloadFailed() time.Duration {
	r.reloadFailures++
	return longer(r.reloadFailures)
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
