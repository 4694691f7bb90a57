// Package indicatorstest is for tests of what stands on indicators: a warehouse
// over a DuckDB that the test opened, with the facts' tables, and a way to fill
// them that can be read.
package indicatorstest

import (
	"context"
	"database/sql"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"onevision/indicators"
)

// Warehouse is a DuckDB as indicators see the warehouse.
type Warehouse struct {
	t     testing.TB
	db    *sql.DB
	write sync.Mutex
	AsAt  time.Time // what Position says; New sets 22 November 2026, 09:00
	Build int
}

// New makes the facts' tables in db, an empty DuckDB that the test opened.
func New(t testing.TB, db *sql.DB) *Warehouse {
	t.Helper()
	w := &Warehouse{t: t, db: db, AsAt: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), Build: 1}
	w.Exec(indicators.SandboxFacts())
	return w
}

// Exec runs a statement; an error fails the test.
func (w *Warehouse) Exec(statement string, args ...any) {
	w.t.Helper()
	if _, err := w.db.Exec(statement, args...); err != nil {
		w.t.Fatalf("%s: %v", statement, err)
	}
}

// Fill writes a small table into the facts: a line of column names, then a line
// for each row, with | between columns; an empty one is NULL.
//
//	w.Fill("school", `id | name
//	                  1  | Ash Primary`)
func (w *Warehouse) Fill(table, text string) {
	w.t.Helper()
	c, err := w.db.Conn(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close()
	if err := indicators.FillFacts(w.t.Context(), c, table, text); err != nil {
		w.t.Fatal(err)
	}
}

// SchoolYear fills half_term with six half terms of six or seven weeks that
// begin in September of year.
func (w *Warehouse) SchoolYear(year int) {
	w.t.Helper()
	w.Exec(`INSERT INTO facts.half_term (id, academic_year, number, first_day, last_day) VALUES
		(?, ?, 1, make_date(?, 9, 1), make_date(?, 10, 23)), (?, ?, 2, make_date(?, 11, 2), make_date(?, 12, 18)),
		(?, ?, 3, make_date(?, 1, 4), make_date(?, 2, 12)), (?, ?, 4, make_date(?, 2, 22), make_date(?, 3, 26)),
		(?, ?, 5, make_date(?, 4, 12), make_date(?, 5, 28)), (?, ?, 6, make_date(?, 6, 7), make_date(?, 7, 21))`,
		year*10+1, year, year, year, year*10+2, year, year, year,
		year*10+3, year, year+1, year+1, year*10+4, year, year+1, year+1,
		year*10+5, year, year+1, year+1, year*10+6, year, year+1, year+1)
}

// Engine is an engine over the warehouse, with the clock at now and the targets
// of the library alone; everything is computed.
func (w *Warehouse) Engine(now time.Time, library ...fs.FS) *indicators.Engine {
	w.t.Helper()
	l, err := indicators.LoadLibrary(library...)
	if err != nil {
		w.t.Fatal(err)
	}
	e, err := indicators.NewEngine(indicators.EngineOptions{Library: l, Warehouse: w, Now: func() time.Time { return now }})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := e.Run(w.t.Context(), nil, 0); err != nil {
		w.t.Fatal(err)
	}
	return e
}

// Read gives a connection of its own.
func (w *Warehouse) Read(ctx context.Context, fn func(context.Context, *sql.Conn, indicators.Position) error) error {
	c, err := w.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return fn(ctx, c, w.position())
}

// Write gives a transaction, one at a time.
func (w *Warehouse) Write(ctx context.Context, fn func(context.Context, *sql.Conn, indicators.Position) error) error {
	w.write.Lock()
	defer w.write.Unlock()
	c, err := w.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.ExecContext(ctx, `BEGIN`); err != nil {
		return err
	}
	done := false
	defer func() { // also after a panic
		if !done {
			c.ExecContext(context.Background(), `ROLLBACK`)
		}
	}()
	if err := fn(ctx, c, w.position()); err != nil {
		return err
	}
	_, err = c.ExecContext(ctx, `COMMIT`)
	done = err == nil
	return err
}

func (w *Warehouse) position() indicators.Position {
	return indicators.Position{AsAt: w.AsAt, Text: "test " + strings.Repeat("I", w.Build), Build: w.Build}
}
