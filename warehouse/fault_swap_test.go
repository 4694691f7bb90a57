package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

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
