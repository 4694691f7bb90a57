package sheet

// The sheet of definitions.

import "strings"

// definitions writes what each number means and what it was made from, as a
// table.
func (b *book) definitions(name string, c contents) error {
	head := []string{"Id", "Title", "Meaning", "Unit", "Good is", "Numerator counts", "Denominator counts", "Source", "Circumstances as at", "Periods", "Breakdowns",
		"Computed at", "Data as at", "Data position", "Definition hash"}
	p, err := b.page(name, []float64{26, 30, 60, 12, 10, 34, 30, 50, 18, 30, 18, 18, 18, 34, 68}, 1)
	if err != nil {
		return err
	}
	if err := b.head(p, head, tableName("definitions"), len(c.cards)); err != nil {
		return err
	}
	for _, card := range c.cards {
		a, d := card.answer, card.answer.Definition()
		meaning, err := b.wrapped(d.Meaning)
		if err != nil {
			return err
		}
		computed, err := b.moment(a.ComputedAt())
		if err != nil {
			return err
		}
		asAt, err := b.moment(a.AsAt())
		if err != nil {
			return err
		}
		var kinds []string
		for _, k := range d.Periods {
			kinds = append(kinds, string(k))
		}
		if err := p.add(b.text(d.ID), b.text(d.Title), meaning, b.text(string(d.Unit)), b.text(string(d.Polarity)), b.text(d.Counts), b.text(d.Of), b.text(d.Source),
			b.text(d.AsAt), b.text(strings.Join(kinds, ", ")), b.text(strings.Join(d.Breakdowns, ", ")), computed, asAt, b.text(a.Position()), b.text(d.Hash)); err != nil {
			return err
		}
	}
	return p.Flush()
}
