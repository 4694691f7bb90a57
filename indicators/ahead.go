package indicators

// Reading ahead for whoever wants all figures of a measure: in one look what would be a
// hundred, one for each kind of period and breakdown.

import (
	"context"
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
	parts := map[part]Definition{}
	for _, kind := range of.definition.Periods {
		for _, breakdown := range append([]string{""}, of.definition.Breakdowns...) {
			e.addMissing(parts, of, part{id, kind, breakdown})
		}
	}
	if len(parts) == 0 {
		return nil
	}
	if _, err := e.loadCells(ctx, parts, a.labels); err != nil {
		return fmt.Errorf("read the values of %s: %w", id, err)
	}
	return nil
}
