package indicators

// The rows of a publication, as PostgreSQL keeps them.

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"onevision/access"
)

// publishedPeriod is a row of the table.
type publishedPeriod struct {
	of       *computed
	period   Period
	complete bool
	lacking  string
	whole    cell
}

// publishedValue is a row of the table.
type publishedValue struct {
	indicator, period string
	place             place
	label             Label
	cell              cell
	unit              Unit
	flag              string
	reason            hidden
	target            *Target
}

// The flags of a published value.
const (
	flagShown      = "shown"
	flagHidden     = "hidden"
	flagIncomplete = "incomplete" // not shown, since too little was received
	flagNone       = "none"       // nothing was recorded
)

// write writes the publication.
func (a *act) write(ctx context.Context, tx pgx.Tx, v access.Viewer) error {
	var account any
	if v.Account() != 0 {
		account = v.Account()
	}
	if err := tx.QueryRow(ctx, `/* indicators.publish */ INSERT INTO published_release (published_at, published_by, account_id, signed_off_by, commentary) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
		a.release.At, a.release.By, account, a.release.SignedOffBy, a.release.Commentary).Scan(&a.release.ID); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	measures := map[string]bool{}
	set := a.serving.Load().benchmarks.comparators
	for _, p := range a.periods {
		d := p.of.definition
		measures[d.ID] = true
		if !slices.Contains(a.release.Periods, p.period.Name) {
			a.release.Periods = append(a.release.Periods, p.period.Name)
		}
		definition, err := json.Marshal(d)
		if err != nil {
			return err
		}
		compared, err := json.Marshal(append([]Comparator{}, comparatorsOf(set, d)...))
		if err != nil {
			return err
		}
		batch.Queue(`/* indicators.publish */ INSERT INTO published_period (release_id, indicator, period_id, kind, first_day, last_day, name, complete, lacking, received, expected, definition_hash, definition, data_as_at, position, comparators)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
			a.release.ID, d.ID, p.period.ID, p.period.Kind, p.period.First, p.period.Last, p.period.Name, p.complete, p.lacking, p.whole.received, p.whole.expected, d.Hash, definition, p.of.asAt, p.of.position, compared)
	}
	a.release.Measures = len(measures)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	for rows := range slices.Chunk(a.values, 10_000) {
		if err := writeValues(ctx, tx, rows); err != nil {
			return err
		}
	}
	return a.publishAnnotations(ctx, tx)
}

func writeValues(ctx context.Context, tx pgx.Tx, rows []publishedValue) error {
	n := len(rows)
	text := func(of func(publishedValue) *string) []*string {
		out := make([]*string, n)
		for i, r := range rows {
			out[i] = of(r)
		}
		return out
	}
	number := func(d decimal.Decimal, has bool) *string {
		if !has {
			return nil
		}
		s := d.String()
		return &s
	}
	whole := func(of func(publishedValue) int64) []int64 {
		out := make([]int64, n)
		for i, r := range rows {
			out[i] = of(r)
		}
		return out
	}
	_, err := tx.Exec(ctx, `/* indicators.publish */
		INSERT INTO published_value (indicator, period_id, breakdown, member, label, code, place, numerator, denominator, value, children, numerator_children, flag, reason, target, tolerance)
		SELECT indicator, period_id, breakdown, member, label, code, place, numerator::numeric, denominator::numeric, value::numeric, children, behind, flag, reason, target::numeric, tolerance::numeric
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::text[], $14::text[], $15::text[], $16::text[])
			AS v(indicator, period_id, breakdown, member, label, code, place, numerator, denominator, value, children, behind, flag, reason, target, tolerance)`,
		text(func(r publishedValue) *string { return &r.indicator }), text(func(r publishedValue) *string { return &r.period }),
		text(func(r publishedValue) *string { return &r.place.breakdown }), text(func(r publishedValue) *string { return &r.place.member }),
		text(func(r publishedValue) *string { return &r.label.Text }), text(func(r publishedValue) *string { return &r.label.Code }),
		whole(func(r publishedValue) int64 { return int64(r.label.Place) }),
		text(func(r publishedValue) *string { return number(r.cell.numerator, r.cell.has) }),
		text(func(r publishedValue) *string { return number(r.cell.denominator, r.cell.has && r.unit != Count) }),
		text(func(r publishedValue) *string { v, ok := r.cell.value(r.unit); return number(v, ok) }),
		whole(func(r publishedValue) int64 { return r.cell.children }), whole(func(r publishedValue) int64 { return r.cell.behind }),
		text(func(r publishedValue) *string { return &r.flag }), text(func(r publishedValue) *string { s := string(r.reason); return &s }),
		text(func(r publishedValue) *string {
			if r.target == nil {
				return nil
			}
			return number(r.target.Value, true)
		}), text(func(r publishedValue) *string {
			if r.target == nil {
				return nil
			}
			return number(r.target.Tolerance, true)
		}))
	return err
}
