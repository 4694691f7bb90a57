package warehouse

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"onevision/records/postgres/postgrestest"
)

// The disk of PostgreSQL is full: first tables cannot grow, and who writes is
// told so; then its log cannot, and PostgreSQL ends itself. What was acknowledged
// is there when there is room again, and everything goes on by itself.
func TestFaultPostgresDiskIsFull(t *testing.T) {
	t.Run("own", func(t *testing.T) { diskIsFull(t, true) })
	t.Run("told", func(t *testing.T) { diskIsFull(t, false) })
}

func diskIsFull(t *testing.T, own bool) {
	t.Parallel()
	server, disk := postgrestest.ServerOnADisk(t, map[string]string{"min_wal_size": "32MB", "max_wal_size": "64MB", "shared_buffers": "16MB"}, own)
	t.Logf("on a disk of its own: %v", disk.Own)
	c := countyOn(t, server)
	keeping, stop := context.WithCancel(context.Background())
	var kept sync.WaitGroup
	kept.Go(func() { server.Keep(keeping) }) // as the program does
	t.Cleanup(func() { stop(); kept.Wait() })
	f := c.follow(c.options(t.TempDir()))
	f.wait()
	w := c.witness(f)
	for range times(1, 4) {
		w.more(20)
		f.current()
		conn := c.connection() // before: a server without room cannot take another
		disk.Fill()
		err := c.fails(conn, `INSERT INTO audit (account_id, actor, role, action, reason) SELECT 0, 'test', '', 'read', repeat('x', 1000) FROM generate_series(1, 1000)`)
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != "53100" || !strings.Contains(pg.Message, "No space left on device") {
			t.Errorf("a full disk is said to be: %v", err)
		}
		full := time.Now()
		disk.Free()
		w.more(20)
		f.until("data as at now", func(s Status) bool { return s.State == Following && s.Position.AsAt.After(full) })

		before := server.PID()
		conn = c.connection()
		disk.Fill()
		err = c.fails(conn, `SELECT pg_logical_emit_message(false, 'test', repeat('x', 1000000))`)
		if !strings.Contains(err.Error(), "No space left on device") && !strings.Contains(err.Error(), "EOF") && !strings.Contains(err.Error(), "closed") && !strings.Contains(err.Error(), "broken pipe") && !strings.Contains(err.Error(), "57P") {
			t.Errorf("a full disk is said to be: %v", err)
		}
		f.until("an error", func(s Status) bool { return s.Error != "" && s.Serving })
		time.Sleep(2 * time.Second) // starts again, and cannot, more than once
		disk.Free()
		w.more(20)
		f.current()
		t.Logf("process %d was, %d is; the writer heard %q", before, server.PID(), err)
	}
	w.hold(f)
	if s := f.Status(); s.Rebuilds != 1 || s.Error != "" {
		t.Errorf("a full disk made a new build necessary: %+v", s)
	}
}

func (c *county) connection() *pgx.Conn {
	c.Helper()
	conn, err := pgx.Connect(c.Context(), c.admin)
	if err != nil {
		c.Fatal(err)
	}
	return conn
}

// fails repeats a statement until it fails, and closes the connection.
func (c *county) fails(conn *pgx.Conn, statement string) error {
	c.Helper()
	defer conn.Close(context.Background())
	for range 2000 {
		if _, err := conn.Exec(c.Context(), statement); err != nil {
			return err
		}
	}
	c.Fatalf("the disk is not full: %s", statement)
	return nil
}
