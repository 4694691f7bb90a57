package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// damage is done to the warehouse's files in many ways, while nothing runs and
// under the running program. Whatever is asked afterwards is answered truly or
// not at all, and the warehouse is whole again by itself.
var damage = map[string]func(rng *rand.Rand, path string) error{
	"deleted": func(_ *rand.Rand, path string) error { return os.Remove(path) },
	"replaced": func(_ *rand.Rand, path string) error {
		if err := os.WriteFile(path+".other", []byte(strings.Repeat("not a database ", 10_000)), 0o600); err != nil {
			return err
		}
		return os.Rename(path+".other", path)
	},
	"emptied": func(_ *rand.Rand, path string) error { return os.Truncate(path, 0) },
	"cut off": func(rng *rand.Rand, path string) error { return cutOff(rng, path) },
	"changed": func(rng *rand.Rand, path string) error { return flip(rng, path, 1+rng.IntN(3)) },
	"overwritten in places": func(rng *rand.Rand, path string) error {
		return flip(rng, path, 200)
	},
	"pointed to by nonsense": func(_ *rand.Rand, path string) error {
		return os.WriteFile(filepath.Join(filepath.Dir(path), "current"), []byte("nonsense"), 0o600)
	},
}

func cutOff(rng *rand.Rand, path string) error {
	i, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Truncate(path, rng.Int64N(i.Size()))
}

// flip changes a bit of so many bytes.
func flip(rng *rand.Rand, path string, bytes int) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	i, err := file.Stat()
	if err != nil {
		return err
	}
	for range bytes {
		at := rng.Int64N(i.Size())
		b := make([]byte, 1)
		if _, err := file.ReadAt(b, at); err != nil {
			return err
		}
		b[0] ^= 1 << rng.IntN(8)
		if _, err := file.WriteAt(b, at); err != nil {
			return err
		}
	}
	return file.Sync()
}

// seeded makes a random source that can be had again.
func seeded(t *testing.T) *rand.Rand {
	seed := rand.Uint64()
	if given, err := strconv.ParseUint(os.Getenv("ONEVISION_SEED"), 10, 64); err == nil {
		seed = given
	}
	t.Logf("ONEVISION_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// equalInTheEnd reads everything until it can be read: it may never differ.
func (f *follower) equalInTheEnd() {
	f.t.Helper()
	f.wait()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(f.t.Context(), patience)
		r, err := f.Verify(ctx)
		cancel()
		if err == nil && r.Equal {
			return
		}
		if err == nil {
			f.t.Fatalf("wrong figures, silently: %+v", r)
		}
		if time.Now().After(end) {
			f.t.Fatalf("the warehouse did not come back: %v, %+v", err, f.Status())
		}
	}
}

func TestFaultTheFileIsDamaged(t *testing.T) {
	c := newCounty(t, nil)
	rng := seeded(t)
	for _, name := range slices.Sorted(maps.Keys(damage)) {
		// Where the damage is done at random, it may be where nothing is.
		random := slices.Contains([]string{"cut off", "changed", "overwritten in places"}, name)
		damages := 1
		if random {
			damages = times(1, 10)
		}
		t.Run(name, func(t *testing.T) {
			c := *c
			c.T = t
			c.connect()
			o := c.options(t.TempDir())
			o.SlotInterval = 200 * time.Millisecond
			f := c.follow(o)
			f.wait()
			f.equal()
			for n := range damages {
				f.stop() // and the file is whole, without a log beside it
				path := c.current(o.Dir)
				if err := damage[name](rng, path); err != nil {
					t.Fatal(err)
				}
				c.exec(`UPDATE ks4_result SET attainment8 = CASE attainment8 WHEN 1 THEN 2 ELSE 1 END`)
				f = c.follow(o)
				reason := f.Status().Reason
				f.equalInTheEnd()
				if !random && (reason == "" || f.Status().Rebuilds != 1) {
					t.Errorf("no new build was made: %+v", f.Status())
				}
				if n == 0 {
					t.Logf("while nothing ran: %s", f.Status().Reason)
				}

				if name == "pointed to by nonsense" {
					continue // nobody reads the pointer while the program runs
				}
				was := f.Status().Rebuilds
				if err := damage[name](rng, c.current(o.Dir)); err != nil {
					t.Fatal(err)
				}
				c.exec(`UPDATE ks4_result SET attainment8 = CASE attainment8 WHEN 1 THEN 2 ELSE 1 END`)
				if !random { // it is noticed though everything is in memory
					f.until("a new build", func(s Status) bool { return s.Rebuilds > was })
				}
				f.equalInTheEnd()
				if n == 0 {
					t.Logf("under the program: %s", f.Status().Reason)
				}
				f.stop() // now what was in memory is read from the disk
				f = c.follow(o)
				f.equalInTheEnd()
				c.onlyBuild(o.Dir, f.Status().Build)
			}
		})
	}
}

// current is the file that serves.
func (c *county) current(dir string) string {
	c.Helper()
	name, err := os.ReadFile(filepath.Join(dir, "current"))
	if err != nil {
		c.Fatal(err)
	}
	return filepath.Join(dir, strings.TrimSpace(string(name)))
}

// The program is killed, and the log that it left beside the file is damaged:
// what it held is not there, and comes again or is built again.
func TestFaultTheLogIsDamaged(t *testing.T) {
	c := newCounty(t, nil)
	rng := seeded(t)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	f.stop()
	harmed := 0
	for n := range times(1, 20) {
		stop := c.write()
		child := c.child(o, 0, "")
		c.applies(o)
		time.Sleep(time.Duration(rng.IntN(300)) * time.Millisecond)
		child.Process.Kill()
		child.Wait()
		stop()
		log := c.current(o.Dir) + ".wal"
		if i, err := os.Stat(log); err == nil && i.Size() > 0 {
			harmed++
			harm := flip(rng, log, 1)
			if n%3 == 1 {
				harm = cutOff(rng, log)
			} else if n%3 == 2 {
				harm = os.Remove(log)
			}
			if harm != nil {
				t.Fatal(harm)
			}
		}
		f = c.follow(o)
		f.equalInTheEnd()
		t.Logf("round %d: %s", n, f.Status().Reason)
		f.stop()
	}
	if harmed == 0 {
		t.Error("no kill left a log to damage")
	}
}

// A file of an older release's form serves as it is until the new one is whole.
func TestFaultAFileOfAnOlderRelease(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	f.equal()
	rows := f.number(`SELECT count(*) FROM facts.attendance`)
	f.stop()
	d, err := connectDuck(c.current(o.Dir), settings("1GB", 0))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.exec("UPDATE warehouse.position SET fingerprint = 'an older form'"); err != nil {
		t.Fatal(err)
	}
	d.close()
	c.exec(marks, "2026-03-01", "I")
	loaded, goOn := make(chan struct{}), make(chan struct{})
	o.onStep = func(step string) {
		if step == "loaded" {
			close(loaded)
			<-goOn
		}
	}
	f = c.follow(o)
	<-loaded
	stop := f.reading()
	if s := f.Status(); !s.Serving || s.Build != 1 || !strings.Contains(s.Reason, "another release's form") {
		t.Errorf("%+v", s)
	}
	if n := f.number(`SELECT count(*) FROM facts.attendance`); n != rows {
		t.Errorf("the older file has %d rows, not %d", n, rows)
	}
	close(goOn)
	f.until("a new build", func(s Status) bool { return s.Build == 2 })
	stop()
	f.equal()
	c.onlyBuild(o.Dir, 2)
}

func TestFaultAnOlderFilePutBack(t *testing.T) {
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

// DuckDB gives a database up for an error of its own. The file is opened again
// without the program being started anew; when it comes again and again there is
// a new build.
func TestFaultDuckDBGivesTheFileUp(t *testing.T) {
	c := newCounty(t, nil)
	f := c.follow(c.options(t.TempDir()))
	f.wait()
	for n := range 4 {
		c.exec(marks, time.Date(2026, 3, 1+n, 0, 0, 0, 0, time.UTC), "I")
		b := f.Warehouse.serving
		f.watch(b, &duckError{"FATAL Error: a test wants it", true})
		f.until("the file opened again, or a new build", func(s Status) bool { return !b.instanceLost() || s.Build == 2 })
		f.equal()
		// Also what is looked for all over a table, with what the instance before had.
		c.exec(`UPDATE attendance SET am_minutes = $1 WHERE date IN ('2025-09-03', '2026-03-01')`, 10+n)
		f.equal()
		if s := f.Status(); n < 3 && s.Rebuilds != 1 || n == 3 && s.Rebuilds != 2 {
			t.Errorf("round %d: %+v", n, s)
		}
	}
}

// What is computed from facts is cut short at any moment, time after time. The
// file can be given up and opened again all the same: no connection that was cut
// keeps hold of it.
func TestFaultComputationsAreCutShort(t *testing.T) {
	c := newCounty(t, nil)
	f := c.follow(c.options(t.TempDir()))
	f.wait()
	rng := seeded(t)
	compute := func(ctx context.Context, conn *sql.Conn, _ Position) error {
		for _, statement := range []string{
			`CREATE SCHEMA IF NOT EXISTS results`,
			`CREATE OR REPLACE TABLE results.cut AS SELECT a.child_id, a.date, i FROM facts.attendance a, range(200) r(i)`,
			`DELETE FROM results.cut WHERE i % 2 = 0`,
		} {
			if _, err := conn.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	}
	for n := range times(1, 20) {
		cut := 0
		for range 50 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rng.Int64N(int64(20*time.Millisecond))))
			err := f.Write(ctx, compute)
			switch {
			case errors.Is(err, context.DeadlineExceeded):
				cut++
			case err != nil:
				t.Errorf("it failed by itself: %v", err)
			}
			cancel()
		}
		if cut == 0 {
			t.Error("nothing was cut short")
		}
		if err := f.Write(t.Context(), compute); err != nil {
			t.Errorf("with all the time it needs: %v", err)
		}
		b := f.Warehouse.serving
		f.watch(b, &duckError{"FATAL Error: a test wants it", true})
		f.until("the file opened again", func(Status) bool { return !b.instanceLost() })
		c.exec(marks, time.Date(2026, 3, 1+n, 0, 0, 0, 0, time.UTC), "I")
		f.equal()
		// As often as this within an hour, DuckDB would be taken for broken.
		b.mu.Lock()
		b.losses = nil
		b.mu.Unlock()
	}
	if s := f.Status(); s.Rebuilds != 1 {
		t.Errorf("%+v", s)
	}
}
