package warehouse

import (
	"math"
	"sync"
	"time"
)

// pressure is how much of its time the follower spent on applying lately.
type pressure struct {
	mu    sync.Mutex
	spent float64   // of 1, at the time at; what lies longer back than lately counts less
	at    time.Time // that applying began or ended last
	busy  bool      // since then
}

const lately = 500 * time.Millisecond

// applying notes that applying begins or ends.
func (p *pressure) applying(busy bool, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spent, p.at, p.busy = p.now(now), now, busy
}

func (p *pressure) now(now time.Time) float64 {
	left := math.Exp(-max(0, now.Sub(p.at).Seconds()) / lately.Seconds())
	if p.busy {
		return p.spent*left + 1 - left
	}
	return p.spent * left
}

// share is between 0 and 1.
func (p *pressure) share(now time.Time) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now(now)
}

// Pressure is how much of its time, between 0 and 1, applying changes takes the
// follower these moments, for whoever can compute later.
func (w *Warehouse) Pressure() float64 { return w.pressure.share(time.Now()) }
