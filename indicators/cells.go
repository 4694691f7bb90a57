// Cells: the values behind an answer, read from the warehouse as they are asked
// for and kept in a bounded cache.

package indicators

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/shopspring/decimal"
)

// part names what is read at once: one kind of period of an indicator, the whole
// of it (breakdown "") or the members of one breakdown.
type part struct {
	indicator string
	kind      PeriodKind
	breakdown string
}

// cells are the values of one part, by member ("" alone for the whole) and by
// period id.
type cells struct {
	changed int64 // the run that they are of
	values  map[string]map[string]cell
	labels  map[string]Label
	size    int
	used    int64
}

// mostCells bounds the cache: some 80 MB.
const mostCells = 400_000

// cellCache keeps the parts asked for last.
type cellCache struct {
	mu    sync.Mutex
	parts map[part]*cells
	size  int
	clock int64
	read  sync.Mutex // one reader of the warehouse: those that wait find what it read
}

func (cc *cellCache) get(p part, changed int64) (got *cells, current bool) {
	cc.mu.Lock()
	defer cc.mu.Unlock()
	got = cc.parts[p]
	if got == nil {
		return nil, false
	}
	cc.clock++
	got.used = cc.clock
	return got, got.changed >= changed
}

func (cc *cellCache) put(p part, c *cells) {
	cc.mu.Lock()
	defer cc.mu.Unlock()
	if cc.parts == nil {
		cc.parts = map[part]*cells{}
	}
	if was := cc.parts[p]; was != nil {
		cc.size -= was.size
	}
	cc.clock++
	c.used = cc.clock
	cc.parts[p] = c
	cc.size += c.size
	for cc.size > mostCells && len(cc.parts) > 1 {
		oldest := p
		for other, of := range cc.parts {
			if of.used < cc.parts[oldest].used {
				oldest = other
			}
		}
		cc.size -= cc.parts[oldest].size
		delete(cc.parts, oldest)
	}
}

// cells gives a part, from the cache where that is of the values that are served.
// A new build of the warehouse holds no values until they are computed: what is in
// the cache serves until then.
func (e *Engine) cells(ctx context.Context, of *computed, p part) (*cells, error) {
	if got, current := e.cached.get(p, of.changed); current {
		return got, nil
	}
	e.cached.read.Lock()
	defer e.cached.read.Unlock()
	stale, current := e.cached.get(p, of.changed)
	if current {
		return stale, nil
	}
	parts := map[part]Definition{p: of.definition}
	if p.breakdown == "" {
		e.askedNext(parts)
	}
	read, err := e.loadCells(ctx, parts, map[string]map[string]Label{})
	if err != nil {
		return nil, fmt.Errorf("read the values of %s: %w", p.indicator, err)
	}
	switch fresh := read[p]; {
	case fresh != nil:
		return fresh, nil
	case stale != nil:
		return stale, nil
	}
	return nil, ErrNotFound
}

// askedNext adds what a dashboard, or the list of measures, asks for next: each
// measure's whole that is not in the cache as it is served. Together they take little
// more than one of them, and a query for each took seconds after a run on a busy machine.
func (e *Engine) askedNext(parts map[part]Definition) {
	for id, c := range e.serving.Load().indicators {
		e.addMissing(parts, c, part{id, c.definition.Periods[0], ""})
	}
}

// addMissing adds a part to parts unless the cache has it as it is served.
func (e *Engine) addMissing(parts map[part]Definition, of *computed, p part) {
	if _, current := e.cached.get(p, of.changed); !current {
		parts[p] = of.definition
	}
}

// loadCells puts parts into the cache, and gives them as readCells does.
func (e *Engine) loadCells(ctx context.Context, parts map[part]Definition, labels map[string]map[string]Label) (map[part]*cells, error) {
	read, err := e.readCells(ctx, parts, labels)
	for p, fresh := range read {
		e.cached.put(p, fresh)
	}
	return read, err
}

// readCells reads parts; it leaves out those of which nothing is computed by their
// definition. labels are those read before, by breakdown, and take up others.
func (e *Engine) readCells(ctx context.Context, parts map[part]Definition, labels map[string]map[string]Label) (map[part]*cells, error) {
	out := map[part]*cells{}
	err := e.Warehouse.Read(ctx, func(ctx context.Context, c *sql.Conn, _ Position) error {
		there, err := laidOut(ctx, c)
		if err != nil || !there {
			return err
		}
		hash, changed := map[string]string{}, map[string]int64{}
		if err := each(ctx, c, `/* indicators.readCells */ SELECT indicator, definition_hash, changed FROM results.computed`, func(scan func(...any) error) error {
			var id, of string
			var run int64
			err := scan(&id, &of, &run)
			hash[id], changed[id] = of, run
			return err
		}); err != nil {
			return err
		}
		for p, d := range parts {
			if hash[p.indicator] != d.Hash {
				continue
			}
			if b, ok := BreakdownOf(p.breakdown); ok && labels[p.breakdown] == nil {
				if labels[p.breakdown], err = b.readLabels(ctx, c); err != nil {
					return err
				}
			}
			out[p] = &cells{changed: changed[p.indicator], values: map[string]map[string]cell{}, labels: labels[p.breakdown]}
		}
		return readValues(ctx, c, out)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// readValues reads the values of parts into them.
func readValues(ctx context.Context, c *sql.Conn, parts map[part]*cells) error {
	if len(parts) == 0 {
		return nil
	}
	var ids, args []any
	for p := range parts {
		if !slices.Contains(ids, any(p.indicator)) {
			ids = append(ids, p.indicator)
		}
		args = append(args, p.indicator, string(p.kind), p.breakdown)
	}
	list := func(one string, n int) string {
		return "(" + strings.TrimSuffix(strings.Repeat(one+", ", n), ", ") + ")"
	}
	rows, err := c.QueryContext(ctx, `/* indicators.readValues */
		SELECT indicator, kind, breakdown, period_id, member, numerator::VARCHAR, denominator::VARCHAR, children, numerator_children, received, expected, complete_from
		FROM results.value WHERE indicator IN `+list("?", len(ids))+` AND (indicator, kind, breakdown) IN `+list("(?, ?, ?)", len(parts)), append(ids, args...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var p part
		var id, member string
		var numerator, denominator sql.NullString
		var received, expected sql.NullInt64
		var from sql.NullTime
		var v cell
		if err := rows.Scan(&p.indicator, &p.kind, &p.breakdown, &id, &member, &numerator, &denominator, &v.children, &v.behind, &received, &expected, &from); err != nil {
			return err
		}
		out := parts[p]
		if err := v.setAmounts(numerator, denominator); err != nil {
			return err
		}
		v.received, v.expected = received.Int64, expected.Int64
		if from.Valid {
			v.completeFrom = utcDay(from.Time)
		}
		if out.values[member] == nil {
			out.values[member] = map[string]cell{}
		}
		out.values[member][id] = v
		out.size++
	}
	return rows.Err()
}

// setAmounts takes the numerator and the denominator as DuckDB writes them.
func (c *cell) setAmounts(numerator, denominator sql.NullString) (err error) {
	c.has = numerator.Valid
	for _, n := range []struct {
		text sql.NullString
		to   *decimal.Decimal
	}{{numerator, &c.numerator}, {denominator, &c.denominator}} {
		if n.text.Valid {
			if *n.to, err = decimal.NewFromString(n.text.String); err != nil {
				return err
			}
		}
	}
	return nil
}

// table is one kind of period: its periods without gap, oldest first, and for each
// the whole and each member of the breakdowns that were asked for.
type table struct {
	periods []Period
	whole   []cell
	members map[string]map[string][]cell // by breakdown and member
	labels  map[string]map[string]Label  // by breakdown
}

// table reads the whole and those breakdowns of one kind of period.
func (e *Engine) table(ctx context.Context, of *computed, kind PeriodKind, breakdowns ...string) (*table, error) {
	t := &table{periods: of.periods[kind], members: map[string]map[string][]cell{}, labels: map[string]map[string]Label{}}
	covered, today := e.coverage(), DayOf(e.Now())
	short := make([]string, len(t.periods))
	for i, p := range t.periods {
		short[i] = covered.short(of.counted, p, today)
	}
	line := func(values map[string]cell) []cell {
		out := make([]cell, len(t.periods))
		for i, p := range t.periods {
			out[i] = values[p.ID]
			out[i].short = short[i]
		}
		return out
	}
	whole, err := e.cells(ctx, of, part{of.definition.ID, kind, ""})
	if err != nil {
		return nil, err
	}
	t.whole = line(whole.values[""])
	for _, b := range breakdowns {
		if b == "" || !slices.Contains(of.definition.Breakdowns, b) {
			continue
		}
		got, err := e.cells(ctx, of, part{of.definition.ID, kind, b})
		if err != nil {
			return nil, err
		}
		t.members[b], t.labels[b] = map[string][]cell{}, got.labels
		for member, values := range got.values {
			t.members[b][member] = line(values)
		}
	}
	return t, nil
}
