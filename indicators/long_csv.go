package indicators

// Figures in long form as text: their columns, and CSV.

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"net/url"
	"strings"
	"time"
)

// RowHead are the columns of the long form. Their names and order stay; new ones come
// at the end.
var RowHead = []string{"indicator", "title", "unit", "period_kind", "period", "first_day", "last_day", "dimension", "member", "code",
	"numerator", "denominator", "value", "flag", "period_id", "page"}

// Dimension is the row's breakdown, "authority" for the whole.
func (r Row) Dimension() string {
	if r.Breakdown == "" {
		return "authority"
	}
	return r.Breakdown
}

// MemberName is what the row's member is called.
func (r Row) MemberName() string {
	if r.Breakdown == "" {
		return "Whole authority"
	}
	return r.Name
}

// Page is the address of the page that shows the figure.
func (r Row) Page(public string) string {
	q := url.Values{"period": {string(r.Figure.Period.Kind)}, "at": {r.Figure.Period.ID}}
	if r.Breakdown != "" && r.Member != "" {
		q.Set("breakdown", r.Breakdown)
		q.Set("member", r.Member)
	}
	return strings.TrimSuffix(public, "/") + "/indicators/" + url.PathEscape(r.Definition.ID) + "?" + q.Encode()
}

// Texts are the row under RowHead. Percentages are in per cent (3.4), exact to six
// places; a figure without a number has none.
func (r Row) Texts(public string) []string {
	d, f := r.Definition, r.Figure
	line := []string{d.ID, d.Title, string(d.Unit), string(f.Period.Kind), f.Period.Name, f.Period.First.Format(time.DateOnly), f.Period.Last.Format(time.DateOnly),
		r.Dimension(), r.MemberName(), r.Code, "", "", "", f.Flag(), f.Period.ID, r.Page(public)}
	if f.HasNumber() {
		line[10], line[12] = f.Numerator.String(), f.Value.String()
		if !f.Denominator.IsZero() {
			line[11] = f.Denominator.String()
		}
	}
	return line
}

// rowsBetweenLooks is how many rows are written between two looks at the context.
const rowsBetweenLooks = 1000

// WriteRows writes rows as CSV, as they come. Text that a spreadsheet would take for a
// formula is marked by an apostrophe.
func WriteRows(ctx context.Context, w io.Writer, rows iter.Seq2[Row, error], public string) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(RowHead); err != nil {
		return err
	}
	n := 0
	for r, err := range rows {
		if err != nil {
			return err
		}
		if n++; n%rowsBetweenLooks == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		line := r.Texts(public)
		for i, s := range line {
			if number := i >= 10 && i <= 12; !number && s != "" && strings.ContainsRune("=+-@\t\r\n", []rune(s)[0]) {
				line[i] = "'" + s
			}
		}
		if err := out.Write(line); err != nil {
			return fmt.Errorf("write CSV: %w", err)
		}
	}
	out.Flush()
	return out.Error()
}
