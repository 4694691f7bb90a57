package sheet

// Everything in long form: one table on a sheet, and the same as CSV.

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"net/url"
	"strings"
	"time"

	"onevision/access"
	"onevision/indicators"
)

// DataHead are the columns of the long form. Their names and order stay; new ones
// come at the end.
var DataHead = []string{"indicator", "title", "unit", "period_kind", "period", "first_day", "last_day", "dimension", "member", "code",
	"numerator", "denominator", "value", "flag", "period_id", "page"}

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
		var head []any
		for _, h := range DataHead {
			cell, err := b.heading(h, 10)
			if err != nil {
				return err
			}
			head = append(head, cell)
		}
		if err := p.add(head...); err != nil {
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
		if err := p.table("t_data", len(DataHead), n); err != nil {
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
		b.text(dimension(r)), b.text(memberName(r)), b.text(r.Code), nil, nil, nil, b.text(f.Flag()), b.text(f.Period.ID), b.text(pageOf(r, public))}
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

func dimension(r indicators.Row) string {
	if r.Breakdown == "" {
		return "authority"
	}
	return r.Breakdown
}

func memberName(r indicators.Row) string {
	if r.Breakdown == "" {
		return "Whole authority"
	}
	return r.Name
}

// pageOf is the address of the page that shows the figure.
func pageOf(r indicators.Row, public string) string {
	q := url.Values{"period": {string(r.Figure.Period.Kind)}, "at": {r.Figure.Period.ID}}
	if r.Breakdown != "" && r.Member != "" {
		q.Set("breakdown", r.Breakdown)
		q.Set("member", r.Member)
	}
	return strings.TrimSuffix(public, "/") + "/indicators/" + url.PathEscape(r.Definition.ID) + "?" + q.Encode()
}

// WriteCSV writes rows in long form as CSV, as they come. Percentages are in per cent
// (3.4), exact to six places; text that a spreadsheet would take for a formula is
// marked by an apostrophe. A viewer who may not export gets access.ErrNotAllowed.
func WriteCSV(ctx context.Context, w io.Writer, v access.Viewer, rows iter.Seq2[indicators.Row, error], public string) error {
	if !v.May(access.Export) {
		return access.ErrNotAllowed
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(DataHead); err != nil {
		return err
	}
	n := 0
	for r, err := range rows {
		if err != nil {
			return err
		}
		if n++; n%patience == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := out.Write(record(r, public)); err != nil {
			return fmt.Errorf("write CSV: %w", err)
		}
	}
	out.Flush()
	return out.Error()
}

func record(r indicators.Row, public string) []string {
	d, f := r.Definition, r.Figure
	line := []string{d.ID, d.Title, string(d.Unit), string(f.Period.Kind), f.Period.Name, f.Period.First.Format(time.DateOnly), f.Period.Last.Format(time.DateOnly),
		dimension(r), memberName(r), r.Code, "", "", "", f.Flag(), f.Period.ID, pageOf(r, public)}
	for i, s := range line {
		line[i] = inert(s)
	}
	if f.HasNumber() {
		line[10], line[12] = f.Numerator.String(), f.Value.String()
		if !f.Denominator.IsZero() {
			line[11] = f.Denominator.String()
		}
	}
	return line
}

// inert is text that no spreadsheet takes for a formula.
func inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n", []rune(s)[0]) {
		return "'" + s
	}
	return s
}
