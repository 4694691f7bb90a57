package app

import (
	"context"
	"database/sql"
	"log/slog"
	"path/filepath"
	"time"

	"onevision/indicators"
	"onevision/records"
	"onevision/records/schema"
	"onevision/warehouse"
)

// Slot is the replication slot of the app's warehouse.
const Slot = "onevision_warehouse"

// SlotBound is how many bytes of the record store's log the warehouse may hold
// back. It is the private PostgreSQL's own bound; another server may have none.
const SlotBound = 4 << 30

// WarehouseOptions are those of the warehouse that follows this environment: what
// records says its facts are, in the warehouse's own words.
func (env *Environment) WarehouseOptions(now func() time.Time, log *slog.Logger) warehouse.Options {
	return warehouse.Options{
		Dir:         filepath.Join(env.Data, "warehouse"),
		SourceURL:   env.FollowURL,
		Slot:        Slot,
		Publication: schema.Publication,
		Tables:      tables(records.Facts()),
		Now:         now,
		Log:         log,
		MaxRetained: SlotBound,
		MemoryLimit: duckMemory(),
		Readers:     8,
		ReadTimeout: 30 * time.Second,
	}
}

func tables(facts []records.FactTable) []warehouse.Table {
	var all []warehouse.Table
	for _, f := range facts {
		t := warehouse.Table{Name: f.Name, Key: f.Key, Codes: f.Codes, Partitioned: f.Partitioned, DateColumn: f.DateColumn}
		for _, c := range f.Columns {
			t.Columns = append(t.Columns, warehouse.NewColumn(c.Name, c.Type, c.Codes, c.Null))
		}
		all = append(all, t)
	}
	return all
}

// counted is the warehouse as indicators want it.
type counted struct{ w *warehouse.Warehouse }

func (c counted) Read(ctx context.Context, fn func(context.Context, *sql.Conn, indicators.Position) error) error {
	return c.w.Read(ctx, func(ctx context.Context, conn *sql.Conn, at warehouse.Position) error {
		return fn(ctx, conn, position(at))
	})
}

func (c counted) Write(ctx context.Context, fn func(context.Context, *sql.Conn, indicators.Position) error) error {
	return c.w.Write(ctx, func(ctx context.Context, conn *sql.Conn, at warehouse.Position) error {
		return fn(ctx, conn, position(at))
	})
}

func position(p warehouse.Position) indicators.Position {
	return indicators.Position{AsAt: p.AsAt, Build: p.Build, Text: p.String()}
}
