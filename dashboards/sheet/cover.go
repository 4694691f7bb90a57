package sheet

// The first sheet: what the workbook is, for whom, and where its numbers are.

import (
	"strings"

	"github.com/xuri/excelize/v2"

	"onevision/access"
)

// cover says what this is, for whom and when, how its numbers may be read, and
// where they are.
func (b *book) cover(name, definitions string, c contents) error {
	p, err := b.page(name, []float64{30, 34, 16, 16, 70}, 0)
	if err != nil {
		return err
	}
	if err := p.title(c.Title); err != nil {
		return err
	}
	at, err := b.moment(c.At)
	if err != nil {
		return err
	}
	asAt, err := b.moment(c.AsAt)
	if err != nil {
		return err
	}
	lines := [][]any{
		{b.text(c.Authority)},
		{},
		{b.text("Classification"), b.text("OFFICIAL-SENSITIVE")},
		{b.text("Made for"), b.text(c.Viewer.Name())},
		{b.text("In the role of"), b.text(strings.ReplaceAll(string(c.Viewer.Role()), "-", " "))},
		{b.text("Made at"), at},
		{b.text("Data as at"), asAt},
		{b.text("Figures"), b.text(standing(c.Viewer))},
		{b.text("Small numbers"), b.text(suppression(c.Viewer))},
		{b.text("Incomplete periods"), b.text("In italics and marked incomplete: too little is known yet to judge them. Charts leave them out.")},
		{},
	}
	for _, l := range lines {
		if err := p.add(l...); err != nil {
			return err
		}
	}
	return b.contentsOf(p, definitions, c)
}

// contentsOf lists the sheets, each with a link to it.
func (b *book) contentsOf(p *page, definitions string, c contents) error {
	var head []any
	for _, h := range []string{"Sheet", "Measure", "Value", "Status", "Period"} {
		cell, err := b.heading(h, 11)
		if err != nil {
			return err
		}
		head = append(head, cell)
	}
	if err := p.add(head...); err != nil {
		return err
	}
	for _, card := range c.cards {
		now := card.answer.Current()
		cells, err := b.figure(now, card.answer.Definition())
		if err != nil {
			return err
		}
		link, err := b.link(p, card.sheet)
		if err != nil {
			return err
		}
		if err := p.add(link, b.text(card.answer.Definition().Title), cells[2], b.text(card.answer.Status().String()), b.text(now.Period.Name)); err != nil {
			return err
		}
	}
	more := [][2]string{{"Summary", "A row for each measure, against its target and other areas"}}
	more = append(more, [2]string{"Changes", "Published figures that are known otherwise now, with the cause"})
	if c.Rows != nil {
		more = append(more, [2]string{"Data", "Every figure in long form: all kinds of periods, all breakdowns. Flags: x not available, c suppressed, p not complete yet"})
	}
	for _, m := range more {
		link, err := b.link(p, m[0])
		if err != nil {
			return err
		}
		if err := p.add(link, b.text(m[1])); err != nil {
			return err
		}
	}
	link, err := b.link(p, definitions)
	if err != nil {
		return err
	}
	if err := p.add(link, b.text("What each measure means and where it comes from")); err != nil {
		return err
	}
	return p.Flush()
}

// link is a cell in the next row's first column that leads to a sheet.
func (b *book) link(p *page, sheet string) (any, error) {
	at, err := excelize.CoordinatesToCellName(1, p.row+1)
	if err != nil {
		return nil, err
	}
	if err := b.file.SetCellHyperLink(p.name, at, "'"+strings.ReplaceAll(sheet, "'", "''")+"'!A1", "Location"); err != nil {
		return nil, err
	}
	id, err := b.style("link", excelize.Style{Font: &excelize.Font{Color: "1D70B8", Underline: "single"}, Alignment: &excelize.Alignment{Horizontal: "left", Indent: 1}, NumFmt: 49})
	return excelize.Cell{Value: sheet, StyleID: id}, err
}

func standing(v access.Viewer) string {
	if v.May(access.ExactFigures) {
		return "As now known. What was published otherwise stands on the sheet Changes."
	}
	if v.May(access.OwnFigures) {
		return "Of the schools and teams that you answer for as now known, of the others as published."
	}
	return "As published: they stay as they are."
}

func suppression(v access.Viewer) string {
	if v.May(access.ExactFigures) {
		return "Figures are exact: small numbers are not suppressed. Do not pass this workbook on outside the service."
	}
	if v.May(access.OwnFigures) {
		return "Figures of the schools and teams that you answer for are exact: do not pass them on outside the service. Of others small numbers are suppressed, and with them any figure that would give one away."
	}
	return "Small numbers are suppressed, and with them any figure that would give one away. They are words here, and no cell holds the number."
}
