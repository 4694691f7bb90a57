package records

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// CodeValue is one code of a code table.
type CodeValue struct {
	Code      string `json:"code"`
	Label     string `json:"label"`
	ValidFrom Date   `json:"valid_from"`
	ValidTo   Date   `json:"valid_to,omitzero"` // the day after its last
}

// freshFor is how long code tables are believed without looking again. A code
// that is not found, or not in use, is looked up afresh whatever their age, so
// this delays only the ending of a code.
const freshFor = time.Minute

// codebook remembers the code tables, which change a few times a year.
type codebook struct {
	mu     sync.Mutex
	tables map[string][]CodeValue
	years  []int // academic years that attendance has a partition for
	readAt time.Time
}

// find reports whether the table has the code, and whether it was in use on
// the day.
func (b *codebook) find(ctx context.Context, tx pgx.Tx, now time.Time, table, code string, day Date) (known, used bool, err error) {
	return b.within(ctx, tx, now, table, code, day, day)
}

// within is find for a code that was in use on some day from first to last.
func (b *codebook) within(ctx context.Context, tx pgx.Tx, now time.Time, table, code string, first, last Date) (known, used bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.refresh(ctx, tx, now, freshFor); err != nil {
		return false, false, err
	}
	for attempt := range 2 {
		for _, c := range b.tables[table] {
			if c.Code == code {
				known, used = true, !last.Before(c.ValidFrom) && (c.ValidTo.IsZero() || first.Before(c.ValidTo))
			}
		}
		if used || attempt == 1 {
			break
		}
		if err := b.refresh(ctx, tx, now, time.Second); err != nil {
			return false, false, err
		}
	}
	return known, used, nil
}

// list gives a table's codes in order, nil for a table that is none.
func (b *codebook) list(ctx context.Context, tx pgx.Tx, now time.Time, table string) ([]CodeValue, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.refresh(ctx, tx, now, freshFor); err != nil {
		return nil, err
	}
	return append([]CodeValue(nil), b.tables[table]...), nil
}

// partitioned reports whether attendance has a partition for the day.
func (b *codebook) partitioned(ctx context.Context, tx pgx.Tx, now time.Time, day Date) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.refresh(ctx, tx, now, freshFor); err != nil {
		return false, err
	}
	for _, y := range b.years {
		if y == day.AcademicYear() {
			return true, nil
		}
	}
	return false, nil
}

func (b *codebook) refresh(ctx context.Context, tx pgx.Tx, now time.Time, age time.Duration) error {
	if b.tables != nil && now.Sub(b.readAt) < age && !now.Before(b.readAt) {
		return nil
	}
	tables := map[string][]CodeValue{}
	for _, table := range codeTables() {
		rows, err := tx.Query(ctx, `/* records.codebook.refresh */
			SELECT code, label, valid_from, valid_to FROM `+table+` ORDER BY position, code`)
		if err != nil {
			return fmt.Errorf("read the codes of %s: %w", table, err)
		}
		tables[table], err = pgx.CollectRows(rows, pgx.RowToStructByPos[CodeValue])
		if err != nil {
			return fmt.Errorf("read the codes of %s: %w", table, err)
		}
	}
	rows, err := tx.Query(ctx, `/* records.codebook.refresh */
		SELECT substring(c.relname FROM '[0-9]{4}$')::int FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = 'attendance'::regclass`)
	if err != nil {
		return fmt.Errorf("read the years of attendance: %w", err)
	}
	years, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return fmt.Errorf("read the years of attendance: %w", err)
	}
	b.tables, b.years, b.readAt = tables, years, now
	return nil
}

// Codes gives the codes of a code table in their order, those no longer in use
// included: for forms and for the API's documentation. An unknown table, or
// nobody asking, is ErrNotFound.
func (s *Store) Codes(ctx context.Context, v access.Viewer, table string) (codes []CodeValue, err error) {
	if !v.Anybody() {
		return nil, ErrNotFound
	}
	err = access.InTx(ctx, s.pool, v, func(tx pgx.Tx) error {
		codes, err = s.codes.list(ctx, tx, s.now(), table)
		return err
	})
	if err == nil && codes == nil {
		err = ErrNotFound
	}
	return codes, err
}

// districtOf is the district in which a tidy postcode lies, "" if not known.
func districtOf(ctx context.Context, tx pgx.Tx, postcode string) (district string, err error) {
	if postcode == "" {
		return "", nil
	}
	err = tx.QueryRow(ctx, `/* records.districtOf */
		SELECT coalesce(max(district), '') FROM postcode_sector WHERE sector = $1`, sector(postcode)).Scan(&district)
	if err != nil {
		return "", fmt.Errorf("look for the district of a postcode: %w", err)
	}
	return district, nil
}
