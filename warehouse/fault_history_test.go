package warehouse

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An older copy of the database is put back and other records are written: the
// new history must not be taken for the old one, wherever its positions lie.
func TestFaultAnOlderCopyPutBack(t *testing.T) {
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

func TestFaultAnotherTimeline(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	f.stop()
	d, err := connectDuck(filepath.Join(o.Dir, "warehouse-1.duckdb"), settings("1GB", 0))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.exec("UPDATE warehouse.position SET timeline = timeline + 1"); err != nil {
		t.Fatal(err)
	}
	d.close()
	f = c.follow(o)
	f.until("a new build", func(s Status) bool { return s.Rebuilds == 1 })
	f.equal()
}
