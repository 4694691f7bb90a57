package warehouse

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"onevision/records/postgres/postgrestest"
)

// An older copy of the database is put back and other records are written: the
// new history must not be taken for the old one, wherever its positions lie.
func TestFaultAnOlderCopyPutBack(t *testing.T) {
	for name, test := range map[string]struct {
		restarted bool // the follower starts again after the copy was made: another epoch
		running   bool // the follower runs while the copy is put back
		more      int  // days written after it was put back, against two before
		reason    string
	}{
		"behind the stored position": {restarted: true, more: 0, reason: "older than the warehouse"},
		"past it":                    {restarted: true, more: 40, reason: "another start of the follower"},
		"past it, and no start of the follower between":   {restarted: false, more: 40, reason: "the transaction applied last"},
		"behind, and no start of the follower in between": {restarted: false, more: 0, reason: "older than the warehouse"},
		"under the running follower":                      {running: true, more: 0, reason: "older than the warehouse"},
		"under the running follower, and written to":      {running: true, more: 40, reason: "was put back"},
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
			builds := f.Status().Rebuilds
			if !test.running {
				f.stop()
				builds = 0
			}
			c.halt()
			c.putBack(before)
			c.restart()
			for day := range test.more {
				c.exec(`INSERT INTO attendance (child_id, school_id, date, am, recorded_by) SELECT id, 1, DATE '2026-03-02' + $1::int, 'M', 0 FROM child`, day)
			}
			if !test.running {
				f = c.follow(o)
			}
			f.until("a new build", func(s Status) bool { return s.Rebuilds == builds+1 })
			f.current()
			f.equal()
			if s := f.Status(); s.Rebuilds != builds+1 || s.Error != "" {
				t.Errorf("%+v", s)
			}
			if r := f.Status().Reason; !strings.Contains(r, test.reason) {
				t.Errorf("the reason is said to be %q, not %q", r, test.reason)
			}
		})
	}
}

// The record store fails over: it is killed, and its standby, which has all that
// was acknowledged, is promoted and takes its address. Its history is another
// from there on, so a new build is made, once. A standby that is not promoted is
// no reason for one.
func TestFaultPostgresFailedOver(t *testing.T) {
	c := newCounty(t, nil)
	p, o := c.far(c.options(t.TempDir()))
	f := c.follow(o)
	f.wait()
	standby := postgrestest.Standby(t, c.server, nil)
	c.exec(`ALTER SYSTEM SET synchronous_standby_names = '*'`)
	c.exec(`SELECT pg_reload_conf()`)
	w := c.witnessBy(p.URL(c.admin), f)
	w.more(50)
	f.current()

	p.Forward(standby)
	p.Cut()
	f.until("the standby known as one", func(s Status) bool { return strings.Contains(s.Error, "standby") })
	p.Forward(c.server)
	p.Cut()
	w.more(50)
	f.current()
	if s := f.Status(); s.Rebuilds != 1 {
		t.Errorf("a standby made a new build necessary: %+v", s)
	}

	if err := c.server.Kill(); err != nil {
		t.Fatal(err)
	}
	c.admin = standby.URL(postgrestest.Prepared)
	c.connect()
	c.exec(`SELECT pg_promote()`)
	c.exec(`ALTER SYSTEM RESET synchronous_standby_names`) // it has none itself
	c.exec(`SELECT pg_reload_conf()`)
	p.Forward(standby)
	p.Cut()
	f.until("a new build", func(s Status) bool { return s.Rebuilds == 2 })
	if r := f.Status().Reason; !strings.Contains(r, "timeline 2") {
		t.Errorf("the reason is said to be %q", r)
	}
	w.more(50)
	f.current()
	w.hold(f)
	if s := f.Status(); s.Rebuilds != 2 || s.Error != "" || s.Position.Timeline != 2 {
		t.Errorf("%+v", s)
	}
}
