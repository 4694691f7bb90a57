package records

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"
)

// Bulk fills a record store by the owner's connection, past the program's
// checks and without audit: for a demonstration county and for benchmarks.
// PostgreSQL still holds its own constraints against what is loaded. A Bulk may
// be used by several goroutines.
type Bulk struct {
	// Source is what the records say of where they come from.
	Source string

	pool *pgxpool.Pool
}

// ErrFollowed: attendance is attached to the record store in whole partitions,
// which no follower hears of, so it can be loaded only while there is none.
var ErrFollowed = errors.New("a warehouse already follows this record store: attendance can be loaded in bulk only before that")

// NewBulk connects with adminURL, whose login may become the owner of the
// tables. The schema must have been prepared.
func NewBulk(ctx context.Context, adminURL string) (*Bulk, error) {
	config, err := pgxpool.ParseConfig(adminURL)
	if err != nil {
		return nil, errors.New("read the address of the record store: it is not a postgres:// URL")
	}
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		var owner string
		err := conn.QueryRow(ctx, `/* records.NewBulk */
			SELECT tableowner FROM pg_tables WHERE schemaname = 'public' AND tablename = 'child'`).Scan(&owner)
		if err != nil {
			return fmt.Errorf("look for the owner of the tables: %w", err)
		}
		// Memory for sorting the keys of a year of attendance.
		_, err = conn.Exec(ctx, `/* records.NewBulk */ SET ROLE `+pgx.Identifier{owner}.Sanitize()+`; SET maintenance_work_mem = '256MB'`)
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to the record store: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to the record store: %w", err)
	}
	return &Bulk{pool: pool}, nil
}

// Close lets the connections go.
func (b *Bulk) Close() { b.pool.Close() }

// Exec runs a statement as the owner: for reference tables (postcode_sector,
// half_term, bank_holiday, installation).
func (b *Bulk) Exec(ctx context.Context, sql string, args ...any) error {
	if _, err := b.pool.Exec(ctx, sql, args...); err != nil {
		return fmt.Errorf("fill a reference table: %w", err)
	}
	return nil
}

// Load copies records of a kind, all or none (of a partitioned one, see
// LoadAttendance). next gives
// the values of one record in the order of kind.BulkColumns(): its key (int64)
// first, for a child its public id ([16]byte) second, then every field's column
// (references are int64 keys, days Date, text string, scores decimal.Decimal; a
// nil, a zero Date or a nil pointer is NULL). It returns how many were loaded.
// Keys that the store gives later lie beyond those loaded.
func (b *Bulk) Load(ctx context.Context, k *Kind, next func() (values []any, ok bool, err error)) (int64, error) {
	if k.PartitionedBy != "" {
		return 0, fmt.Errorf("load %s: its table is partitioned, and is loaded a partition at a time", k.Plural)
	}
	columns := append(k.BulkColumns(), "recorded_by", "source")
	row := make([]any, len(columns))
	source := pgx.CopyFromFunc(func() ([]any, error) {
		values, ok, err := next()
		if err != nil || !ok {
			return nil, err
		}
		if len(values) != len(columns)-2 {
			return nil, fmt.Errorf("%d values for the %d columns %s", len(values), len(columns)-2, strings.Join(columns[:len(columns)-2], ", "))
		}
		for i, v := range values {
			row[i] = binary(v)
		}
		row[len(columns)-2], row[len(columns)-1] = int64(0), b.Source
		return row, nil
	})
	var n int64
	err := pgx.BeginFunc(ctx, b.pool, func(tx pgx.Tx) (err error) {
		if n, err = tx.CopyFrom(ctx, pgx.Identifier{k.Table}, columns, source); err != nil {
			return err
		}
		return advance(ctx, tx, k.Table)
	})
	if err != nil {
		return 0, fmt.Errorf("load %s: %w", k.Plural, err)
	}
	if _, err := b.pool.Exec(ctx, `/* records.Bulk.Load */ ANALYZE `+k.Table); err != nil {
		return n, fmt.Errorf("load %s: count what was loaded: %w", k.Plural, err)
	}
	return n, nil
}

// binary gives exact decimals the form that a binary copy takes.
func binary(v any) any {
	switch d := v.(type) {
	case decimal.Decimal:
		return pgtype.Numeric{Int: d.Coefficient(), Exp: d.Exponent(), Valid: true}
	case *decimal.Decimal:
		if d == nil {
			return nil
		}
		return pgtype.Numeric{Int: d.Coefficient(), Exp: d.Exponent(), Valid: true}
	}
	return v
}

// advance moves the sequence of a table's keys past those that are there. The
// transaction must be the only one that loads the table.
func advance(ctx context.Context, tx pgx.Tx, table string) error {
	_, err := tx.Exec(ctx, `/* records.advance */
		SELECT setval(pg_get_serial_sequence($1, 'id'), greatest(max(id), nextval(pg_get_serial_sequence($1, 'id')) - 1)) FROM `+table+`
		HAVING max(id) IS NOT NULL`, table)
	if err != nil {
		return fmt.Errorf("advance the keys of %s: %w", table, err)
	}
	return nil
}
