package warehouse

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"
)

// Following is stopped at any moment and goes on in the same program: in the
// middle of a commit too, after which only the file knows whether it was made.
func TestFaultStoppedInTheMiddleOfACommit(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	f.stop()
	w, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	f = &follower{Warehouse: w, t: t}
	defer func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}()
	stop := c.write()
	for range 10 * rounds() {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond+rand.N(100*time.Millisecond))
		if err := w.Follow(ctx); err != nil {
			t.Error(err)
		}
		cancel()
	}
	stop()
	f.equal()
	if s := f.Status(); s.Rebuilds != 0 {
		t.Errorf("stopping made a new build necessary: %+v", s)
	}
}
