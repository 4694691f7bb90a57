package indicators

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"

	_ "time/tzdata"

	_ "github.com/duckdb/duckdb-go/v2"
)

// memory is a sandbox of DuckDB in memory.
type memory struct{}

func (memory) Memory(ctx context.Context) (*sql.DB, error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// store is a warehouse over one DuckDB, for tests: the same two calls, each a
// transaction.
type store struct {
	t     testing.TB
	db    *sql.DB
	write sync.Mutex
	build int
	lsn   int
}

func newStore(t testing.TB, dsn string) *store {
	t.Helper()
	db, err := sql.Open("duckdb", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &store{t: t, db: db, build: 1}
}

// facts makes the facts' tables.
func (s *store) facts() *store {
	s.exec(sandboxFacts)
	return s
}

func (s *store) exec(statement string, args ...any) {
	s.t.Helper()
	s.lsn++
	if _, err := s.db.Exec(statement, args...); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

func (s *store) position() Position {
	return Position{AsAt: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), Text: "test", Build: s.build}
}

func (s *store) Read(ctx context.Context, fn func(context.Context, *sql.Conn, Position) error) error {
	c, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return fn(ctx, c, s.position())
}

func (s *store) Write(ctx context.Context, fn func(context.Context, *sql.Conn, Position) error) error {
	s.write.Lock()
	defer s.write.Unlock()
	c, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.ExecContext(ctx, `BEGIN`); err != nil {
		return err
	}
	if err := fn(ctx, c, s.position()); err != nil {
		c.ExecContext(context.Background(), `ROLLBACK`)
		return err
	}
	_, err = c.ExecContext(ctx, `COMMIT`)
	return err
}
