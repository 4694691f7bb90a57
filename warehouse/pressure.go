// How busy the follower is, for whoever can compute later.

package warehouse

import (
	"math"
	"sync"
	"time"
)

// pressure is how much of its time the follower spent on applying, as two averages
// that forget: over half a second (by which a computation under way gives up) and two
// seconds (by which the next one does not begin). One average cannot do both: over
// half a second, each pause of a stream looks like its end.
type pressure struct {
	mu    sync.Mutex
	spent [2]float64 // of 1, at the time at; what lies longer back than windows says counts less
	at    time.Time  // that applying began or ended last
	busy  bool       // since then
}

var windows = [2]time.Duration{500 * time.Millisecond, 2 * time.Second}

// applying notes that applying begins or ends.
func (p *pressure) applying(busy bool, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spent, p.at, p.busy = p.now(now), now, busy
}

func (p *pressure) now(now time.Time) [2]float64 {
	var spent [2]float64
	for i, window := range windows {
		left := math.Exp(-max(0, now.Sub(p.at).Seconds()) / window.Seconds())
		spent[i] = p.spent[i] * left
		if p.busy {
			spent[i] += 1 - left
		}
	}
	return spent
}

func (p *pressure) shares(now time.Time) (moments, lately float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	spent := p.now(now)
	return spent[0], spent[1]
}

// Pressure is how much of its time, between 0 and 1, applying changes takes the
// follower: of the last half second or so, and of the last two. It is for whoever
// can compute later.
func (w *Warehouse) Pressure() (moments, lately float64) { return w.pressure.shares(time.Now()) }
