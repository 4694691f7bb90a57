package sheet

// The sheet of one indicator.

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"onevision/indicators"
)

// The columns of a card's sheet. Its tables stand below each other and share
// them: side by side, filtering one would hide rows of the other.
var (
	seriesHead = []string{"Period", "First day", "Last day", "Numerator", "Denominator", "Value", "State", "Note", "Plotted", "Target"}
	memberHead = []string{"", "First day", "Last day", "Numerator", "Denominator", "Value", "State", "Note", "Period before", "Status"}
	cardWidths = []float64{36, 18, 13, 13, 14, 16, 13, 38, 15, 14}
)

// patience is how many rows are written between two looks at the context.
const patience = 1000

// card writes one indicator: what it is, its series with a chart, and its
// breakdowns.
func (b *book) card(ctx context.Context, c card) error {
	def := c.answer.Definition()
	p, err := b.page(c.sheet, cardWidths, 1)
	if err != nil {
		return err
	}
	if err := p.title(def.Title); err != nil {
		return err
	}
	for _, line := range b.headlines(c.answer) {
		if err := p.add(line...); err != nil {
			return err
		}
	}
	asAt, err := b.moment(c.answer.AsAt())
	if err != nil {
		return err
	}
	if err := p.add(b.text("Data as at"), asAt); err != nil {
		return err
	}
	p.skip(1)
	top := p.row + 1
	if err := b.series(ctx, p, c.answer); err != nil {
		return err
	}
	for _, by := range c.breakdowns {
		p.skip(2)
		if err := b.members(ctx, p, by); err != nil {
			return err
		}
	}
	if n := len(c.answer.Series()); n > 0 { // after every table, whose relations are the sheet's first
		_, targeted := c.answer.Target()
		if err := b.chart(p, def, top, n, targeted); err != nil {
			return err
		}
	}
	return p.Flush()
}

// headlines are the lines above the tables, in words.
func (b *book) headlines(a answer) [][]any {
	def, now := a.Definition(), a.Current()
	said := cmp.Or(now.Text, now.State.String())
	if of := now.Of(); of != "" {
		said += " (" + of + ")"
	}
	lines := [][]any{
		{b.text(def.Meaning)},
		{b.text(capital(cmp.Or(now.Period.Name, "now"))), b.text(said)},
		{b.text("Status"), b.text(a.Status().String())},
	}
	for _, lacking := range a.Unrecorded() {
		lines = append(lines, []any{b.text("Not recorded"), b.text(lacking)})
	}
	if change := a.Change(); change.Known {
		lines = append(lines, []any{b.text("Change"), b.text(strings.TrimSpace(change.Text + " " + paren(change.Verdict())))})
	}
	if t, ok := a.Target(); ok {
		lines = append(lines, []any{b.text("Target"), b.text(t.Text)})
	}
	for _, c := range a.Comparators() {
		note := "like for like"
		if !c.LikeForLike {
			note = cmp.Or(c.Note, "not like for like")
		}
		lines = append(lines, []any{b.text(c.Area + ", " + c.Period), b.text(c.Text + " (" + note + ")")})
	}
	return lines
}

// series writes the table of periods.
func (b *book) series(ctx context.Context, p *page, a answer) error {
	def, figures := a.Definition(), a.Series()
	target, targeted := a.Target()
	head := seriesHead
	if !targeted {
		head = head[:len(head)-1]
	}
	if err := b.head(p, head, tableName(def.ID, "series"), len(figures)); err != nil {
		return err
	}
	for i, f := range figures {
		if i%patience == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		row, err := b.row(capital(f.Period.Name), f, def)
		if err != nil {
			return err
		}
		// A chart would draw words as zero, so what it draws is a column of its
		// own, empty where there is nothing to judge.
		var plotted, aim any
		if f.State == indicators.Known {
			if plotted, err = b.value(f.Value, def, false); err != nil {
				return err
			}
		}
		row = append(row, plotted)
		if targeted {
			if aim, err = b.value(target.Value, def, false); err != nil {
				return err
			}
			row = append(row, aim)
		}
		if err := p.add(row...); err != nil {
			return err
		}
	}
	if len(figures) == 0 {
		p.skip(1) // a table has a row
	}
	return nil
}

// members writes the table of a breakdown.
func (b *book) members(ctx context.Context, p *page, a answer) error {
	def, by, members := a.Definition(), a.Question().Breakdown, a.Members()
	name := capital(strings.ReplaceAll(by, "-", " "))
	caption, err := b.heading(fmt.Sprintf("By %s, %s", strings.ToLower(name), a.Current().Period.Name), 12)
	if err != nil {
		return err
	}
	if err := p.add(caption); err != nil {
		return err
	}
	head := append([]string{cmp.Or(name, "Member")}, memberHead[1:]...)
	if err := b.head(p, head, tableName(def.ID, "by", by), len(members)); err != nil {
		return err
	}
	for i, m := range members {
		if i%patience == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		row, err := b.row(m.Name, m.Current, def)
		if err != nil {
			return err
		}
		before, err := b.figure(m.Previous, def)
		if err != nil {
			return err
		}
		if err := p.add(append(row, before[2], b.text(m.Status.String()))...); err != nil {
			return err
		}
	}
	if len(members) == 0 {
		p.skip(1)
	}
	return nil
}

// headings writes a row of them.
func (b *book) headings(p *page, texts []string) error {
	var cells []any
	for _, text := range texts {
		cell, err := b.heading(text, 10)
		if err != nil {
			return err
		}
		cells = append(cells, cell)
	}
	return p.add(cells...)
}

// head writes the header of a table of n rows.
func (b *book) head(p *page, head []string, name string, n int) error {
	if err := b.headings(p, head); err != nil {
		return err
	}
	return p.table(name, len(head), n)
}

// row is the first eight cells of a row: whose or when, and the figure.
func (b *book) row(name string, f indicators.Figure, def indicators.Definition) ([]any, error) {
	first, err := b.day(f.Period.First)
	if err != nil {
		return nil, err
	}
	last, err := b.day(f.Period.Last)
	if err != nil {
		return nil, err
	}
	figure, err := b.figure(f, def)
	if err != nil {
		return nil, err
	}
	row := append([]any{b.text(name), first, last}, figure...)
	return append(row, b.text(f.State.String()), b.text(f.Note)), nil
}

// chart draws the plotted column, and the target, as a native line chart to
// the right of the table.
func (b *book) chart(p *page, def indicators.Definition, top, n int, targeted bool) error {
	column := func(letter string) string {
		return fmt.Sprintf("'%s'!$%s$%d:$%s$%d", strings.ReplaceAll(p.name, "'", "''"), letter, top+1, letter, top+n)
	}
	name := func(letter string) string {
		return fmt.Sprintf("'%s'!$%s$%d", strings.ReplaceAll(p.name, "'", "''"), letter, top)
	}
	series := []excelize.ChartSeries{{
		Name: "'" + strings.ReplaceAll(p.name, "'", "''") + "'!$A$1", Categories: column("A"), Values: column("I"),
		Line:   excelize.LineOptions{Width: 2, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"1D70B8"}}},
		Marker: excelize.ChartMarker{Symbol: "circle", Size: 6},
	}}
	if targeted {
		series = append(series, excelize.ChartSeries{Name: name("J"), Categories: column("A"), Values: column("J"),
			Line:   excelize.LineOptions{Width: 1.5, Dash: excelize.LineDashDash, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"505A5F"}}},
			Marker: excelize.ChartMarker{Symbol: "none"}})
	}
	at := fmt.Sprintf("L%d", top)
	return b.file.AddChart(p.name, at, &excelize.Chart{
		Type: excelize.Line, Series: series, ShowBlanksAs: "gap",
		Title:     excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: clean(def.Title), Font: &excelize.Font{Bold: true, Size: 12}}}},
		Dimension: excelize.ChartDimension{Width: 720, Height: 360},
		Legend:    excelize.ChartLegend{Position: "bottom"},
		XAxis:     excelize.ChartAxis{Font: excelize.Font{Size: 9, Color: "0B0C0C"}},
		YAxis:     excelize.ChartAxis{MajorGridLines: true, Font: excelize.Font{Size: 9, Color: "0B0C0C"}, NumFmt: excelize.ChartNumFmt{CustomNumFmt: valueFormat(def)}},
		Format: excelize.GraphicOptions{AltText: clean("Line chart of the Plotted column: " + def.Title + ". The numbers are in the table beside it."),
			Positioning: "twoCell"}, // with "oneCell" excelize ends the anchor in the cell that it begins in
	})
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func paren(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}
