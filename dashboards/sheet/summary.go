package sheet

// The sheet with a row for each measure.

import (
	"strings"

	"onevision/indicators"
)

var summaryHead = []string{"indicator", "title", "theme", "period", "first_day", "last_day", "numerator", "denominator", "value", "flag", "unit", "target", "status",
	"change", "better_or_worse", "england", "region", "neighbours", "published", "published_period", "published_rank"}

// summary writes a row for each measure: its newest judged figure against its target
// and against other areas.
func (b *book) summary(name string, c contents) error {
	p, err := b.page(name, []float64{30, 44, 16, 28, 12, 12, 13, 13, 12, 6, 14, 12, 14, 32, 16, 12, 12, 12, 12, 16, 40}, 1)
	if err != nil {
		return err
	}
	if err := b.head(p, summaryHead, tableName("summary"), len(c.cards)); err != nil {
		return err
	}
	for _, card := range c.cards {
		a, d, f := card.answer, card.answer.Definition(), card.answer.Current()
		first, err := b.day(f.Period.First)
		if err != nil {
			return err
		}
		last, err := b.day(f.Period.Last)
		if err != nil {
			return err
		}
		row := []any{b.text(d.ID), b.text(d.Title), b.text(d.Theme), b.text(f.Period.Name), first, last, nil, nil, nil, b.text(f.Flag()), b.text(string(d.Unit)), nil, b.text(a.Status().String())}
		if f.HasNumber() {
			figure, err := b.figure(f, d)
			if err != nil {
				return err
			}
			row[6], row[7], row[8] = figure[0], figure[1], figure[2]
		}
		if t, ok := a.Target(); ok {
			if row[11], err = b.value(t.Value, d, false); err != nil {
				return err
			}
		}
		ch := a.Change()
		row = append(row, b.text(ch.Text), b.text(ch.Verdict()))
		others, err := b.others(a.Comparators(), d)
		if err != nil {
			return err
		}
		if err := p.add(append(row, others...)...); err != nil {
			return err
		}
	}
	return p.Flush()
}

// others are England's figure, the region's, the neighbours' and the authority's own
// as published, with its period and its rank.
func (b *book) others(all []indicators.Comparator, d indicators.Definition) ([]any, error) {
	cells := make([]any, 6)
	for _, c := range all {
		at := 1 // the region, whatever it is called
		switch c.Area {
		case "England":
			at = 0
		case "Neighbours":
			at = 2
		case "Published":
			at = 3
		}
		cell, err := b.value(c.Value, d, false)
		if err != nil {
			return nil, err
		}
		cells[at], cells[4] = cell, b.text(c.Period)
		if at == 3 {
			rank := c.Note
			if i := strings.Index(rank, ": "); i >= 0 {
				rank = rank[i+2:]
			}
			cells[5] = b.text(strings.TrimSuffix(rank, "."))
		}
	}
	return cells, nil
}
