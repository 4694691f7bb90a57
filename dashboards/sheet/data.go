package sheet

// Everything in long form: one table on a sheet, and the same as CSV.

import (
	"context"
	"io"
	"iter"

	"onevision/access"
	"onevision/indicators"
)

// mostRows is how many rows of figures a sheet takes beside its header.
var mostRows = 1_048_575

// data writes rows as one table; what is more than a sheet holds goes on on another,
// which says so in its name.
func (b *book) data(ctx context.Context, name string, rows iter.Seq2[indicators.Row, error], public string) error {
	next, stop := iter.Pull2(rows)
	defer stop()
	row, err, more := next()
	for sheets := 0; sheets == 0 || more; sheets++ {
		if err != nil {
			return err
		}
		at := b.names.unique(name)
		p, err2 := b.page(at, []float64{28, 40, 12, 20, 26, 12, 12, 14, 34, 12, 13, 13, 12, 6, 20, 60}, 1)
		if err2 != nil {
			return err2
		}
		if err := b.headings(p, indicators.RowHead); err != nil {
			return err
		}
		n := 0
		for ; more && n < mostRows; n++ {
			if err != nil {
				return err
			}
			if n%patience == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			cells, err2 := b.long(row, public)
			if err2 != nil {
				return err2
			}
			if err := p.add(cells...); err != nil {
				return err
			}
			row, err, more = next()
		}
		p.row -= n // the table begins at its header
		if err := p.table("t_data", len(indicators.RowHead), n); err != nil {
			return err
		}
		if err := p.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// long is a row's cells, each with the type of what it holds.
func (b *book) long(r indicators.Row, public string) ([]any, error) {
	d, f := r.Definition, r.Figure
	first, err := b.day(f.Period.First)
	if err != nil {
		return nil, err
	}
	last, err := b.day(f.Period.Last)
	if err != nil {
		return nil, err
	}
	cells := []any{b.text(d.ID), b.text(d.Title), b.text(string(d.Unit)), b.text(string(f.Period.Kind)), b.text(f.Period.Name), first, last,
		b.text(r.Dimension()), b.text(r.MemberName()), b.text(r.Code), nil, nil, nil, b.text(f.Flag()), b.text(f.Period.ID), b.text(r.Page(public))}
	if f.HasNumber() {
		if cells[10], err = b.count(f.Numerator, false); err != nil {
			return nil, err
		}
		if !f.Denominator.IsZero() {
			if cells[11], err = b.count(f.Denominator, false); err != nil {
				return nil, err
			}
		}
		if cells[12], err = b.value(f.Value, d, false); err != nil {
			return nil, err
		}
	}
	return cells, nil
}

// WriteCSV writes rows in long form as CSV, as they come. A viewer who may not export gets access.ErrNotAllowed.
func WriteCSV(ctx context.Context, w io.Writer, v access.Viewer, rows iter.Seq2[indicators.Row, error], public string) error {
	if !v.May(access.Export) {
		return access.ErrNotAllowed
	}
	return indicators.WriteRows(ctx, w, rows, public)
}
