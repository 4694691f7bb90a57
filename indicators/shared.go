package indicators

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"
)

// shared is what the engine keeps in schema kept for all definitions, and of which
// state of the facts each part of it is: the dated circumstances of children, the
// registers, the marks that are expected, and the sums of attendance by period. A
// run brings the parts that its definitions need up to the facts before it
// computes; what it does not need may fall behind. The zero value knows nothing,
// so that all of it is made again.
type shared struct {
	circumstances map[string]int    // told of each source when it was read
	registers     map[time.Time]int // told of attendance when the registers of the day were read
	unmarked      bool              // no register has a mark
	leftOut       string            // told of what kept.left_out is made from
	expected      expected
	periods       map[int32]summed // by period key: of period_attendance

	serial int64            // of the changes of what is kept
	moved  int64            // the serial of the last change of circumstances
	marked map[int32]marked // by period key
}

// expected says of which rolls and days the expected marks are.
type expected struct {
	of          string
	first, last time.Time
	none        bool // nothing is expected of anybody
}

// summed says of a period's sums of which day their circumstances are, and the
// serial of their last change.
type summed struct {
	Period
	day    time.Time
	serial int64
}

// marked is the serial of the last change of a period's registers, or of what is
// expected of them.
type marked struct {
	Period
	serial int64
}

// key names a period in kept tables: its kind and first day.
func (p Period) key() int32 {
	if p.Kind == months { // two of them may begin on one day
		return -int32(p.First.Sub(date(2000, time.January, 1)).Hours()/24)*1000 - int32(p.Last.Sub(p.First).Hours()/24/28) - 1
	}
	return int32(p.Kind.place())*1_000_000 + int32(p.First.Sub(date(2000, time.January, 1)).Hours()/24)
}

// need is what the definitions of a run need of what is shared.
type need struct {
	periods map[int32]Period // of period_attendance
	marks   map[int32]Period // those of which marks are counted
}

func (n *need) add(d Definition, relations []string, periods []Period) {
	if n.periods == nil {
		n.periods, n.marks = map[int32]Period{}, map[int32]Period{}
	}
	for _, p := range periods {
		if slices.Contains(relations, "period_attendance") {
			n.periods[p.key()] = p
		}
		if completenessRules[d.Complete.Rule].by != "" {
			n.marks[p.key()] = p
		}
	}
}

// days are the first and last days of all periods that are needed; false if there
// are none.
func (n *need) days() (first, last time.Time, some bool) {
	for _, of := range []map[int32]Period{n.periods, n.marks} {
		for _, p := range of {
			if !some {
				first, last, some = p.First, p.Last, true
			}
			first, last = earlier(first, p.First), later(last, p.Last)
		}
	}
	return first, last, some
}

// refresh brings what is shared up to the facts as far as n needs it, and drops
// what it does not need if n is everything that there is; told is how often each
// table of facts had changed when the snapshot was taken, or before.
func (s *shared) refresh(ctx context.Context, c *sql.Conn, n need, everything bool, told map[string]int, today time.Time) error {
	if s.circumstances == nil { // what stands there is of an unknown state
		*s = shared{circumstances: map[string]int{}, registers: map[time.Time]int{}, periods: map[int32]summed{}, marked: map[int32]marked{}, serial: s.serial}
		if _, err := c.ExecContext(ctx, `/* indicators.refresh */ DELETE FROM kept.period_attendance; DELETE FROM kept.register; DELETE FROM kept.expected_marks; DELETE FROM kept.left_out`); err != nil {
			return fmt.Errorf("forget the attendance: %w", err)
		}
	}
	s.serial++
	if err := s.refreshCircumstances(ctx, c, told); err != nil {
		return err
	}
	if everything {
		if err := s.forgetPeriods(ctx, c, n); err != nil {
			return err
		}
	}
	first, last, some := n.days()
	if !some {
		return nil
	}
	changed, err := s.refreshRegisters(ctx, c, first, last, told["attendance"]+told["attendance_code"])
	if err != nil {
		return err
	}
	if err := s.refreshLeftOut(ctx, c, fmt.Sprint(told["child"], told["enrolment"], told["half_term"], "."), &changed); err != nil {
		return err
	}
	expectedDays, all, err := s.refreshExpected(ctx, c, first, last, fmt.Sprint(told["enrolment"], told["half_term"], told["bank_holiday"], "."))
	if err != nil {
		return err
	}
	for key, was := range s.marked {
		if all || changed.everything || changed.within(was.Period) || (changedRegisters{days: expectedDays}).within(was.Period) {
			s.marked[key] = marked{was.Period, s.serial}
		}
	}
	for key, p := range n.marks {
		if was, known := s.marked[key]; !known || !was.Last.Equal(p.Last) {
			s.marked[key] = marked{p, s.serial}
		}
	}
	return s.sumAttendance(ctx, c, n, changed, today)
}

// refreshCircumstances brings the circumstances up to the facts, and the attendance
// of those children whose circumstances changed.
func (s *shared) refreshCircumstances(ctx context.Context, c *sql.Conn, told map[string]int) error {
	var moved []string
	for _, t := range circumstanceSources() {
		if was, known := s.circumstances[t]; !known || was != told[t] {
			moved = append(moved, t)
		}
	}
	changed, err := refreshCircumstances(ctx, c, moved)
	if err != nil {
		return err
	}
	for _, t := range moved {
		s.circumstances[t] = told[t]
	}
	if changed == 0 {
		return nil
	}
	s.moved = s.serial
	if len(s.periods) == 0 {
		return nil
	}
	keys, err := moveAttendance(ctx, c)
	for _, key := range keys {
		p := s.periods[int32(key)]
		p.serial = s.serial
		s.periods[int32(key)] = p
	}
	return err
}

// forgetPeriods drops the sums of periods that are not needed.
func (s *shared) forgetPeriods(ctx context.Context, c *sql.Conn, n need) error {
	var gone []int64
	for key := range s.periods {
		if _, needed := n.periods[key]; !needed {
			gone = append(gone, int64(key))
		}
	}
	if len(gone) == 0 {
		return nil
	}
	if _, err := c.ExecContext(ctx, `/* indicators.refresh */ DELETE FROM kept.period_attendance WHERE period_key IN (`+joined(gone)+`)`); err != nil {
		return fmt.Errorf("forget the attendance of periods: %w", err)
	}
	maps.DeleteFunc(s.periods, func(key int32, _ summed) bool { return slices.Contains(gone, int64(key)) })
	return nil
}

// inputs names the state of all that the values of a period are made from: while it
// is the same, they are. A definition reads the rows of a period for that period
// alone, so where it asks the sums of attendance it is their state by period that
// counts; of any other relation it is how often the facts beneath it changed.
func (s *shared) inputs(k *computation, p Period, told map[string]int) string {
	d := k.definition
	var facts []string
	var state []any
	for _, r := range Relations() {
		switch {
		case !slices.Contains(k.relations, r.Name):
		case r.Name == "period_attendance":
			state = append(state, s.periods[p.key()].serial)
		default:
			facts = append(facts, r.Facts...)
		}
	}
	rule := completenessRules[d.Complete.Rule]
	if rule.by != "" {
		state = append(state, s.marked[p.key()].serial)
	}
	facts = append(facts, rule.facts...)
	if rule.by != "" {
		facts = without(facts, []string{"attendance", "enrolment"}) // those are in marked
	}
	if k.columns["circumstances"] == "" {
		state = append(state, s.moved)
	}
	for _, name := range d.Breakdowns {
		if b, _ := BreakdownOf(name); b.join != "" {
			facts = append(facts, b.facts...)
		}
	}
	slices.Sort(facts)
	for _, t := range slices.Compact(facts) {
		state = append(state, t, told[t])
	}
	return fmt.Sprint(d.Hash, p.First, p.Last, k.onDay(p), state)
}
