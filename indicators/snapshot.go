package indicators

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/shopspring/decimal"
)

// snapshot is what is known of the last run of each indicator; the values
// themselves stay in the warehouse until somebody asks (see cells.go). It is never
// changed: a run makes another and puts it in its place.
type snapshot struct {
	indicators map[string]*computed
	behind     map[string]bool // those that the last run of them did not bring up to its facts
	partly     map[string]bool // those of which it computed the newest periods alone
	benchmarks benchmarks
	answers    *answers
	crossings  crossings
}

func emptySnapshot() *snapshot {
	return &snapshot{indicators: map[string]*computed{}, behind: map[string]bool{}, partly: map[string]bool{}, answers: newAnswers()}
}

// next is a snapshot of the same, for a run to change before it is served.
func (s *snapshot) next() *snapshot {
	return &snapshot{indicators: maps.Clone(s.indicators), behind: maps.Clone(s.behind), partly: maps.Clone(s.partly), benchmarks: s.benchmarks, answers: newAnswers()}
}

// computed is one indicator's last computation.
type computed struct {
	definition Definition
	asAt       time.Time
	computedAt time.Time
	position   string
	run        int64
	changed    int64 // the last run that changed a value
	periods    map[PeriodKind][]Period
	unrecorded []string          // what it counts and nobody has recorded, in sentences
	counted    []string          // fact tables: see countedFacts
	relations  []string          // that its query reads
	ofChildren bool              // each row of its query is about a child
	columns    map[string]string // that its query answers; nil before it was computed since the program began

	// of crossings: see cross_period.go
	spans    map[PeriodKind][]Period
	today    time.Time
	calendar []HalfTermDates
}

// cell is one unsuppressed value with all that decides whether it may be judged
// and shown: nothing of it leaves this package but through figures (see view).
type cell struct {
	has          bool // there was a numerator
	numerator    decimal.Decimal
	denominator  decimal.Decimal // zero where there is none
	children     int64
	behind       int64 // children behind the numerator
	received     int64
	expected     int64
	completeFrom time.Time // zero: never
	short        string    // why files do not cover the period, "" if they do
}

// answers are those given from one snapshot, by question and day.
type answers struct {
	mu    sync.RWMutex
	given map[answerKey]Answer
}

type answerKey struct {
	question Question
	today    time.Time
	covered  uint64 // see coverage
}

// mostAnswers bounds what is kept between two runs.
const mostAnswers = 4096

func newAnswers() *answers { return &answers{given: map[answerKey]Answer{}} }

func (a *answers) get(k answerKey) (Answer, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	answer, ok := a.given[k]
	return answer, ok
}

func (a *answers) put(k answerKey, answer Answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.given) >= mostAnswers {
		clear(a.given)
	}
	a.given[k] = answer
}

// readComputed reads what is known of the last computations of these definitions,
// by id; it leaves out what was computed by another definition.
func readComputed(ctx context.Context, c *sql.Conn, definitions []Definition, relations map[string][]string, reads map[string][]string, today time.Time) (map[string]*computed, error) {
	all := map[string]*computed{}
	err := each(ctx, c, `/* indicators.readComputed */ SELECT indicator, definition_hash, as_at, computed_at, position, run, changed FROM results.computed`, func(scan func(...any) error) error {
		var id, hash string
		out := &computed{periods: map[PeriodKind][]Period{}}
		if err := scan(&id, &hash, &out.asAt, &out.computedAt, &out.position, &out.run, &out.changed); err != nil {
			return err
		}
		if i := slices.IndexFunc(definitions, func(d Definition) bool { return d.ID == id && d.Hash == hash }); i >= 0 {
			out.definition = definitions[i]
			all[id] = out
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what was computed: %w", err)
	}
	calendar, err := readCalendar(ctx, c)
	if err != nil {
		return nil, err
	}
	recorded, err := readRecorded(ctx, c, reads)
	if err != nil {
		return nil, err
	}
	for id, out := range all {
		out.givePeriods(today, calendar)
		out.unrecorded = unrecorded(out.definition, relations[id], recorded, today, calendar)
		out.counted = countedFacts(out.definition, relations[id])
	}
	return all, nil
}

func (c *computed) givePeriods(today time.Time, calendar []HalfTermDates) {
	c.periods = map[PeriodKind][]Period{}
	for _, kind := range c.definition.Periods {
		c.periods[kind] = PeriodsUpTo(kind, today, retained(kind), calendar)
	}
	c.giveSpans(today, calendar)
}
