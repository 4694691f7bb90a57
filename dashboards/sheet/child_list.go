package sheet

// The children behind a figure, as Excel and as CSV.

import (
	"encoding/csv"
	"io"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"onevision/access"
)

// ChildList is a list of children, already as its viewer may see them.
type ChildList struct {
	Title, Figure, Of, Authority string
	Viewer                       access.Viewer
	At                           time.Time
	Notes                        []string
	Numerator, Denominator       string // headings of what each counted; Denominator "" for a count
	Children                     []ListedChild
}

// ListedChild is one line of it.
type ListedChild struct {
	ID, Name, UPN          string
	Born                   time.Time
	School, Worker, Team   string
	Numerator, Denominator decimal.Decimal
	Page                   string // its address
}

func (l ChildList) head() []string {
	head := []string{"child_id", "name", "date_of_birth", "upn", "school", "worker", "team", l.Numerator}
	if l.Denominator != "" {
		head = append(head, l.Denominator)
	}
	return append(head, "page")
}

// WriteExcel writes the list as one sheet with a table.
func (l ChildList) WriteExcel(w io.Writer) error {
	b, err := newBook(l.Title, l.Viewer.Name())
	if err != nil {
		return err
	}
	defer b.Close()
	p, err := b.page(b.names.unique("Children"), []float64{38, 30, 14, 16, 34, 34, 26, 16, 16, 50}, 0)
	if err != nil {
		return err
	}
	if err := p.title(l.Title); err != nil {
		return err
	}
	at, err := b.moment(l.At)
	if err != nil {
		return err
	}
	for _, line := range [][]any{{b.text(l.Authority)}, {b.text(l.Figure)}, {b.text(l.Of)}, {b.text("Asked for by " + l.Viewer.Name()), at}} {
		if err := p.add(line...); err != nil {
			return err
		}
	}
	for _, note := range l.Notes {
		if err := p.add(b.text(note)); err != nil {
			return err
		}
	}
	p.skip(1)
	if err := b.head(p, l.head(), "t_children", len(l.Children)); err != nil {
		return err
	}
	for _, c := range l.Children {
		born, err := b.day(c.Born)
		if err != nil {
			return err
		}
		cells := []any{b.text(c.ID), b.text(c.Name), born, b.text(c.UPN), b.text(c.School), b.text(c.Worker), b.text(c.Team)}
		numbers := []decimal.Decimal{c.Numerator}
		if l.Denominator != "" {
			numbers = append(numbers, c.Denominator)
		}
		for _, n := range numbers {
			cell, err := b.count(n, false)
			if err != nil {
				return err
			}
			cells = append(cells, cell)
		}
		if err := p.add(append(cells, b.text(c.Page))...); err != nil {
			return err
		}
	}
	if err := p.Flush(); err != nil {
		return err
	}
	return b.writeTo(w)
}

// WriteCSV writes the list as CSV. Text that a spreadsheet would take for a formula is
// marked by an apostrophe.
func (l ChildList) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(l.head()); err != nil {
		return err
	}
	for _, c := range l.Children {
		born := ""
		if !c.Born.IsZero() {
			born = c.Born.Format(time.DateOnly)
		}
		line := []string{c.ID, c.Name, born, c.UPN, c.School, c.Worker, c.Team}
		for i, s := range line {
			if s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
				line[i] = "'" + s
			}
		}
		line = append(line, c.Numerator.String())
		if l.Denominator != "" {
			line = append(line, c.Denominator.String())
		}
		if err := out.Write(append(line, c.Page)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
