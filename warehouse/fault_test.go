package warehouse

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestPostgresRestartAndCrash(t *testing.T) {
	c := newCounty(t, nil)
	f := c.follow(c.options(t.TempDir()))
	f.wait()
	for i := range rounds() {
		stop := c.write()
		time.Sleep(300 * time.Millisecond)
		if i%2 == 0 {
			if err := c.server.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		if err := c.server.Restart(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		func() { // the writer's connection broke, as it must
			defer func() { recover() }()
			stop()
		}()
		c.connect()
		c.exec(`UPDATE ks4_result SET attainment8 = $1`, i)
		f.equal()
	}
	if s := f.Status(); s.Rebuilds != 1 {
		t.Errorf("PostgreSQL's restart made a new build necessary: %+v", s)
	}
}

// putBack replaces the server's data by an earlier copy.
func (c *county) putBack(copied string) {
	c.Helper()
	data := filepath.Join(c.server.Dir(), "data")
	if err := os.RemoveAll(data); err != nil {
		c.Fatal(err)
	}
	c.copyTree(copied, data)
}

func (c *county) copyTree(from, to string) {
	c.Helper()
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		c.Fatalf("copy %s: %v: %s", from, err, out)
	}
}

func (c *county) restart() {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), time.Minute)
	defer cancel()
	if err := c.server.Restart(ctx); err != nil {
		c.Fatal(err)
	}
	c.connect()
}

func (c *county) halt() {
	c.Helper()
	if err := c.server.Stop(c.Context()); err != nil {
		c.Fatal(err)
	}
}

const marks = `INSERT INTO attendance (child_id, school_id, date, am, recorded_by) SELECT id, 1, $1::date, $2, 0 FROM child`

// An older copy of the database is put back and other records are written: the
// new history must not be taken for the old one, wherever its positions lie.
func TestAnOlderCopyPutBack(t *testing.T) {
	for name, test := range map[string]struct {
		restarted bool // the follower starts again after the copy was made: another epoch
		more      int  // days written after it was put back, against two before
		reason    string
	}{
		"behind the stored position": {restarted: true, more: 0, reason: "older than the warehouse"},
		"past it":                    {restarted: true, more: 40, reason: "another start of the follower"},
		"past it, and no start of the follower between":   {restarted: false, more: 40, reason: "the transaction applied last"},
		"behind, and no start of the follower in between": {restarted: false, more: 0, reason: "older than the warehouse"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounty(t, nil)
			o := c.options(t.TempDir())
			f := c.follow(o)
			f.wait()
			c.exec(marks, "2026-03-01", "I")
			f.equal()
			data, before := filepath.Join(c.server.Dir(), "data"), filepath.Join(c.server.Dir(), "before")
			if test.restarted {
				f.stop()
				c.halt()
				c.copyTree(data, before)
				c.restart()
				f = c.follow(o)
			} else { // like a snapshot of the disk, which nobody notices
				c.exec(`CHECKPOINT`)
				c.copyTree(data, before)
				if err := os.Remove(filepath.Join(before, "postmaster.pid")); err != nil {
					t.Fatal(err)
				}
			}
			c.exec(marks, "2026-03-02", "O")
			c.exec(marks, "2026-03-03", "O")
			f.equal()
			f.stop()
			c.halt()
			c.putBack(before)
			c.restart()
			for day := range test.more {
				c.exec(`INSERT INTO attendance (child_id, school_id, date, am, recorded_by) SELECT id, 1, DATE '2026-03-02' + $1::int, 'M', 0 FROM child`, day)
			}
			f = c.follow(o)
			f.until("a new build", func(s Status) bool { return s.Rebuilds == 1 })
			f.equal()
			if r := f.Status().Reason; !strings.Contains(r, test.reason) {
				t.Errorf("the reason is said to be %q, not %q", r, test.reason)
			}
		})
	}
}

func TestLosingTheSlot(t *testing.T) {
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

func TestTheServersLimitOfTheSlot(t *testing.T) {
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
