package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
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

// reading asks again and again until stop is called: every answer must come,
// and be of a position no older than the one before.
func (f *follower) reading() (stop func()) {
	ctx, cancel := context.WithCancel(f.t.Context())
	done := make(chan struct{})
	answers := 0
	go func() {
		defer close(done)
		var last Position
		for ctx.Err() == nil {
			err := f.Read(f.t.Context(), func(ctx context.Context, c *sql.Conn, at Position) error {
				if at.Build < last.Build || at.Build == last.Build && at.AsAt.Before(last.AsAt) {
					f.t.Errorf("an answer as at %+v came after one as at %+v", at, last)
				}
				last = at
				var n int
				return c.QueryRowContext(ctx, `SELECT count(*) FROM facts.attendance`).Scan(&n)
			})
			if err != nil {
				f.t.Errorf("a reader had no answer: %v", err)
				return
			}
			answers++
			time.Sleep(time.Millisecond)
		}
	}()
	return func() {
		cancel()
		<-done
		if answers == 0 {
			f.t.Error("no reader asked")
		}
	}
}

// The disk fills up while records are written. What serves goes on serving, the
// state says what is the matter and how much is needed, and nothing is built
// for it; when there is room again everything comes in by itself.
func TestFaultFullDisk(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(smallDisk(t, "128m"))
	f := c.follow(o)
	f.wait()
	f.equal()
	for round := range 3 {
		// Nothing is left, next to nothing, and less than the file could need.
		makeRoom := fill(t, o.Dir, []int64{0, 100_000, spare - 1<<20}[round])
		stop := f.reading()
		was := f.Status()
		before := f.number(`SELECT count(*) FROM facts.attendance`)
		c.exec(marks, time.Date(2026, 3, 1+round, 0, 0, 0, 0, time.UTC), "I")
		f.until("the words", saysFull)
		for range 3 {
			time.Sleep(300 * time.Millisecond)
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

// A checkpoint that fails for want of room makes DuckDB give the whole database
// up. Its file is opened again, and answers.
func TestFaultFullDiskInACheckpoint(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(smallDisk(t, "128m"))
	f := c.follow(o)
	f.wait()
	for range rounds() {
		c.exec(`UPDATE attendance SET am = CASE am WHEN '/' THEN 'O' ELSE '/' END`)
		f.equal()
		makeRoom := fill(t, o.Dir, 0)
		b := f.Warehouse.serving
		_, err := b.writes.ExecContext(t.Context(), "CHECKPOINT build")
		if troubleOf(err) != shut {
			t.Fatalf("a checkpoint on a full disk: %v", err)
		}
		if err := f.watch(b, err); err == nil {
			t.Error("the error was lost")
		}
		stop := f.reading()
		c.exec(`UPDATE ks4_result SET attainment8 = attainment8 + 0.01`)
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
	o.reach = func(step string) {
		if step == "file made" && begun.Add(1) == 2 {
			makeRoom.Store(fill(t, o.Dir, 0))
		}
	}
	f := c.follow(o)
	f.wait()
	f.equal()
	rebuilt := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	stop := f.reading()
	go func() { rebuilt <- f.Rebuild(ctx, "a test wants it") }()
	f.until("the words", saysFull)
	time.Sleep(2 * time.Second)
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
