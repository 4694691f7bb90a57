package indicators

// How long values that were computed earlier stay true: until a fact that they rest
// on changes.

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"
)

// observation is what was seen at one look: the facts as at an instant, when no change
// waited to be computed, and how often each table had changed by then.
type observation struct {
	asAt   time.Time
	told   map[string]int
	values map[string]*computed // what was served
}

// freshness is up to when values are known to be true of the facts: of these
// values, not of others computed later, whatever a clock that was set back says.
type freshness struct {
	of   *computed
	asAt time.Time
}

// look says of which values it is known that they are true of later facts than
// those from which they were computed: those with no change told of beneath them
// between the look before and this one had none at the look before. (A change is
// told of shortly after it can be read, which is why one look does not do.) It is
// for the goroutine that computes changes.
func (e *Engine) look(ctx context.Context, before observation) observation {
	told, waiting := e.changes.state()
	if !before.asAt.IsZero() {
		if err := e.acquire(ctx); err != nil {
			return observation{}
		}
		s, known := e.serving.Load(), maps.Clone(*e.fresh.Load())
		for id, c := range s.indicators {
			same := func(table string) bool { return told[table] == before.told[table] }
			if facts, parsed := e.reads[id]; parsed && !s.behind[id] && c == before.values[id] && !slices.ContainsFunc(facts, func(t string) bool { return !same(t) }) {
				known[id] = freshness{c, before.asAt}
			}
		}
		e.release()
		e.fresh.Store(&known)
	}
	if waiting {
		return observation{}
	}
	now := observation{told: told, values: e.serving.Load().indicators}
	err := e.Warehouse.Read(ctx, func(_ context.Context, _ *sql.Conn, at Position) error {
		now.asAt = at.AsAt
		return nil
	})
	if err != nil {
		return observation{}
	}
	return now
}

// asAt is the instant up to which the facts beneath an indicator are known to be
// in its values.
func (e *Engine) asAt(id string, c *computed) time.Time {
	if known := (*e.fresh.Load())[id]; known.of == c {
		return known.asAt
	}
	return c.asAt
}
