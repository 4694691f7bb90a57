package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// smallDisk is a folder on a file system of its own.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Fatalf("a small file system is needed to fill, and mounting one needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill takes what is free on a folder's disk but for some bytes, until makeRoom.
func fill(t *testing.T, dir string, leave int64) (makeRoom func()) {
	t.Helper()
	path := filepath.Join(dir, "filler")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	free, err := (&folder{path: dir}).free()
	for err == nil && free > leave {
		_, err = file.Write(make([]byte, min(free-leave, 1<<20)))
		free = free - min(free-leave, 1<<20)
	}
	if err != nil && !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}

func saysFull(s Status) bool {
	return strings.Contains(s.Error, "the disk of the warehouse is full") && strings.Contains(s.Error, "are needed")
}

// The disk fills up while records are written. What serves goes on serving, the
// state says what is the matter and how much is needed, and nothing is built
// for it; when there is room again everything comes in by itself.
func TestFaultFullDisk(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(smallDisk(t, "128m"))
	attempts := o.steps("attempt")
	f := c.follow(o)
	f.wait()
	f.equal()
	for round := range 3 {
		// Nothing is left, next to nothing, and less than the file could need.
		makeRoom := fill(t, o.Dir, []int64{0, 100_000, spareSpace - 1<<20}[round])
		stop := f.reading()
		was := f.Status()
		before := f.number(`SELECT count(*) FROM facts.attendance`)
		c.exec(marks, time.Date(2026, 3, 1+round, 0, 0, 0, 0, time.UTC), "I")
		f.until("the words", saysFull)
		for range 3 {
			attempts.more(t, 1)
			if s := f.Status(); s.Rebuilds != was.Rebuilds || s.Build != 1 || s.Reason != was.Reason || s.State == Loading {
				t.Errorf("a full disk made something be built: %+v", s)
			}
		}
		if now := f.number(`SELECT count(*) FROM facts.attendance`); now != before {
			t.Errorf("%d rows serve, not %d", now, before)
		}
		t.Log(f.Status().Error)
		if err := f.Rebuild(t.Context(), "a test wants it"); err == nil || !strings.Contains(err.Error(), "is full") {
			t.Errorf("a new build beside, on a full disk: %v", err)
		}
		err := f.Write(t.Context(), func(ctx context.Context, c *sql.Conn, at Position) error { return nil })
		if err == nil || !strings.Contains(err.Error(), "is full") {
			t.Errorf("writing to a full disk: %v", err)
		}
		stop()
		// The program starts again meanwhile.
		f.stop()
		f = c.follow(o)
		if s := f.Status(); !s.Serving || s.Build != 1 {
			t.Errorf("after a restart on a full disk: %+v", s)
		}
		f.until("the words", saysFull)
		makeRoom()
		f.equal()
		if s := f.Status(); s.Rebuilds != 0 || s.Error != "" {
			t.Errorf("%+v", s)
		}
		f.stop()
		f = c.follow(o)
		f.equal()
		c.onlyBuild(o.Dir, 1)
		if t.Failed() {
			return
		}
	}
}

// The program starts on a disk on which there is not even the room to open a
// file. It opens it when there is, and makes no other.
func TestFaultNoRoomToOpen(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(smallDisk(t, "128m"))
	f := c.follow(o)
	f.wait()
	f.equal()
	f.stop()
	for _, name := range c.glob(filepath.Join(o.Dir, "*.instance*")) {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	makeRoom := fill(t, o.Dir, 0)
	c.exec(marks, "2026-03-01", "I")
	f = c.follow(o)
	f.until("the words", saysFull)
	if err := f.Read(t.Context(), func(context.Context, *sql.Conn, Position) error { return nil }); !errors.Is(err, ErrNotReady) {
		t.Errorf("a reader was answered %v", err)
	}
	makeRoom()
	f.equal()
	if s := f.Status(); s.Rebuilds != 0 || s.Build != 1 {
		t.Errorf("%+v", s)
	}
}

// A checkpoint that fails for want of room makes DuckDB give the whole database
// up. Its file is opened again, and answers.
func TestFaultFullDiskInACheckpoint(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(smallDisk(t, "128m"))
	f := c.follow(o)
	f.wait()
	for range times(1, 20) {
		c.exec(`UPDATE attendance SET am = CASE am WHEN '/' THEN 'O' ELSE '/' END`)
		f.equal()
		makeRoom := fill(t, o.Dir, 0)
		b := f.Warehouse.serving
		_, err := b.writes.ExecContext(t.Context(), "CHECKPOINT build")
		if classOf(err) != instanceLost {
			t.Fatalf("a checkpoint on a full disk: %v", err)
		}
		if err := f.watch(b, err); err == nil {
			t.Error("the error was lost")
		}
		stop := f.reading()
		c.exec(`UPDATE ks4_result SET attainment8 = CASE attainment8 WHEN 1 THEN 2 ELSE 1 END`)
		f.until("the words", saysFull)
		stop()
		makeRoom()
		f.equal()
		if s := f.Status(); s.Rebuilds != 1 || s.Build != 1 {
			t.Fatalf("%+v", s)
		}
	}
}

// The disk fills up while a new build is made. It leaves nothing behind, is not
// begun again until there is room, and the old one serves.
func TestFaultANewBuildDoesNotFit(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(smallDisk(t, "128m"))
	var begun atomic.Int64
	var makeRoom atomic.Value
	o.onStep = func(step string) {
		if step == "file made" && begun.Add(1) == 2 {
			makeRoom.Store(fill(t, o.Dir, 0))
		}
	}
	attempts := o.steps("attempt")
	f := c.follow(o)
	f.wait()
	f.equal()
	rebuilt := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	stop := f.reading()
	go func() { rebuilt <- f.Rebuild(ctx, "a test wants it") }()
	f.until("the words", saysFull)
	attempts.more(t, 3)
	if n := begun.Load(); n != 2 {
		t.Errorf("%d builds were begun", n)
	}
	s := f.Status()
	if s.Build != 1 || s.Rebuilds != 1 || s.Reason != "a test wants it" {
		t.Errorf("%+v", s)
	}
	t.Log(s.Error)
	if found, err := filepath.Glob(filepath.Join(o.Dir, "warehouse-[^1]*")); err != nil || len(found) > 0 {
		t.Errorf("left behind: %v %v", found, err)
	}
	makeRoom.Load().(func())()
	if err := <-rebuilt; err != nil {
		t.Error(err)
	}
	stop()
	f.equal()
	if s := f.Status(); s.Rebuilds != 2 {
		t.Errorf("%+v", s)
	}
	c.onlyBuild(o.Dir, f.Status().Build)
}

// The disk fills up while one table is loaded again: the others are followed on,
// as far as there is room, and it is tried again.
func TestFaultATableLoadedAgainDoesNotFit(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(smallDisk(t, "128m"))
	f := c.follow(o)
	f.wait()
	f.equal()
	f.stop()
	c.attachRows()
	var makeRoom func()
	filled := make(chan struct{})
	var once sync.Once
	o.onStep = func(step string) {
		if step == "loading again" {
			once.Do(func() { makeRoom = fill(t, o.Dir, 0); close(filled) })
		}
	}
	attempts := o.steps("attempt")
	f = c.follow(o)
	<-filled
	stop := f.reading()
	f.until("the words", func(s Status) bool {
		return strings.Contains(s.StaleError, "the disk of the warehouse is full") || saysFull(s)
	})
	attempts.more(t, 2)
	s := f.Status()
	if s.Rebuilds != 0 || s.Reloads != 0 || len(s.Stale) != 1 {
		t.Errorf("%+v", s)
	}
	t.Logf("%q %q", s.Error, s.StaleError)
	stop()
	makeRoom()
	f.until("the table loaded again", func(s Status) bool { return s.Reloads == 1 && len(s.Stale) == 0 })
	f.equal()
	if s := f.Status(); s.Rebuilds != 0 {
		t.Errorf("%+v", s)
	}
	if left := f.number(`SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE '% loaded'`); left != 0 {
		t.Errorf("%d tables were left behind", left)
	}
}
