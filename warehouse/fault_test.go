package warehouse

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTheWarehousesRestart(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	if _, err := Open(t.Context(), o); !errors.Is(err, ErrInUse) {
		t.Errorf("a second process could open the folder: %v", err)
	}
	for range rounds() {
		stop := c.write()
		time.Sleep(200 * time.Millisecond)
		f.stop()
		time.Sleep(200 * time.Millisecond)
		stop()
		f = c.follow(o)
		select {
		case <-f.Ready():
		default:
			t.Error("the build does not serve at once")
		}
		f.equal()
	}
	if s := f.Status(); s.Rebuilds != 0 {
		t.Errorf("restarting made a new build necessary: %+v", s)
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

func TestABrokenFileIsBuiltAgain(t *testing.T) {
	c := newCounty(t, nil)
	for name, harm := range map[string]func(path string) error{
		"deleted":   os.Remove,
		"truncated": func(path string) error { return os.Truncate(path, 20_000) },
		"empty":     func(path string) error { return os.Truncate(path, 0) },
		"foreign": func(path string) error {
			return os.WriteFile(path, []byte(strings.Repeat("not a database ", 10_000)), 0o600)
		},
		"pointer": func(path string) error {
			return os.WriteFile(filepath.Join(filepath.Dir(path), "current"), []byte("nonsense"), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := *c
			c.T = t
			c.connect()
			o := c.options(t.TempDir())
			f := c.follow(o)
			f.wait()
			path := filepath.Join(o.Dir, "warehouse-1.duckdb")
			f.equal()
			f.stop()
			if err := harm(path); err != nil {
				t.Fatal(err)
			}
			c.exec(`UPDATE ks4_result SET attainment8 = attainment8 + 0.01`)
			f = c.follow(o)
			if r := f.Status().Reason; r == "" {
				t.Error("no reason is said")
			} else {
				t.Log(r)
			}
			f.wait()
			f.equal()
			if s := f.Status(); s.Rebuilds != 1 || s.Build != 2 {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestAnOlderFilePutBack(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	f.stop()
	path := filepath.Join(o.Dir, "warehouse-1.duckdb")
	kept := filepath.Join(t.TempDir(), "kept")
	c.copyTree(path, kept)
	f = c.follow(o)
	c.exec(marks, "2026-03-01", "I")
	f.equal()
	f.stop()
	if err := os.Rename(kept, path); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(path + ".wal"); err != nil {
		t.Fatal(err)
	}
	f = c.follow(o)
	f.until("a new build", func(s Status) bool { return s.Rebuilds == 1 })
	f.equal()
	t.Log(f.Status().Reason)
}
