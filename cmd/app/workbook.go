package app

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"

	"onevision/access"
	"onevision/dashboards/sheet"
	"onevision/indicators"
)

// workbook writes the viewer's dashboard as Excel, with its audit line: no
// line, no workbook.
func (a *App) workbook(ctx context.Context, v access.Viewer, w io.Writer) error {
	book := sheet.Workbook{Title: "Dashboard", Authority: a.authority, Viewer: v, At: a.Now(), PublicURL: a.PublicURL, Rows: a.Engine.Rows(ctx, v, indicators.RowsAsked{})}
	var fields []string
	ahead := a.Engine.Ahead()
	for _, d := range a.Engine.List(v) {
		if err := ahead.Read(ctx, v, d.ID); err != nil {
			return err
		}
		card, err := a.card(ctx, v, d)
		if errors.Is(err, indicators.ErrNotFound) {
			continue // it has no figures yet, as on the pages
		}
		if err != nil {
			return err
		}
		book.Cards = append(book.Cards, card)
		changed, err := a.Engine.Restated(ctx, v, indicators.Question{Indicator: d.ID, Period: d.PublishedBy(), Last: 37})
		if err != nil && !errors.Is(err, indicators.ErrNotFound) {
			return fmt.Errorf("ask what was published of %s: %w", d.ID, err)
		}
		for _, r := range changed {
			if r.Changed {
				book.Changes = append(book.Changes, sheet.Change{Definition: d, Restatement: r})
			}
		}
		fields = append(fields, d.ID)
	}
	err := access.InTx(ctx, a.Env.Pool, v, func(tx pgx.Tx) error {
		return access.Audit(ctx, tx, v, access.Entry{Action: "export", Kind: "dashboard", Fields: fields})
	})
	if err != nil {
		return err
	}
	return sheet.Write(ctx, w, book)
}

// figures writes the viewer's figures in long form as CSV, with its audit line.
func (a *App) figures(ctx context.Context, v access.Viewer, w io.Writer) error {
	var fields []string
	for _, d := range a.Engine.List(v) {
		fields = append(fields, d.ID)
	}
	err := access.InTx(ctx, a.Env.Pool, v, func(tx pgx.Tx) error {
		return access.Audit(ctx, tx, v, access.Entry{Action: "export", Kind: "figures", Fields: fields})
	})
	if err != nil {
		return err
	}
	return sheet.WriteCSV(ctx, w, v, a.Engine.Rows(ctx, v, indicators.RowsAsked{}), a.PublicURL)
}

func (a *App) card(ctx context.Context, v access.Viewer, d indicators.Definition) (sheet.Card, error) {
	var c sheet.Card
	var err error
	if c.Answer, err = a.Engine.Ask(ctx, v, indicators.Question{Indicator: d.ID}); err != nil {
		return c, fmt.Errorf("ask for %s: %w", d.ID, err)
	}
	for _, breakdown := range d.Breakdowns {
		by, err := a.Engine.Ask(ctx, v, indicators.Question{Indicator: d.ID, Breakdown: breakdown})
		if err != nil {
			return c, fmt.Errorf("ask for %s by %s: %w", d.ID, breakdown, err)
		}
		c.Breakdowns = append(c.Breakdowns, by)
	}
	return c, nil
}
