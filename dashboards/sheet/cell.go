package sheet

// Cells: typed values, never a formula.

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"onevision/indicators"
)

// Every cell that holds something from data is made here, with the type of
// what it holds. None is ever a formula: text is written as text, and text
// that begins as a formula would is marked so that it stays text when edited.

// text is a cell of text.
func (b *book) text(s string) any {
	if s == "" {
		return nil
	}
	s = clean(s)
	id := b.styles["text"]
	if strings.ContainsRune("=+-@\t\r\n", []rune(s + " ")[0]) {
		id = b.quoted
	}
	return excelize.Cell{Value: s, StyleID: id}
}

// wrapped is a cell of text over several lines.
func (b *book) wrapped(s string) (any, error) {
	if c, ok := b.text(s).(excelize.Cell); ok && c.StyleID == b.quoted {
		return c, nil
	}
	id, err := b.style("wrapped", excelize.Style{Alignment: &excelize.Alignment{Horizontal: "left", Vertical: "top", WrapText: true, Indent: 1}, NumFmt: 49})
	return excelize.Cell{Value: clean(s), StyleID: id}, err
}

// heading is a cell of the program's own words.
func (b *book) heading(s string, size float64) (any, error) {
	id, err := b.style(fmt.Sprintf("heading %g", size), excelize.Style{Font: &excelize.Font{Bold: true, Size: size}, Alignment: &excelize.Alignment{Horizontal: "left", Vertical: "top", Indent: 1}})
	return excelize.Cell{Value: clean(s), StyleID: id}, err
}

// day is a date.
func (b *book) day(t time.Time) (any, error) {
	if t.IsZero() {
		return nil, nil
	}
	format := "dd/mm/yyyy"
	id, err := b.style("day", excelize.Style{CustomNumFmt: &format, Alignment: &excelize.Alignment{Horizontal: "left", Vertical: "top", Indent: 1}})
	return excelize.Cell{Value: t, StyleID: id}, err
}

// moment is an instant, as clocks here showed it.
func (b *book) moment(t time.Time) (any, error) {
	if t.IsZero() {
		return nil, nil
	}
	format := "dd/mm/yyyy hh:mm"
	id, err := b.style("moment", excelize.Style{CustomNumFmt: &format, Alignment: &excelize.Alignment{Horizontal: "left", Vertical: "top", Indent: 1}})
	return excelize.Cell{Value: t.In(indicators.London()), StyleID: id}, err
}

// number is a number. Values of up to 15 digits, which is what Excel keeps, go
// in as they are.
func (b *book) number(d decimal.Decimal, format string, faint bool) (any, error) {
	style := excelize.Style{CustomNumFmt: &format, Alignment: &excelize.Alignment{Vertical: "top"}}
	key := "number " + format
	if faint {
		key += " faint"
		style.Font = &excelize.Font{Italic: true, Color: "505A5F"}
	}
	id, err := b.style(key, style)
	return excelize.Cell{Value: d.InexactFloat64(), StyleID: id}, err
}

// count is a whole number, or one with as many places as it has.
func (b *book) count(d decimal.Decimal, faint bool) (any, error) {
	format := "#,##0"
	if !d.Equal(d.Truncate(0)) {
		format = "#,##0.##"
	}
	return b.number(d, format, faint)
}

// value is an indicator's value: a percentage as a true one, 0.034 shown 3.4%.
func (b *book) value(d decimal.Decimal, def indicators.Definition, faint bool) (any, error) {
	if def.Unit == indicators.Percent {
		d = d.Shift(-2)
	}
	return b.number(d, valueFormat(def), faint)
}

func valueFormat(def indicators.Definition) string {
	format := "#,##0"
	if def.Decimals > 0 {
		format += "." + strings.Repeat("0", int(def.Decimals))
	}
	if def.Unit == indicators.Percent {
		format += "%"
	}
	return format
}

// figure is the three cells of a figure: numerator, denominator, value. Where
// there is no number, the words that stand for it are in their place.
func (b *book) figure(f indicators.Figure, def indicators.Definition) (cells []any, err error) {
	if !f.HasNumber() {
		words := f.Text
		if words == "" {
			words = f.State.String()
		}
		cells := []any{nil, nil, b.text(words)}
		if f.State == indicators.Suppressed {
			cells[0], cells[1] = b.text("not shown"), b.text("not shown")
		}
		return cells, nil
	}
	faint := f.State == indicators.Incomplete
	numerator, err := b.count(f.Numerator, faint)
	if err != nil {
		return nil, err
	}
	var denominator any
	if !f.Denominator.IsZero() {
		if denominator, err = b.count(f.Denominator, faint); err != nil {
			return nil, err
		}
	}
	value, err := b.value(f.Value, def, faint)
	return []any{numerator, denominator, value}, err
}
