package warehouse

import (
	"testing"
	"time"
)

func TestFaultPostgresRestarted(t *testing.T) {
	c := newCounty(t, nil)
	f := c.follow(c.options(t.TempDir()))
	f.wait()
	w := c.witness(f)
	for range times(1, 20) {
		w.more(30)
		c.restart()
		w.more(30)
		f.current()
	}
	w.hold(f)
	if s := f.Status(); s.Rebuilds != 1 || s.Error != "" {
		t.Errorf("PostgreSQL's restart made a new build necessary: %+v", s)
	}
	if w.broken == 0 {
		t.Error("no restart met a transaction")
	}
}

// The whole server is killed, also while it recovers, and is away for a while.
func TestFaultPostgresKilled(t *testing.T) {
	c := newCounty(t, nil)
	f := c.follow(c.options(t.TempDir()))
	f.wait()
	w := c.witness(f)
	for i := range times(1, 20) {
		w.more(30)
		if err := c.server.Kill(); err != nil {
			t.Fatal(err)
		}
		f.until("an error", func(s Status) bool { return s.State == Connecting && s.Error != "" })
		if s := f.Status(); !s.Serving {
			t.Errorf("nothing answers while the record store is away: %+v", s)
		}
		if i%3 == 2 {
			time.Sleep(time.Second)
		}
		c.restart()
		w.more(30)
		f.current()
	}
	w.hold(f)
	if s := f.Status(); s.Rebuilds != 1 || s.Error != "" {
		t.Errorf("PostgreSQL's end made a new build necessary: %+v", s)
	}
}
