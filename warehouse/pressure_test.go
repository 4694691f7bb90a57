package warehouse

import (
	"testing"
	"time"
)

// Marks that come in the course of a morning are no pressure; changes that are
// applied one after the other without a rest are, also in the midst of a long one.
func TestPressure(t *testing.T) {
	p, now := &pressure{}, time.Now()
	apply := func(took, rest time.Duration, check func()) {
		p.applying(true, now)
		for range 10 {
			now = now.Add(took / 10)
			check()
		}
		p.applying(false, now)
		now = now.Add(rest)
		check()
	}
	for range 50 {
		apply(60*time.Millisecond, 340*time.Millisecond, func() {
			if p.high(now) {
				t.Fatal("a rest of most of the time is taken for pressure")
			}
		})
	}
	began := now
	for range 10 {
		apply(700*time.Millisecond, 5*time.Millisecond, func() {
			if since := now.Sub(began); since > time.Second && !p.high(now) {
				t.Fatalf("no pressure %v after applying began", since)
			}
		})
	}
	if now = now.Add(time.Second); p.high(now) {
		t.Error("pressure a second after applying ended")
	}
}
