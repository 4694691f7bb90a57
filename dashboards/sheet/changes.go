package sheet

// The sheet of what was published and is known otherwise now.

import "onevision/indicators"

// Change is a published figure of the authority as a whole that is another now.
type Change struct {
	Definition indicators.Definition
	indicators.Restatement
}

var changesHead = []string{"indicator", "title", "period", "first_day", "last_day", "published_at", "signed_off_by", "as_published", "as_now_known", "unit", "cause", "page"}

// changes writes a row for each, with when it was published and why it is another.
func (b *book) changes(name string, c contents) error {
	p, err := b.page(name, []float64{28, 40, 26, 12, 12, 18, 24, 14, 14, 14, 60, 60}, 1)
	if err != nil {
		return err
	}
	if err := b.head(p, changesHead, tableName("changes"), len(c.Changes)); err != nil {
		return err
	}
	for _, change := range c.Changes {
		d, f := change.Definition, change.Now
		var days [3]any
		if days[0], err = b.day(f.Period.First); err != nil {
			return err
		}
		if days[1], err = b.day(f.Period.Last); err != nil {
			return err
		}
		if days[2], err = b.moment(change.At); err != nil {
			return err
		}
		row := []any{b.text(d.ID), b.text(d.Title), b.text(f.Period.Name), days[0], days[1], days[2], b.text(change.SignedOffBy), nil, nil, b.text(string(d.Unit)), b.text(change.Cause),
			b.text(indicators.Row{Definition: d, Figure: f}.Page(c.PublicURL))}
		for i, of := range []indicators.Figure{change.Published, f} {
			if of.HasNumber() {
				if row[7+i], err = b.value(of.Value, d, false); err != nil {
					return err
				}
			}
		}
		if err := p.add(row...); err != nil {
			return err
		}
	}
	return p.Flush()
}
