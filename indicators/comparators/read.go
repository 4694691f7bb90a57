package comparators

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"
)

// inForce reads the releases that count, those that win over others last: what is
// shipped, then what was imported, in its order.
func inForce(ctx context.Context, tx pgx.Tx) ([]batch, error) {
	rows, err := tx.Query(ctx, `/* comparators.inForce */
		SELECT id, origin = 'shipped', publisher, publication, release, coalesce(published, '0001-01-01'), licence, address, file, file_hash, loaded_at, loaded_by
		FROM indicator_comparator_release WHERE withdrawn_at IS NULL
		ORDER BY origin = 'imported', id`)
	if err != nil {
		return nil, err
	}
	var out []batch
	at := map[int64]*batch{}
	batches, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (b batch, err error) {
		r := &b.release
		err = row.Scan(&r.ID, &r.Shipped, &r.Publisher, &r.Publication, &r.Release, &r.Published, &r.Licence, &r.Address, &r.File, &r.hash, &r.LoadedAt, &r.LoadedBy)
		if r.Published.Year() == 1 {
			r.Published = time.Time{}
		}
		return b, err
	})
	if err != nil {
		return nil, fmt.Errorf("releases: %w", err)
	}
	out = batches
	ids := make([]int64, len(out))
	for i := range out {
		ids[i], at[out[i].release.ID] = out[i].release.ID, &out[i]
	}
	return out, errors.Join(readMeasures(ctx, tx, ids, at), readBreaks(ctx, tx, ids, at), readNeighbours(ctx, tx, ids, at), readFigures(ctx, tx, ids, at))
}

func readMeasures(ctx context.Context, tx pgx.Tx, ids []int64, at map[int64]*batch) error {
	rows, err := tx.Query(ctx, `/* comparators.readMeasures */
		SELECT release_id, measure, part, theme, title, unit, polarity, decimals FROM indicator_comparator_measure WHERE release_id = ANY ($1) ORDER BY release_id, position`, ids)
	if err != nil {
		return err
	}
	var id int64
	var m Measure
	_, err = pgx.ForEachRow(rows, []any{&id, &m.ID, &m.Part, &m.Theme, &m.Title, (*string)(&m.Unit), &m.Polarity, &m.Decimals}, func() error {
		at[id].measures = append(at[id].measures, m)
		return nil
	})
	return err
}

func readBreaks(ctx context.Context, tx pgx.Tx, ids []int64, at map[int64]*batch) error {
	rows, err := tx.Query(ctx, `/* comparators.readBreaks */
		SELECT release_id, measure, period_kind, period, note FROM indicator_comparator_break WHERE release_id = ANY ($1)`, ids)
	if err != nil {
		return err
	}
	var id int64
	var b Break
	var period string
	_, err = pgx.ForEachRow(rows, []any{&id, &b.Measure, (*string)(&b.Kind), &period, &b.Note}, func() error {
		p, err := PeriodOf(b.Kind, period)
		b.Year = p.Year
		at[id].breaks = append(at[id].breaks, b)
		return err
	})
	return err
}

func readNeighbours(ctx context.Context, tx pgx.Tx, ids []int64, at map[int64]*batch) error {
	rows, err := tx.Query(ctx, `/* comparators.readNeighbours */
		SELECT release_id, authority_code, authority_name, region_code, region_name, neighbour_code, neighbour_name, closeness
		FROM indicator_comparator_neighbour WHERE release_id = ANY ($1) ORDER BY release_id, authority_code, position`, ids)
	if err != nil {
		return err
	}
	var id int64
	var a, n Area
	var region Area
	var closeness string
	_, err = pgx.ForEachRow(rows, []any{&id, &a.Code, &a.Name, &region.Code, &region.Name, &n.Code, &n.Name, &closeness}, func() error {
		b := at[id]
		last := len(b.authorities) - 1
		if last < 0 || b.authorities[last].Code != a.Code {
			b.authorities = append(b.authorities, Authority{Area: Area{a.Code, a.Name, LocalAuthority}, Region: Area{region.Code, region.Name, Region}})
			last++
		}
		b.authorities[last].Neighbours = append(b.authorities[last].Neighbours, Neighbour{Area{n.Code, n.Name, LocalAuthority}, closeness})
		return nil
	})
	return err
}

func readFigures(ctx context.Context, tx pgx.Tx, ids []int64, at map[int64]*batch) error {
	rows, err := tx.Query(ctx, `/* comparators.readFigures */
		SELECT release_id, measure, part, period_kind, period, area_type, area_code, area_name, value::text, numerator::text, denominator::text, flag, areas, comparison, note, definition
		FROM indicator_comparator_value WHERE release_id = ANY ($1)`, ids)
	if err != nil {
		return err
	}
	var f Figure
	var period string
	var value, numerator, denominator *string
	_, err = pgx.ForEachRow(rows, []any{&f.Release, &f.Measure, &f.Part, (*string)(&f.Kind), &period, (*string)(&f.Area.Type), &f.Area.Code, &f.Area.Name,
		&value, &numerator, &denominator, &f.Flag, &f.Areas, &f.Comparison, &f.Note, &f.Definition}, func() (err error) {
		if f.Period, err = PeriodOf(f.Kind, period); err != nil {
			return err
		}
		f.Value = decimal.Decimal{}
		if value != nil {
			if f.Value, err = decimal.NewFromString(*value); err != nil {
				return err
			}
		}
		if f.Numerator, err = maybe(numerator); err != nil {
			return err
		}
		if f.Denominator, err = maybe(denominator); err != nil {
			return err
		}
		at[f.Release].figures = append(at[f.Release].figures, f)
		return nil
	})
	return err
}

func maybe(text *string) (decimal.NullDecimal, error) {
	if text == nil {
		return decimal.NullDecimal{}, nil
	}
	d, err := decimal.NewFromString(*text)
	return decimal.NullDecimal{Decimal: d, Valid: err == nil}, err
}
