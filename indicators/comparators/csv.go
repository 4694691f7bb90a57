package comparators

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// Columns are those of the long form, one figure a line. They keep their names
// and their order; new ones are added at the end.
var Columns = []string{"measure", "part", "theme", "title", "unit", "polarity", "period_kind", "period", "last_day", "area_type", "area_code", "area_name",
	"value", "numerator", "denominator", "flag", "comparison", "note", "publisher", "publication", "release", "published", "licence"}

// WriteCSV writes figures of the set in long form.
func WriteCSV(to io.Writer, set *Set, figures []Figure) error {
	w := csv.NewWriter(to)
	if err := w.Write(Columns); err != nil {
		return err
	}
	for _, f := range figures {
		if err := w.Write(line(set, f)); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func line(set *Set, f Figure) []string {
	m, _ := set.Measure(f.Measure, f.Part)
	r, _ := set.Release(f.Release)
	value, published := "", ""
	if f.HasValue() {
		value = f.Value.String()
	}
	if !r.Published.IsZero() {
		published = r.Published.Format(time.DateOnly)
	}
	note := f.Note
	if f.Areas > 0 {
		note += "Mean of " + strconv.Itoa(f.Areas) + "."
	}
	return []string{f.Measure, f.Part, m.Theme, m.Title, string(m.Unit), m.Polarity, string(f.Kind), f.Period.Text(), f.Period.LastDay().Format(time.DateOnly),
		string(f.Area.Type), f.Area.Code, f.Area.Name, value, some(f.Numerator), some(f.Denominator), f.Flag, f.Comparison, note,
		r.Publisher, r.Publication, r.Release, published, r.Licence}
}

func some(d decimal.NullDecimal) string {
	if !d.Valid {
		return ""
	}
	return d.Decimal.String()
}
