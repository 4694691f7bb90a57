package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
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
	for range rounds() / 3 {
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
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			c.Fatal(err)
		}
		names = nil
		for _, e := range entries {
			if n := e.Name(); !slices.Contains([]string{"lock", "last", "current", want, want + ".wal", want + ".instance", want + ".tmp"}, n) {
				names = append(names, n)
			}
		}
		if len(names) == 0 {
			return // what is let go of is deleted a moment later
		}
	}
	c.Errorf("beside build %d the folder holds %v", build, names)
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
		c.exec(`SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL`)
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if _, err := c.conn.Exec(ctx, `SELECT pg_drop_replication_slot('onevision_test')`); err == nil {
				break
			}
			c.exec(`SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL`)
		}
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
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
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
