package indicators

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"
)

// quiet is what was seen at one look: the facts as at an instant, when no change
// waited to be computed, and how often each table had changed by then.
type quiet struct {
	asAt time.Time
	told map[string]int
}

// look says of which values it is known that they are true of later facts than
// those from which they were computed: those with no change told of beneath them
// between the look before and this one had none at the look before. (A change is
// told of shortly after it can be read, which is why one look does not do.) It is
// for the goroutine that computes changes.
func (e *Engine) look(ctx context.Context, before quiet) quiet {
	told, waiting := e.changes.state()
	if !before.asAt.IsZero() {
		e.running.Lock()
		s, still := e.serving.Load(), maps.Clone(*e.still.Load())
		for id := range s.indicators {
			same := func(table string) bool { return told[table] == before.told[table] }
			if facts, parsed := e.reads[id]; parsed && !s.behind[id] && !slices.ContainsFunc(facts, func(t string) bool { return !same(t) }) {
				still[id] = before.asAt
			}
		}
		e.running.Unlock()
		e.still.Store(&still)
	}
	if waiting {
		return quiet{}
	}
	now := quiet{told: told}
	err := e.Warehouse.Read(ctx, func(_ context.Context, _ *sql.Conn, at Position) error {
		now.asAt = at.AsAt
		return nil
	})
	if err != nil {
		return quiet{}
	}
	return now
}

// asAt is the instant up to which the facts beneath an indicator are known to be
// in its values.
func (e *Engine) asAt(id string, computed time.Time) time.Time {
	if still := (*e.still.Load())[id]; still.After(computed) {
		return still
	}
	return computed
}
