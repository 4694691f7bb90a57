package sheet

// A crossing as Excel and as CSV: the table as the page shows it, and its figures in
// long form.

import (
	"encoding/csv"
	"io"
	"strings"
	"time"

	"onevision/access"
	"onevision/indicators"
)

// Crossing is a crossing to write, as its viewer may see it.
type Crossing struct {
	Question, Authority string
	Rows, Columns       string // what the members are: "School"; "" for none
	Viewer              access.Viewer
	At                  time.Time
	Notes               []string
	Page                string // its address
	Answer              indicators.Crossed
}

// crossed is one figure of it.
type crossed struct {
	row, column *indicators.Label // nil: all together
	figure      indicators.Figure
}

// each gives the figures, row by row, of each the periods and of each the columns: as the
// page has them.
func (c Crossing) each(fn func(crossed) error) error {
	places := func(labels []indicators.Label) (out []*indicators.Label) {
		for _, l := range labels {
			out = append(out, &l)
		}
		return append(out, nil)
	}
	for _, row := range places(c.Answer.Rows()) {
		for period := range c.Answer.Periods() {
			for _, column := range places(c.Answer.Columns()) {
				if err := fn(crossed{row, column, c.Answer.Figure(period, row, column)}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func memberText(l *indicators.Label) string {
	if l == nil {
		return "All"
	}
	return l.Text
}

var crossingHead = []string{"indicator", "period", "first_day", "last_day", "row_dimension", "row", "column_dimension", "column", "numerator", "denominator", "value", "flag", "unit"}

// WriteExcel writes the table as it stands on the page on one sheet, and in long form on
// another.
func (c Crossing) WriteExcel(w io.Writer) error {
	if !c.Viewer.May(access.Export) {
		return access.ErrNotAllowed
	}
	b, err := newBook(c.Question, c.Viewer.Name())
	if err != nil {
		return err
	}
	defer b.Close()
	if err := c.table(b); err != nil {
		return err
	}
	if err := c.long(b); err != nil {
		return err
	}
	return b.writeTo(w)
}

func (c Crossing) table(b *book) error {
	widths := []float64{34}
	for range c.Answer.Periods() {
		for range len(c.Answer.Columns()) + 1 {
			widths = append(widths, 18)
		}
	}
	p, err := b.page(b.names.unique("Answer"), widths, 0)
	if err != nil {
		return err
	}
	if err := p.title(c.Question); err != nil {
		return err
	}
	at, err := b.moment(c.At)
	if err != nil {
		return err
	}
	asAt, err := b.moment(c.Answer.Position().AsAt)
	if err != nil {
		return err
	}
	for _, line := range [][]any{{b.text(c.Authority)}, {b.text("Classification"), b.text("OFFICIAL-SENSITIVE")}, {b.text("Asked by"), b.text(c.Viewer.Name()), at}, {b.text("Data as at"), asAt}, {b.text("The page"), b.text(c.Page)}} {
		if err := p.add(line...); err != nil {
			return err
		}
	}
	for _, note := range c.Notes {
		if err := p.add(b.text(note)); err != nil {
			return err
		}
	}
	p.skip(1)
	periods, columns := []any{nil}, []any{b.text(c.Rows)}
	for _, period := range c.Answer.Periods() {
		for i := range len(c.Answer.Columns()) + 1 {
			name := "All"
			if i < len(c.Answer.Columns()) {
				name = c.Answer.Columns()[i].Text
			}
			head, err := b.heading(name, 10)
			if err != nil {
				return err
			}
			of, err := b.heading(period.Name, 10)
			if err != nil {
				return err
			}
			periods, columns = append(periods, of), append(columns, head)
		}
	}
	if err := p.add(periods...); err != nil {
		return err
	}
	if err := p.add(columns...); err != nil {
		return err
	}
	var row []any
	full := len(columns)
	err = c.each(func(x crossed) error {
		if row == nil {
			row = []any{b.text(memberText(x.row))}
		}
		cells, err := b.figure(x.figure, c.Answer.Definition())
		if err != nil {
			return err
		}
		if row = append(row, cells[2]); len(row) < full {
			return nil
		}
		done := row
		row = nil
		return p.add(done...)
	})
	if err != nil {
		return err
	}
	return p.Flush()
}

func (c Crossing) long(b *book) error {
	n := 0
	if err := c.each(func(crossed) error { n++; return nil }); err != nil {
		return err
	}
	p, err := b.page(b.names.unique("Data"), []float64{28, 34, 12, 12, 20, 30, 20, 30, 13, 13, 12, 6, 14}, 1)
	if err != nil {
		return err
	}
	if err := b.head(p, crossingHead, "t_data", n); err != nil {
		return err
	}
	d := c.Answer.Definition()
	err = c.each(func(x crossed) error {
		first, err := b.day(x.figure.Period.First)
		if err != nil {
			return err
		}
		last, err := b.day(x.figure.Period.Last)
		if err != nil {
			return err
		}
		row := []any{b.text(d.ID), b.text(x.figure.Period.Name), first, last, b.text(c.Rows), b.text(memberText(x.row)), b.text(c.Columns), b.text(memberText(x.column)), nil, nil, nil, b.text(x.figure.Flag()), b.text(string(d.Unit))}
		if x.figure.HasNumber() {
			figure, err := b.figure(x.figure, d)
			if err != nil {
				return err
			}
			row[8], row[9], row[10] = figure[0], figure[1], figure[2]
		}
		return p.add(row...)
	})
	if err != nil {
		return err
	}
	return p.Flush()
}

// WriteCSV writes the figures in long form. Text that a spreadsheet would take for a
// formula is marked by an apostrophe.
func (c Crossing) WriteCSV(w io.Writer) error {
	if !c.Viewer.May(access.Export) {
		return access.ErrNotAllowed
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(crossingHead); err != nil {
		return err
	}
	d := c.Answer.Definition()
	err := c.each(func(x crossed) error {
		f := x.figure
		row := []string{d.ID, f.Period.Name, f.Period.First.Format(time.DateOnly), f.Period.Last.Format(time.DateOnly), c.Rows, inert(memberText(x.row)), c.Columns, inert(memberText(x.column)), "", "", "", f.Flag(), string(d.Unit)}
		if f.HasNumber() {
			row[8], row[10] = f.Numerator.String(), f.Value.String()
			if !f.Denominator.IsZero() {
				row[9] = f.Denominator.String()
			}
		}
		return out.Write(row)
	})
	if err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// inert is text that no spreadsheet takes for a formula.
func inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
		return "'" + s
	}
	return s
}
