package indicators

import (
	"context"
	"database/sql"
	"time"
)

// Warehouse is what indicators need of the warehouse: a snapshot to read, and a
// transaction for the relations derived from the facts (schemas main and
// results). The replicated facts are in schema facts.
type Warehouse interface {
	Read(ctx context.Context, fn func(ctx context.Context, c *sql.Conn, at Position) error) error
	Write(ctx context.Context, fn func(ctx context.Context, c *sql.Conn, at Position) error) error
}

// Position is where in the record store's history a snapshot stands.
type Position struct {
	AsAt  time.Time // everything committed before this instant is in the snapshot
	Text  string    // system, timeline, LSN: as the warehouse writes it
	Build int       // which build of the warehouse's file
}

// Run is one computation of indicators.
type Run struct {
	ID         int64
	At         time.Time // that it began
	Why        string    // schedule, change, build, asked
	Indicators []string
	Changed    []string // those of Indicators whose values changed
	Position   Position
	Lost       time.Duration // of its time, by giving way to newer facts
}
