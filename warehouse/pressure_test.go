package warehouse

import (
	"testing"
	"time"
)

// Pressure is the share of the last moments that applying took, also in the midst
// of a long batch, and is over soon after it.
func TestPressure(t *testing.T) {
	p, now := &pressure{}, time.Now()
	apply := func(took, rest time.Duration, check func(moments, lately float64)) {
		p.applying(true, now)
		for range 10 {
			now = now.Add(took / 10)
			check(p.shares(now))
		}
		p.applying(false, now)
		now = now.Add(rest)
		check(p.shares(now))
	}
	for range 50 { // a morning's registers
		apply(10*time.Millisecond, 340*time.Millisecond, func(moments, lately float64) {
			if moments > 0.08 || lately > 0.05 {
				t.Fatalf("a rest of nearly all of the time is a pressure of %.2f, %.2f", moments, lately)
			}
		})
	}
	for began := now; now.Sub(began) < 20*time.Second; { // an import
		for i := range 4 {
			took := []time.Duration{5, 5, 5, 35}[i] * time.Millisecond
			apply(took, 100*time.Millisecond-took, func(moments, lately float64) {
				if now.Sub(began) > 5*time.Second && (moments > 0.25 || lately < 0.1 || lately > 0.15) {
					t.Fatalf("an eighth of the time is a pressure of %.2f, %.2f", moments, lately)
				}
			})
		}
	}
	began := now
	for range 10 {
		apply(700*time.Millisecond, 5*time.Millisecond, func(moments, lately float64) {
			if since := now.Sub(began); since > 400*time.Millisecond && moments < 0.5 || since > 2*time.Second && lately < 0.6 {
				t.Fatalf("a pressure of %.2f, %.2f %v after applying began", moments, lately, since)
			}
		})
	}
	now = now.Add(6 * time.Second)
	if moments, lately := p.shares(now); moments > 0.05 || lately > 0.05 {
		t.Errorf("a pressure of %.2f, %.2f when applying ended seconds ago", moments, lately)
	}
}
