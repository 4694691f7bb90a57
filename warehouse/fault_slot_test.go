package warehouse

import (
	"strings"
	"testing"
)

func TestFaultTheSlotIsGone(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	c.exec(`SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots`)
	c.exec(marks, "2026-03-01", "I")
	f.equal()
	if s := f.Status(); s.Rebuilds != 1 {
		t.Fatalf("a broken connection made a new build necessary: %+v", s)
	}
	f.stop()
	c.exec(`SELECT pg_drop_replication_slot('onevision_test')`)
	c.exec(marks, "2026-03-02", "I")
	f = c.follow(o)
	if n := f.number("SELECT count(*) FROM facts.attendance WHERE date = '2026-03-02'"); n != 0 && n != 200 {
		t.Errorf("while a new build was made, the old one had %d rows", n)
	}
	f.until("a new build", func(s Status) bool { return s.Rebuilds == 1 })
	f.equal()
	if !strings.Contains(f.Status().Reason, "slot") {
		t.Errorf("the reason is said to be %q", f.Status().Reason)
	}
}

func TestFaultTheServersLimitOfTheSlot(t *testing.T) {
	c := newCounty(t, map[string]string{"max_slot_wal_keep_size": "1MB", "wal_keep_size": "0", "min_wal_size": "32MB", "max_wal_size": "32MB"})
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	f.stop()
	for range 3 {
		c.exec(`SELECT pg_switch_wal()`)
		c.exec(`UPDATE attendance SET version = version + 1`)
		c.exec(`CHECKPOINT`)
	}
	f = c.follow(o)
	f.until("a new build", func(s Status) bool { return s.Rebuilds == 1 })
	f.equal()
	t.Log(f.Status().Reason)
}

func TestFaultTheProgramsOwnLimitOfTheSlot(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	o.MaxHeld = 1 << 20
	f := c.follow(o)
	f.wait()
	f.stop()
	c.exec(`UPDATE attendance SET version = version + 1; UPDATE attendance SET version = version + 1; UPDATE attendance SET version = version + 1`)
	f = c.follow(o)
	f.until("a new build", func(s Status) bool { return s.Rebuilds == 1 && strings.Contains(s.Reason, "held back") })
	f.equal()
}

// A follower that is stuck for good does not fill the record store's disk: the
// operator is warned at half of the bound, and beyond it the slot goes, while
// the follower is still stuck. Once it moves again there is one new build.
func TestFaultTheSlotOfAStuckFollowerIsDropped(t *testing.T) {
	c := newCounty(t, nil)
	f, log, release := c.stuck(8 << 20)
	if h := f.Status().Hold; !h.Exists || h.Bound != 8<<20 || h.Server != 4<<30 || h.Limit() != 8<<20 || h.Warning != "" {
		t.Errorf("at first: %+v", h)
	}
	c.logBytes(5 << 20)
	f.until("a warning", func(s Status) bool { return strings.Contains(s.Hold.Warning, "more than half") })
	if n := log.count("level=WARN"); n != 1 {
		t.Errorf("%d warnings were logged", n)
	}
	if c.slots() != 1 {
		t.Error("the slot was dropped before its bound")
	}
	c.logBytes(5 << 20)
	f.until("the end of the slot", func(s Status) bool { return s.Hold.Dropped == 1 })
	if c.slots() != 0 {
		t.Error("the slot still holds the log back")
	}
	if s := f.Status(); s.Rebuilds != 1 || !s.Serving {
		t.Errorf("the follower is not stuck any more: %+v", s)
	}
	release()
	f.until("a new build", func(s Status) bool { return s.Rebuilds == 2 && s.State == Following })
	f.equal()
	s := f.Status()
	if !strings.Contains(s.Reason, "held back") || s.Rebuilds != 2 || s.Hold.Dropped != 1 {
		t.Errorf("%+v", s)
	}
	f.until("a slot that holds little", func(s Status) bool { return s.Hold.Exists && s.Hold.Held < 4<<20 && s.Hold.Warning == "" })
}

// Two followers by mistake of one slot: the second says so and does no harm.
func TestFaultASlotInUseByAnotherFollower(t *testing.T) {
	c := newCounty(t, nil)
	first := c.follow(c.options(t.TempDir()))
	first.wait()
	first.equal()
	second := c.follow(c.options(t.TempDir()))
	second.until("an error", func(s Status) bool { return strings.Contains(s.Error, "in use by another follower") })
	second.stop()
	c.exec(marks, "2026-03-01", "I")
	first.equal()
	if s := first.Status(); s.Rebuilds != 1 {
		t.Errorf("%+v", s)
	}
}
