package indicators

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"github.com/shopspring/decimal"
)

// snapshot is what Ask answers from. It is never changed: a run makes another
// and puts it in its place.
type snapshot struct {
	indicators map[string]*computed
	behind     map[string]bool              // those that the last run of them did not bring up to its facts
	names      map[string]map[string]string // by breakdown and id
	yardsticks yardsticks
	answers    *answers
}

func emptySnapshot() *snapshot {
	return &snapshot{indicators: map[string]*computed{}, behind: map[string]bool{}, answers: newAnswers()}
}

// computed is one indicator's values, unsuppressed: nothing of it leaves this
// package but through figures (see show).
type computed struct {
	definition Definition
	asAt       time.Time
	computedAt time.Time
	position   string
	tables     map[PeriodKind]*table
}

// table is one kind of period: its periods without gap, oldest first, and for
// each the whole and each member.
type table struct {
	periods []Period
	whole   []cell
	members map[string]map[string][]cell // by breakdown and member
}

// cell is one unsuppressed value with all that decides whether it may be judged
// and shown.
type cell struct {
	has          bool // there was a numerator
	numerator    decimal.Decimal
	denominator  decimal.Decimal // zero where there is none
	children     int64
	behind       int64 // children behind the numerator
	received     int64
	expected     int64
	completeFrom time.Time // zero: never
}

// answers are those given from one snapshot, by question, entitlement and day.
type answers struct {
	mu    sync.RWMutex
	given map[asked]Answer
}

type asked struct {
	question Question
	exact    bool
	today    time.Time
}

// mostAnswers bounds what is kept between two runs.
const mostAnswers = 4096

func newAnswers() *answers { return &answers{given: map[asked]Answer{}} }

func (a *answers) get(k asked) (Answer, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	answer, ok := a.given[k]
	return answer, ok
}

func (a *answers) put(k asked, answer Answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.given) >= mostAnswers {
		clear(a.given)
	}
	a.given[k] = answer
}

// readComputed reads what is kept of a definition; nil if nothing, or if it was
// computed by another definition.
func readComputed(ctx context.Context, c *sql.Conn, d Definition, today time.Time) (*computed, error) {
	out := &computed{definition: d, tables: map[PeriodKind]*table{}}
	err := c.QueryRowContext(ctx, `/* indicators.readComputed */
		SELECT as_at, computed_at, position FROM results.computed WHERE indicator = ? AND definition_hash = ?`, d.ID, d.Hash).Scan(&out.asAt, &out.computedAt, &out.position)
	if err == sql.ErrNoRows {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read when %s was computed: %w", d.ID, err)
	}
	calendar, err := readCalendar(ctx, c)
	if err != nil {
		return nil, err
	}
	place := map[string]int{}
	for _, kind := range d.Periods {
		t := &table{periods: PeriodsUpTo(kind, today, kept(kind), calendar), members: map[string]map[string][]cell{}}
		t.whole = make([]cell, len(t.periods))
		for _, b := range d.Breakdowns {
			t.members[b] = map[string][]cell{}
		}
		for i, p := range t.periods {
			place[p.ID] = i
		}
		out.tables[kind] = t
	}
	rows, err := c.QueryContext(ctx, `/* indicators.readComputed */
		SELECT period_id, breakdown, member, numerator::VARCHAR, denominator::VARCHAR, children, numerator_children, received, expected, complete_from
		FROM results.value WHERE indicator = ?`, d.ID)
	if err != nil {
		return nil, fmt.Errorf("read the values of %s: %w", d.ID, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, breakdown, member string
		var numerator, denominator sql.NullString
		var received, expected sql.NullInt64
		var from sql.NullTime
		var v cell
		if err := rows.Scan(&id, &breakdown, &member, &numerator, &denominator, &v.children, &v.behind, &received, &expected, &from); err != nil {
			return nil, fmt.Errorf("read the values of %s: %w", d.ID, err)
		}
		v.has, v.received, v.expected = numerator.Valid, received.Int64, expected.Int64
		if from.Valid {
			v.completeFrom = utcDay(from.Time)
		}
		for _, n := range []struct {
			text sql.NullString
			to   *decimal.Decimal
		}{{numerator, &v.numerator}, {denominator, &v.denominator}} {
			if n.text.Valid {
				if *n.to, err = decimal.NewFromString(n.text.String); err != nil {
					return nil, fmt.Errorf("read the values of %s: %w", d.ID, err)
				}
			}
		}
		i, ok := place[id]
		t := out.tables[KindOf(id)]
		if !ok || t == nil {
			continue
		}
		if breakdown == "" {
			t.whole[i] = v
		} else if of, ok := t.members[breakdown]; ok {
			if of[member] == nil {
				of[member] = make([]cell, len(t.periods))
			}
			of[member][i] = v
		}
	}
	return out, rows.Err()
}

// readNames reads what the members of each breakdown are called.
func readNames(ctx context.Context, c *sql.Conn) (map[string]map[string]string, error) {
	out := map[string]map[string]string{}
	for _, b := range breakdowns {
		rows, err := c.QueryContext(ctx, `/* indicators.readNames */ SELECT id::VARCHAR, name FROM facts.`+b.names)
		if err != nil {
			return nil, fmt.Errorf("read the names of each %s: %w", b.name, err)
		}
		names := map[string]string{}
		for rows.Next() {
			var id, name string
			if err := rows.Scan(&id, &name); err != nil {
				rows.Close()
				return nil, fmt.Errorf("read the names of each %s: %w", b.name, err)
			}
			names[id] = name
		}
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("read the names of each %s: %w", b.name, err)
		}
		out[b.name] = names
	}
	return out, nil
}

// memberName is what a member is called: a pupil may be on no roll that we know.
func (s *snapshot) memberName(breakdown, id string) string {
	if id == "" {
		return "Not known"
	}
	if name := s.names[breakdown][id]; name != "" {
		return name
	}
	b, _ := breakdownOf(breakdown)
	return b.title() + " " + id
}
