package warehouse

import (
	"strings"
	"testing"
	"time"
)

// small are settings with which the server soon gives a slot up.
var small = map[string]string{"max_slot_wal_keep_size": "1MB", "wal_keep_size": "0", "min_wal_size": "32MB", "max_wal_size": "32MB"}

// dropSlot drops the slot whoever uses it.
func (c *county) dropSlot() {
	c.Helper()
	for end := time.Now().Add(patience); c.slots() > 0; {
		_, err := c.conn.Exec(c.Context(), `SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE slot_name = 'onevision_test' AND active;
			SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'onevision_test'`)
		if err != nil && time.Now().After(end) { // the follower was quicker
			c.Fatal(err)
		}
	}
}

// loseSlot has the server give the slot up for the log that it holds back.
func (c *county) loseSlot() {
	c.Helper()
	for end := time.Now().Add(patience); ; {
		c.logBytes(1 << 20)
		c.exec(`SELECT pg_switch_wal()`)
		c.exec(`CHECKPOINT`)
		var lost bool
		if err := c.conn.QueryRow(c.Context(), `SELECT coalesce(bool_and(wal_status = 'lost'), false) FROM pg_replication_slots WHERE slot_name = 'onevision_test'`).Scan(&lost); err != nil {
			c.Fatal(err)
		}
		if lost {
			return
		}
		if time.Now().After(end) {
			c.Fatal("the server does not give the slot up")
		}
	}
}

// The slot is dropped under the follower, which may be writing at that moment.
func TestFaultTheSlotIsDroppedWhileItIsFollowed(t *testing.T) {
	c := newCounty(t, nil)
	f := c.follow(c.options(t.TempDir()))
	f.wait()
	w := c.witness(f)
	n := times(1, 3) // beyond that, the follower waits longer before each new build
	for i := range n {
		w.more(20)
		c.dropSlot()
		f.until("a new build", func(s Status) bool { return s.Rebuilds >= i+2 })
		if r := f.Status().Reason; !strings.Contains(r, "slot onevision_test is gone") {
			t.Errorf("the reason is said to be %q", r)
		}
		w.more(20)
		f.current()
	}
	w.hold(f)
	if s := f.Status(); s.Rebuilds != n+1 || s.Error != "" {
		t.Errorf("%d times the slot was dropped: %+v", n, s)
	}
}

// The slot of a stuck follower is given up by the server. The follower's own
// bound is far off.
func TestFaultTheSlotIsInvalidatedWhileItIsFollowed(t *testing.T) {
	c := newCounty(t, small)
	f, _, release := c.stuck(1 << 30)
	w := c.witness(f)
	w.more(20)
	c.loseSlot()
	f.until("the slot's loss seen", func(s Status) bool { return s.Slot.WAL == "lost" })
	release()
	f.until("a new build", func(s Status) bool { return s.Rebuilds == 2 })
	if r := f.Status().Reason; !strings.Contains(r, "lost its write-ahead log") {
		t.Errorf("the reason is said to be %q", r)
	}
	w.more(20)
	f.current()
	w.hold(f)
	if s := f.Status(); s.Rebuilds != 2 || s.Error != "" {
		t.Errorf("%+v", s)
	}
}

// The slot goes while a load under its snapshot runs: that build cannot be
// followed and the next one is made, while there is always one that answers.
func TestFaultTheSlotGoesDuringALoad(t *testing.T) {
	for name, harm := range map[string]func(*county){"dropped": (*county).dropSlot, "invalidated": (*county).loseSlot} {
		t.Run(name, func(t *testing.T) {
			c := newCounty(t, small)
			p, o := c.far(c.options(t.TempDir()))
			f := c.follow(o)
			f.wait()
			w := c.witness(f)
			w.more(20)
			f.current()
			p.Slow(0, 100_000)
			c.dropSlot()
			f.until("a load", func(s Status) bool { return s.Load.Step == "copying" && s.Load.Rows > 200 })
			harm(c)
			if s := f.Status(); s.Build != 1 || !s.Serving || s.State != Loading {
				t.Errorf("the load is over, or the build before does not answer: %+v", s)
			}
			p.Heal()
			f.until("a new build", func(s Status) bool { return s.Rebuilds >= 2 })
			f.current()
			w.hold(f)
			if s := f.Status(); s.Rebuilds > 3 || s.Error != "" {
				t.Errorf("more builds were made than were needed: %+v", s)
			}
		})
	}
}

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
	c.dropSlot() // when the server, too, has seen that the follower is gone
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
	c := newCounty(t, small)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	f.stop()
	c.loseSlot()
	f = c.follow(o)
	f.until("a new build", func(s Status) bool { return s.Rebuilds == 1 })
	f.equal()
	if r := f.Status().Reason; !strings.Contains(r, "lost its write-ahead log") {
		t.Errorf("the reason is said to be %q", r)
	}
}

func TestFaultTheProgramsOwnLimitOfTheSlot(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	o.MaxRetained = 1 << 20
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
	if h := f.Status().Slot; !h.Exists || h.Bound != 8<<20 || h.ServerBound != 4<<30 || h.Limit() != 8<<20 || h.Warning != "" {
		t.Errorf("at first: %+v", h)
	}
	c.logBytes(5 << 20)
	f.until("a warning", func(s Status) bool { return strings.Contains(s.Slot.Warning, "more than half") })
	for end := time.Now().Add(patience); log.count("level=WARN") == 0 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
	} // it is logged a moment after it is shown
	if n := log.count("level=WARN"); n != 1 {
		t.Errorf("%d warnings were logged", n)
	}
	if c.slots() != 1 {
		t.Error("the slot was dropped before its bound")
	}
	c.logBytes(5 << 20)
	f.until("the end of the slot", func(s Status) bool { return s.Slot.Dropped == 1 })
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
	if !strings.Contains(s.Reason, "held back") || s.Rebuilds != 2 || s.Slot.Dropped != 1 {
		t.Errorf("%+v", s)
	}
	f.until("a slot that holds little", func(s Status) bool { return s.Slot.Exists && s.Slot.Retained < 4<<20 && s.Slot.Warning == "" })
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
