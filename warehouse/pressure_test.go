package warehouse

import (
	"testing"
	"time"
)

// Pressure is the share of the last moments that applying took, also in the midst
// of a long batch, and is over soon after it.
func TestPressure(t *testing.T) {
	p, now := &pressure{}, time.Now()
	apply := func(took, rest time.Duration, check func(share float64)) {
		p.applying(true, now)
		for range 10 {
			now = now.Add(took / 10)
			check(p.share(now))
		}
		p.applying(false, now)
		now = now.Add(rest)
		check(p.share(now))
	}
	for range 50 { // a morning's registers
		apply(10*time.Millisecond, 340*time.Millisecond, func(share float64) {
			if share > 0.08 {
				t.Fatalf("a rest of nearly all of the time is a pressure of %.2f", share)
			}
		})
	}
	for settled := now; now.Sub(settled) < 10*time.Second; {
		apply(20*time.Millisecond, 80*time.Millisecond, func(share float64) {
			if now.Sub(settled) > 2*time.Second && (share < 0.15 || share > 0.25) {
				t.Fatalf("a fifth of the time is a pressure of %.2f", share)
			}
		})
	}
	began := now
	for range 10 {
		apply(700*time.Millisecond, 5*time.Millisecond, func(share float64) {
			if now.Sub(began) > 600*time.Millisecond && share < 0.7 {
				t.Fatalf("a pressure of %.2f %v after applying began", share, now.Sub(began))
			}
		})
	}
	if now = now.Add(2 * time.Second); p.share(now) > 0.05 {
		t.Errorf("a pressure of %.2f when applying ended two seconds ago", p.share(now))
	}
}
