package indicators

import (
	"context"
	"database/sql"
	"testing"
	"time"
)

// clock is a warehouse of which only the position is read.
type clock struct{ at time.Time }

func (c *clock) Read(ctx context.Context, fn func(context.Context, *sql.Conn, Position) error) error {
	return fn(ctx, nil, Position{AsAt: c.at})
}

func (c *clock) Write(context.Context, func(context.Context, *sql.Conn, Position) error) error {
	panic("nothing is written")
}

// While nothing beneath it changes a value is true of ever later facts; a change
// that was told of, or waits, stops the clock of what stands above it alone.
func TestAValueStaysTrueWhileNothingChanges(t *testing.T) {
	computedAt := time.Date(2026, 11, 22, 6, 15, 0, 0, time.UTC)
	w := &clock{at: computedAt.Add(time.Hour)}
	e, err := NewEngine(EngineOptions{Library: &Library{}, Warehouse: w, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	s := emptySnapshot()
	s.indicators["truancy"], s.indicators["cases"], s.indicators["failed"] = &computed{asAt: computedAt}, &computed{asAt: computedAt}, &computed{asAt: computedAt}
	s.behind["failed"] = true
	e.serving.Store(s)
	e.reads = map[string][]string{"truancy": {"attendance"}, "cases": {"social_care_case"}, "failed": {"child"}}
	hours := func(id string) float64 { return e.asAt(id, e.serving.Load().indicators[id]).Sub(computedAt).Hours() }
	expect := func(when string, truancy, cases float64) {
		t.Helper()
		if a, b, c := hours("truancy"), hours("cases"), hours("failed"); a != truancy || b != cases || c != 0 {
			t.Errorf("%s: %v %v %v, want %v %v 0", when, a, b, c, truancy, cases)
		}
	}
	var seen observation
	look := func() { seen = e.look(t.Context(), seen); w.at = w.at.Add(time.Hour) }
	look()
	expect("after one look", 0, 0)
	look()
	expect("after two", 1, 1)
	e.Changed([]string{"attendance"}, false)
	look()
	expect("a mark came", 1, 2)
	look()
	expect("the mark waits", 1, 2)
	e.changes.take()
	look()
	look()
	expect("nothing waits any more", 5, 5)
	s = emptySnapshot()
	s.indicators["truancy"], s.indicators["cases"], s.indicators["failed"] = &computed{asAt: computedAt.Add(6 * time.Hour)}, e.serving.Load().indicators["cases"], &computed{asAt: computedAt}
	s.behind["failed"] = true
	e.serving.Store(s)
	expect("it is computed anew", 6, 5)
	look()
	expect("and was not there at the look before", 6, 6)
	w.at = computedAt.Add(2 * time.Hour)
	look()
	expect("up to the clock being set back", 7, 7)
	look()
	expect("after it was set back", 2, 2)
}
