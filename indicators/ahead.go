package indicators

// Reading ahead for whoever wants all figures of a measure: in one look what would be a
// hundred, one for each kind of period and breakdown.

import (
	"context"
	"database/sql"
	"fmt"

	"onevision/access"
)

// Ahead reads measures ahead; it serves one reader, who takes one measure after the other.
type Ahead struct {
	engine *Engine
	labels map[string]map[string]Label // by breakdown: those of all measures
}

// Ahead makes ready to read measures ahead.
func (e *Engine) Ahead() *Ahead { return &Ahead{engine: e, labels: map[string]map[string]Label{}} }

// Read puts into the cache what is asked of a measure next. It answers nothing by
// itself, and does nothing for a viewer who is answered from what is published.
func (a *Ahead) Read(ctx context.Context, v access.Viewer, id string) error {
	e := a.engine
	of, ok := e.serving.Load().indicators[id]
	if !ok || !v.May(access.ExactFigures) {
		return nil
	}
	missing := false
	all := map[part]*cells{}
	for _, kind := range of.definition.Periods {
		for _, breakdown := range append([]string{""}, of.definition.Breakdowns...) {
			p := part{id, kind, breakdown}
			if _, current := e.cached.get(p, of.changed); !current {
				missing = true
			}
			all[p] = &cells{values: map[string]map[string]cell{}}
		}
	}
	if !missing {
		return nil
	}
	err := e.Warehouse.Read(ctx, func(ctx context.Context, c *sql.Conn, _ Position) error {
		var changed int64
		if there, err := laidOut(ctx, c); err != nil || !there {
			all = nil
			return err
		}
		err := c.QueryRowContext(ctx, `/* indicators.Ahead */ SELECT changed FROM results.computed WHERE indicator = ? AND definition_hash = ?`, id, of.definition.Hash).Scan(&changed)
		if err == sql.ErrNoRows {
			all = nil
			return nil
		}
		if err != nil {
			return err
		}
		for p, out := range all {
			out.changed = changed
			b, ok := BreakdownOf(p.breakdown)
			if !ok {
				continue
			}
			if a.labels[p.breakdown] == nil {
				if a.labels[p.breakdown], err = b.readLabels(ctx, c); err != nil {
					return err
				}
			}
			out.labels = a.labels[p.breakdown]
		}
		return readValues(ctx, c, part{indicator: id}, func(kind PeriodKind, breakdown string) *cells { return all[part{id, kind, breakdown}] })
	})
	if err != nil {
		return fmt.Errorf("read the values of %s: %w", id, err)
	}
	for p, out := range all {
		e.cached.put(p, out)
	}
	return nil
}
