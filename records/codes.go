package records

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/singleflight"

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

// codebook remembers the code tables, which change a few times a year. They are
// read on a connection of its own, outside of the pool and of anybody's
// transaction: whoever waits for that, waits for nothing else, and no longer than
// their context; everybody else goes on with what was read before.
type codebook struct {
	pool *pgxpool.Pool // of which only the address is used
	last atomic.Pointer[codeTables]
	read singleflight.Group
}

// codeTables is every code table as it was read.
type codeTables struct {
	codes  map[string][]CodeValue
	years  []int // academic years that attendance has a partition for
	readAt time.Time
}

// find reports whether the table has the code, and whether it was in use on
// the day.
func (b *codebook) find(ctx context.Context, now time.Time, table, code string, day Date) (known, used bool, err error) {
	return b.within(ctx, now, table, code, day, day)
}

// within is find for a code that was in use on some day from first to last.
func (b *codebook) within(ctx context.Context, now time.Time, table, code string, first, last Date) (known, used bool, err error) {
	for _, age := range []time.Duration{freshFor, time.Second} {
		t, err := b.tables(ctx, now, age)
		if err != nil {
			return false, false, err
		}
		for _, c := range t.codes[table] {
			if c.Code == code {
				known, used = true, !last.Before(c.ValidFrom) && (c.ValidTo.IsZero() || first.Before(c.ValidTo))
			}
		}
		if used {
			break
		}
	}
	return known, used, nil
}

// list gives a table's codes in order, nil for a table that is none.
func (b *codebook) list(ctx context.Context, now time.Time, table string) ([]CodeValue, error) {
	t, err := b.tables(ctx, now, freshFor)
	if err != nil {
		return nil, err
	}
	return slices.Clone(t.codes[table]), nil
}

// partitioned reports whether attendance has a partition for the day.
func (b *codebook) partitioned(ctx context.Context, now time.Time, day Date) (bool, error) {
	t, err := b.tables(ctx, now, freshFor)
	if err != nil {
		return false, err
	}
	return slices.Contains(t.years, day.AcademicYear()), nil
}

// readingTakes is how long one reading of the code tables may take.
const readingTakes = 30 * time.Second

// tables are the code tables, read less than age ago.
func (b *codebook) tables(ctx context.Context, now time.Time, age time.Duration) (*codeTables, error) {
	if t := b.last.Load(); t != nil && now.Sub(t.readAt) < age && !now.Before(t.readAt) {
		return t, nil
	}
	reading := b.read.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readingTakes)
		defer cancel()
		t, err := b.readTables(ctx)
		if err == nil {
			t.readAt = now
			b.last.Store(t)
		}
		return t, err
	})
	select {
	case r := <-reading:
		return r.Val.(*codeTables), r.Err
	case <-ctx.Done():
		return nil, fmt.Errorf("read the code tables: %w", context.Cause(ctx))
	}
}

func (b *codebook) readTables(ctx context.Context) (*codeTables, error) {
	conn, err := pgx.ConnectConfig(ctx, b.pool.Config().ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("read the code tables: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	names := codeTableNames()
	each := make([]string, len(names))
	for i, name := range names {
		each[i] = `SELECT '` + name + `', code, label, valid_from, valid_to, position FROM ` + name
	}
	rows, err := conn.Query(ctx, `/* records.codebook.readTables */ SELECT * FROM (`+strings.Join(each, ` UNION ALL `)+`) t (name, code, label, valid_from, valid_to, position)
		ORDER BY name, position, code`)
	if err != nil {
		return nil, fmt.Errorf("read the code tables: %w", err)
	}
	t := &codeTables{codes: map[string][]CodeValue{}}
	var name string
	var c CodeValue
	var position int16
	if _, err := pgx.ForEachRow(rows, []any{&name, &c.Code, &c.Label, &c.ValidFrom, &c.ValidTo, &position}, func() error {
		t.codes[name] = append(t.codes[name], c)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read the code tables: %w", err)
	}
	rows, err = conn.Query(ctx, `/* records.codebook.readTables */
		SELECT substring(c.relname FROM '[0-9]{4}$')::int FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = 'attendance'::regclass`)
	if err == nil {
		t.years, err = pgx.CollectRows(rows, pgx.RowTo[int])
	}
	if err != nil {
		return nil, fmt.Errorf("read the years of attendance: %w", err)
	}
	return t, nil
}

// Codes gives the codes of a code table in their order, those no longer in use
// included: for forms and for the API's documentation. An unknown table, or
// nobody asking, is ErrNotFound.
func (s *Store) Codes(ctx context.Context, v access.Viewer, table string) (codes []CodeValue, err error) {
	if !v.Anybody() {
		return nil, ErrNotFound
	}
	codes, err = s.codes.list(ctx, s.now(), table)
	if err == nil && codes == nil {
		err = ErrNotFound
	}
	return codes, err
}

// districtOf is the district in which a postcode lies, "" if not known.
func districtOf(ctx context.Context, tx pgx.Tx, postcode string) (district string, err error) {
	postcode, wrong := tidyUp("postcode", postcode)
	if postcode == "" || wrong != "" { // said when the record is checked
		return "", nil
	}
	err = tx.QueryRow(ctx, `/* records.districtOf */
		SELECT coalesce((SELECT district FROM postcode WHERE postcode = $1), (SELECT district FROM postcode_sector WHERE sector = $2), '')`, postcode, sector(postcode)).Scan(&district)
	if err != nil {
		return "", fmt.Errorf("look for the district of a postcode: %w", err)
	}
	return district, nil
}
