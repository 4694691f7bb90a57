package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// The program is killed at each step of a new build and of its taking over. When
// it comes back a whole build serves at once, the old one up to the step at which
// the pointer names the new one; then everything is followed, and nothing is left
// of the other.
func TestFaultKilledInASwap(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	f.equal()
	const count = `SELECT count(*) FROM facts.attendance`
	day := 0
	for range times(1, 6) {
		for _, step := range []struct {
			name  string
			taken bool // the new build serves afterwards
		}{
			{"epoch given", false}, {"slot made", false}, {"last written", false}, {"last renamed", false}, {"file made", false},
			{"loaded", false}, {"checkpointed", false}, {"synced", false}, {"current written", false},
			{"current renamed", true}, {"taken over", true}, {"deleted", true},
		} {
			old, before := f.Status().Build, f.number(count)
			f.stop()
			day++
			c.exec(marks, time.Date(2026, 9, day, 0, 0, 0, 0, time.UTC), "I") // one transaction, 200 rows
			child := c.child(o, 0, step.name)
			if err := child.Wait(); err == nil || child.ProcessState.ExitCode() == 1 {
				t.Fatalf("%s: the child ended by itself: %v", step.name, err)
			}
			w, err := Open(t.Context(), o)
			if err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			f.Warehouse = w
			s, rows := w.Status(), f.number(count)
			if !s.Serving || s.Build != old && !step.taken || s.Build <= old && step.taken {
				t.Errorf("%s: build %d serves (%v) after build %d", step.name, s.Build, s.Serving, old)
			}
			// What the child had followed before is in the old one, or not yet.
			if rows != before+200 && (step.taken || rows != before) {
				t.Errorf("%s: %d rows serve after %d", step.name, rows, before)
			}
			c.onlyBuild(o.Dir, s.Build)
			if err := w.Close(); err != nil {
				t.Error(err)
			}
			f = c.follow(o)
			f.equal()
			if s := f.Status(); step.taken && s.Rebuilds != 0 || s.Rebuilds > 1 {
				t.Errorf("%s: %+v", step.name, s)
			}
			c.onlyBuild(o.Dir, f.Status().Build)
			if t.Failed() {
				return
			}
		}
	}
}

// onlyBuild: the folder holds one build, and of nothing else anything.
func (c *county) onlyBuild(dir string, build int) {
	c.Helper()
	want := fmt.Sprintf("warehouse-%d.duckdb", build)
	var names []string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			c.Fatal(err)
		}
		names = nil
		for _, e := range entries {
			if n := e.Name(); !slices.Contains([]string{"lock", "last", "current", want, want + ".wal", want + ".tmp"}, n) && !strings.HasPrefix(n, want+".instance") {
				names = append(names, n)
			}
		}
		if len(names) == 0 {
			return // what is let go of is deleted a moment later
		}
	}
	c.Errorf("beside build %d the folder holds %v", build, names)
}

// New builds are made while records are written and readers ask. Each answer
// comes, and holds whatever was committed before the time that it is as at; the
// build that serves stays until the new one is whole.
func TestFaultANewBuildBesideReadersAndWriters(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	var written sync.Map // how many marks there were at least: when it was so
	var last atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		conn, err := pgx.Connect(t.Context(), c.admin)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close(context.Background())
		for n := int64(1); ctx.Err() == nil; n++ {
			if _, err := conn.Exec(t.Context(), `INSERT INTO attendance (child_id, school_id, date, am, recorded_by) VALUES ($1, 1, DATE '2026-06-01' + $2::int, '/', 0)`, 1+n%200, n/200); err != nil {
				t.Error(err)
				return
			}
			written.Store(n, time.Now())
			last.Store(n)
			time.Sleep(time.Millisecond) // or the table grows as fast as it is built
		}
	})
	answers, before := 0, int64(0)
	var beside atomic.Int64 // answers while a build was made
	all.Go(func() {
		for ctx.Err() == nil {
			loading := f.Status().State == Loading
			err := f.Read(t.Context(), func(ctx context.Context, conn *sql.Conn, at Position) error {
				var n int64
				if err := conn.QueryRowContext(ctx, `SELECT count(*) FROM facts.attendance WHERE date >= '2026-06-01'`).Scan(&n); err != nil {
					return err
				}
				if when, ok := written.Load(n + 1); ok && when.(time.Time).Before(at.AsAt) {
					t.Errorf("build %d as at %s lacks the mark %d, which was written at %s", at.Build, at.AsAt, n+1, when)
				}
				if n < before {
					t.Errorf("build %d has %d marks, and an answer before had %d", at.Build, n, before)
				}
				before = n
				return nil
			})
			if err != nil {
				t.Errorf("a reader had no answer: %v", err)
			}
			answers++
			if loading {
				beside.Add(1)
			}
			time.Sleep(2 * time.Millisecond)
		}
	})
	for n := range 3 { // after more within an hour the next must wait
		if err := f.Rebuild(t.Context(), "a test wants it"); err != nil {
			t.Error(err)
		}
		if s := f.Status(); s.Build < n+2 {
			t.Errorf("%+v", s)
		}
		f.current()
	}
	cancel()
	all.Wait()
	f.equal()
	t.Logf("%d answers, %d of them while a build was made, of %d marks", answers, beside.Load(), last.Load())
	if beside.Load() == 0 {
		t.Error("no reader asked while a build was made")
	}
	c.onlyBuild(o.Dir, f.Status().Build)
}

// A new build takes over while the old one is still read; the old file goes
// with its last reader.
func TestFaultANewBuildTakesOver(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	old := filepath.Join(o.Dir, "warehouse-1.duckdb")
	err := f.Read(t.Context(), func(ctx context.Context, conn *sql.Conn, at Position) error {
		c.dropSlot()
		f.until("a new build", func(s Status) bool { return s.Build == 2 })
		var n int
		if err := conn.QueryRowContext(ctx, `SELECT count(*) FROM facts.attendance`).Scan(&n); err != nil {
			return err
		}
		if _, err := os.Stat(old); err != nil || n != 4000 || at.Build != 1 {
			t.Errorf("the old build went under its reader: %d rows, %v", n, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(old); errors.Is(err, os.ErrNotExist) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the old build's file is still there")
		}
	}
	f.equal()
	if err := f.Rebuild(t.Context(), "a test wants it"); err != nil {
		t.Fatal(err)
	}
	if s := f.Status(); s.Build != 3 || s.Reason != "a test wants it" {
		t.Errorf("%+v", s)
	}
	f.equal()
	f.stop()
	w, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	// Without anybody who follows.
	if err := w.Rebuild(t.Context(), "again"); err != nil {
		t.Fatal(err)
	}
	if r, err := w.Verify(t.Context()); err != nil || !r.Equal || r.Position.Build != 4 {
		t.Errorf("%+v %v", r.Position, err)
	}
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
