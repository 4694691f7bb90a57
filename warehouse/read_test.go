package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestReadAndWrite(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	o.ReadTimeout = 5 * time.Second
	o.Readers = 2
	w, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	nothing := func(context.Context, *sql.Conn, Position) error { return nil }
	if err := w.Read(t.Context(), nothing); !errors.Is(err, ErrNotReady) {
		t.Errorf("before the first build: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f := c.follow(o)
	f.wait()
	f.equal()
	if err := f.Write(t.Context(), func(ctx context.Context, c *sql.Conn, at Position) error {
		if _, err := c.ExecContext(ctx, `CREATE TABLE results.measure AS SELECT school_id, count(*) AS n FROM facts.attendance GROUP BY ALL`); err != nil {
			return err
		}
		_, err := c.ExecContext(ctx, `CREATE VIEW main.marks AS SELECT * FROM facts.attendance`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	threads := func() int64 { return f.number(`SELECT current_setting('threads')::BIGINT`) }
	if n := threads(); n != 1 {
		t.Errorf("%d threads for few facts", n)
	}
	f.serving.counted.Store(0)
	if err := f.serving.useThreads(t.Context(), 1000); err != nil {
		t.Fatal(err)
	}
	if n := threads(); n != int64(runtime.NumCPU()) {
		t.Errorf("%d threads for many facts", n)
	}
	failed := errors.New("no")
	if err := f.Write(t.Context(), func(ctx context.Context, c *sql.Conn, at Position) error {
		if _, err := c.ExecContext(ctx, `DELETE FROM results.measure`); err != nil {
			return err
		}
		return failed
	}); !errors.Is(err, failed) {
		t.Error(err)
	}
	if n := f.number(`SELECT sum(n)::BIGINT FROM results.measure`); n != 4000 {
		t.Errorf("%d", n)
	}
	for statement, word := range map[string]string{
		`INSERT INTO results.measure VALUES (1, 1)`: "read-only",
		`DELETE FROM facts.attendance`:              "read-only",
		`CREATE TABLE main.x (i INTEGER)`:           "read-only",
		`SELECT * FROM read_csv('/etc/passwd')`:     "disabled",
		`COPY facts.child TO '/tmp/children.csv'`:   "disabled",
		`ATTACH '/tmp/other.duckdb'`:                "disabled",
		`INSTALL httpfs`:                            "disabled",
		`SET enable_external_access = true`:         "",
		`SET memory_limit = '100GB'`:                "locked",
		`SELECT count(*) FROM range(1000000000000)`: "nterrupt",
	} {
		err := f.Read(t.Context(), func(ctx context.Context, c *sql.Conn, _ Position) error {
			_, err := c.ExecContext(ctx, statement)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), word) && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", statement, err)
		}
		if long := strings.Contains(statement, "range("); errors.Is(err, ErrTooLong) != long {
			t.Errorf("%s: %v", statement, err)
		}
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic went under")
			}
		}()
		f.Read(t.Context(), func(context.Context, *sql.Conn, Position) error { panic("a reader's") })
	}()
	// A snapshot stays what it was, and so does its position, while changes come in.
	err = f.Read(t.Context(), func(ctx context.Context, conn *sql.Conn, at Position) error {
		c.exec(marks, "2026-05-01", "I")
		f.next()
		f.next()
		var n int
		var lsn uint64
		if err := conn.QueryRowContext(ctx, `SELECT count(*), any_value(p.last_end) FROM main.marks, warehouse.position p WHERE date = '2026-05-01'`).Scan(&n, new(any)); err != nil {
			return err
		}
		if err := conn.QueryRowContext(ctx, `SELECT lsn FROM warehouse.position`).Scan(&lsn); err != nil {
			return err
		}
		if n != 0 || lsn > at.LSN {
			t.Errorf("the snapshot moved: %d rows, %d after %d", n, lsn, at.LSN)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := f.number(`SELECT count(*) FROM main.marks WHERE date = '2026-05-01'`); n != 200 {
		t.Errorf("%d", n)
	}
}
