package warehouse

import (
	"math"
	"sync"
	"time"
)

// pressure is how much of the last second or so the follower spent on applying.
type pressure struct {
	mu    sync.Mutex
	spent float64   // of 1, at the time at; what lies longer back counts less
	at    time.Time // that applying began or ended last
	busy  bool      // since then
}

// applying notes that applying begins or ends.
func (p *pressure) applying(busy bool, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spent, p.at, p.busy = p.now(now), now, busy
}

func (p *pressure) now(now time.Time) float64 {
	left := math.Exp(-max(0, now.Sub(p.at).Seconds()))
	if p.busy {
		return p.spent*left + 1 - left
	}
	return p.spent * left
}

// high says whether more than half of the time was spent.
func (p *pressure) high(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now(now) > 0.5
}

// Pressed says whether changes come nearly as fast as they can be applied, so that
// whoever can compute later should.
func (w *Warehouse) Pressed() bool { return w.pressure.high(time.Now()) }
