package comparators

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"

	"onevision/access"
)

// Store keeps the releases in PostgreSQL, from which alone they are read. It
// writes the shipped figures the first time that it is asked; a set is read
// again when a release has come or gone.
type Store struct {
	pool *pgxpool.Pool

	filling sync.Mutex
	filled  atomic.Bool
	reading sync.Mutex // one reads a new set, others wait for it
	held    atomic.Pointer[held]
}

// held is a set with what it was read at.
type held struct {
	version version
	set     *Set
}

// version changes when the set does.
type version struct {
	newest    int64 // release
	withdrawn int
	authority string
}

// NewStore is the store of the database that the program's own role sees.
func NewStore(pool *pgxpool.Pool) *Store { return &Store{pool: pool} }

// Set is the figures in force. ErrNotFound for a viewer who may not read what is
// about no child at all, which is nobody in particular.
func (s *Store) Set(ctx context.Context, v access.Viewer) (*Set, error) {
	if !v.Reads(access.Organisation) {
		return nil, ErrNotFound
	}
	if err := s.fill(ctx); err != nil {
		return nil, err
	}
	now, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	if h := s.held.Load(); h != nil && h.version == now {
		return h.set, nil
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	if h := s.held.Load(); h != nil && h.version == now {
		return h.set, nil
	}
	var batches []batch
	err = access.InTx(ctx, s.pool, v, func(tx pgx.Tx) (err error) {
		batches, err = inForce(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the comparators: %w", err)
	}
	h := &held{now, newSet(batches, now.authority)}
	s.held.Store(h)
	return h.set, nil
}

func (s *Store) now(ctx context.Context) (v version, err error) {
	err = s.pool.QueryRow(ctx, `/* comparators.Store.now */
		SELECT (SELECT coalesce(max(id), 0) FROM indicator_comparator_release), (SELECT count(withdrawn_at) FROM indicator_comparator_release), authority_code FROM installation`).
		Scan(&v.newest, &v.withdrawn, &v.authority)
	if err != nil {
		err = fmt.Errorf("ask for the newest release of comparators: %w", err)
	}
	return v, err
}

// lock is the advisory lock of whoever adds releases: one at a time.
const lock = 0x636f6d70 // comp

// fill writes the shipped bundle unless it is the one in force. What is shipped
// with a newer version takes the place of what an older one shipped; what was
// imported is not touched.
func (s *Store) fill(ctx context.Context) error {
	if s.filled.Load() {
		return nil
	}
	s.filling.Lock()
	defer s.filling.Unlock()
	if s.filled.Load() {
		return nil
	}
	b := shipped()
	err := access.InTx(ctx, s.pool, access.System(access.Computing), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `/* comparators.fill */ SELECT pg_advisory_xact_lock($1)`, lock); err != nil {
			return err
		}
		var there bool
		if err := tx.QueryRow(ctx, `/* comparators.fill */ SELECT EXISTS (SELECT FROM indicator_comparator_release WHERE origin = 'shipped' AND bundle = $1 AND withdrawn_at IS NULL)`, b.hash).Scan(&there); err != nil || there {
			return err
		}
		if _, err := tx.Exec(ctx, `/* comparators.fill */ UPDATE indicator_comparator_release SET withdrawn_at = now(), withdrawn_by = 'another version of OneVision' WHERE origin = 'shipped' AND withdrawn_at IS NULL`); err != nil {
			return err
		}
		for _, one := range b.batches {
			if _, err := write(ctx, tx, one, b.hash); err != nil {
				return fmt.Errorf("%s: %w", one.release.File, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write the shipped comparators: %w", err)
	}
	s.filled.Store(true)
	return nil
}

// write adds a release and all that it brings, and returns its id.
func write(ctx context.Context, tx pgx.Tx, b batch, bundle string) (int64, error) {
	r := b.release
	origin := "imported"
	if r.Shipped {
		origin = "shipped"
	}
	var published any
	if !r.Published.IsZero() {
		published = r.Published
	}
	var id int64
	err := tx.QueryRow(ctx, `/* comparators.write */
		INSERT INTO indicator_comparator_release (origin, bundle, publisher, publication, release, published, licence, address, file, file_hash, loaded_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id`,
		origin, bundle, r.Publisher, r.Publication, r.Release, published, r.Licence, r.Address, r.File, r.hash, r.LoadedBy).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("write the release: %w", err)
	}
	into := func(table string, columns []string, n int, row func(i int) []any) error {
		if n == 0 {
			return nil
		}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{table}, append([]string{"release_id"}, columns...), pgx.CopyFromSlice(n, func(i int) ([]any, error) {
			return append([]any{id}, row(i)...), nil
		}))
		if err != nil {
			return fmt.Errorf("write %s: %w", table, err)
		}
		return nil
	}
	var neighbours [][]any
	for _, a := range b.authorities {
		for i, n := range a.Neighbours {
			neighbours = append(neighbours, []any{a.Code, a.Name, a.Region.Code, a.Region.Name, i + 1, n.Code, n.Name, n.Closeness})
		}
	}
	return id, errors.Join(
		into("indicator_comparator_measure", []string{"position", "measure", "part", "theme", "title", "unit", "polarity", "decimals"}, len(b.measures), func(i int) []any {
			m := b.measures[i]
			return []any{i, m.ID, m.Part, m.Theme, m.Title, string(m.Unit), m.Polarity, m.Decimals}
		}),
		into("indicator_comparator_break", []string{"measure", "period_kind", "period", "note"}, len(b.breaks), func(i int) []any {
			br := b.breaks[i]
			return []any{br.Measure, string(br.Kind), Period{br.Kind, br.Year}.Text(), br.Note}
		}),
		into("indicator_comparator_neighbour", []string{"authority_code", "authority_name", "region_code", "region_name", "position", "neighbour_code", "neighbour_name", "closeness"}, len(neighbours), func(i int) []any { return neighbours[i] }),
		into("indicator_comparator_value", []string{"measure", "part", "period_kind", "period", "last_day", "area_type", "area_code", "area_name", "value", "numerator", "denominator", "flag", "areas", "comparison", "note", "definition"}, len(b.figures), func(i int) []any {
			f := b.figures[i]
			return []any{f.Measure, f.Part, string(f.Kind), f.Period.Text(), f.Period.LastDay(), string(f.Area.Type), f.Area.Code, f.Area.Name,
				exact(decimal.NullDecimal{Decimal: f.Value, Valid: f.Flag == ""}), exact(f.Numerator), exact(f.Denominator), f.Flag, f.Areas, f.Comparison, f.Note, f.Definition}
		}))
}

// exact is a number as PostgreSQL's numeric, digit for digit; nil for none.
func exact(d decimal.NullDecimal) any {
	if !d.Valid {
		return nil
	}
	return pgtype.Numeric{Int: d.Decimal.Coefficient(), Exp: d.Decimal.Exponent(), Valid: true}
}
