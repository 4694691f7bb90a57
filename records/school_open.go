package records

// Whether a school can have been open on a day, by the half terms, bank holidays and
// exceptions that are recorded: a mark is of such a day.

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// schoolDays is what is recorded of when schools are open in a span of days.
type schoolDays struct {
	terms      map[int][]span // the half terms of each academic year, in order
	holidays   map[Date]bool  // bank holidays
	exceptions map[schoolDate]bool
}

// span is days, both included.
type span struct{ first, last Date }

// schoolDate is a day of a school, 0 for all schools; its exception says whether
// it is open.
type schoolDate struct {
	school int64
	date   Date
}

// schoolDays reads the calendar of the days from first to last.
func (t *Tx) schoolDays(ctx context.Context, first, last Date) (*schoolDays, error) {
	c := &schoolDays{terms: map[int][]span{}, holidays: map[Date]bool{}, exceptions: map[schoolDate]bool{}}
	batch := &pgx.Batch{}
	batch.Queue(`/* records.Tx.schoolDays */ SELECT academic_year, first_day, last_day FROM half_term WHERE academic_year BETWEEN $1 AND $2 ORDER BY first_day`, first.AcademicYear(), last.AcademicYear()).Query(func(rows pgx.Rows) error {
		var year int
		var s span
		_, err := pgx.ForEachRow(rows, []any{&year, &s.first, &s.last}, func() error { c.terms[year] = append(c.terms[year], s); return nil })
		return err
	})
	batch.Queue(`/* records.Tx.schoolDays */ SELECT day FROM bank_holiday WHERE day BETWEEN $1 AND $2`, first, last).Query(func(rows pgx.Rows) error {
		var day Date
		_, err := pgx.ForEachRow(rows, []any{&day}, func() error { c.holidays[day] = true; return nil })
		return err
	})
	batch.Queue(`/* records.Tx.schoolDays */ SELECT coalesce(school_id, 0), date, open FROM school_day_exception WHERE date BETWEEN $1 AND $2`, first, last).Query(func(rows pgx.Rows) error {
		var d schoolDate
		var open bool
		_, err := pgx.ForEachRow(rows, []any{&d.school, &d.date, &open}, func() error { c.exceptions[d] = open; return nil })
		return err
	})
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("read the school calendar: %w", err)
	}
	return c, nil
}

// problem says why a school was not open on a day, "" if it can have been. Without
// half terms of the academic year no calendar is recorded, and only what is said of
// the day itself counts.
func (c *schoolDays) problem(school int64, day Date) string {
	const unless = ": correct the date, or record that the school was open that day (school day exceptions)"
	for _, of := range []int64{school, 0} {
		if open, ok := c.exceptions[schoolDate{of, day}]; ok && open {
			return ""
		} else if ok {
			return "is a day on which the school was closed: correct the date, or that record"
		}
	}
	terms := c.terms[day.AcademicYear()]
	if len(terms) == 0 {
		return ""
	}
	if weekday := day.Weekday(); weekday == time.Saturday || weekday == time.Sunday {
		return "is a " + weekday.String() + unless
	}
	if c.holidays[day] {
		return "is a bank holiday" + unless
	}
	if slices.ContainsFunc(terms, func(s span) bool { return !day.Before(s.first) && !day.After(s.last) }) {
		return ""
	}
	// Of a year of which not all six are recorded, what lies before or after those
	// that are is not known.
	if len(terms) < 6 && (day.Before(terms[0].first) || day.After(terms[len(terms)-1].last)) {
		return ""
	}
	return "is in the school holidays" + unless
}

// noSession reports whether a mark says that there was no session (a planned or an
// unexpected closure of the whole school), or that the child was on no register:
// such marks are of days on which a school is closed.
func noSession(code string) bool { return code == "#" || code == "Y4" || code == "Z" }

// checkOpen wants a mark's school open on its day. A row that stood is left alone.
func (t *Tx) checkOpen(ctx context.Context, rec, old Record, p *Problems) error {
	a, ok := rec.(*Attendance)
	if !ok || old != nil || a.Date.IsZero() || p.On("date") || p.On("school") || !a.session() {
		return nil
	}
	closed, err := t.closed(ctx, []schoolDate{{key(a.School), a.Date}})
	if err != nil {
		return err
	}
	if closed[0] != "" {
		p.Add("date", Outside, closed[0])
	}
	return nil
}

// session reports whether a mark of the day says that there was a session.
func (a *Attendance) session() bool {
	return a.AM != "" && !noSession(a.AM) || a.PM != "" && !noSession(a.PM)
}

// closed says of each day of a school why it was not open, "" where it can have been
// and where there is no day to ask about.
func (t *Tx) closed(ctx context.Context, days []schoolDate) ([]string, error) {
	var first, last Date
	for _, d := range days {
		if !d.date.IsZero() && (first.IsZero() || d.date.Before(first)) {
			first = d.date
		}
		if d.date.After(last) {
			last = d.date
		}
	}
	why := make([]string, len(days))
	if first.IsZero() {
		return why, nil
	}
	c, err := t.schoolDays(ctx, first, last)
	if err != nil {
		return nil, err
	}
	for i, d := range days {
		if !d.date.IsZero() {
			why[i] = c.problem(d.school, d.date)
		}
	}
	return why, nil
}

// checkRegisters is checkOnRoll and checkOpen for rows of a Merge: those that are not
// in order, and why.
func (m *merging) checkRegisters(ctx context.Context, rows []*mergeRow) (map[*mergeRow]Problem, error) {
	wrong := map[*mergeRow]Problem{}
	if m.kind.OnRoll == "" || m.checked || len(rows) == 0 {
		return wrong, nil
	}
	children, schools, dates := make([]int64, len(rows)), make([]int64, len(rows)), make([]Date, len(rows))
	school, _ := m.kind.Field("school")
	for i, r := range rows {
		children[i], schools[i], dates[i] = r.Record.Head().child, key(r.value(school).String()), m.kind.date(r.Record, m.kind.OnRoll)
	}
	found, err := m.tx.Query(ctx, `/* records.merging.checkRegisters */
		SELECT r.n::int - 1 FROM unnest($1::bigint[], $2::bigint[], $3::date[]) WITH ORDINALITY r (child, school, day, n)
		WHERE NOT EXISTS (SELECT FROM enrolment e WHERE e.child_id = r.child AND e.school_id = r.school AND e.from_date <= r.day AND (e.to_date IS NULL OR e.to_date > r.day))`, children, schools, dates)
	var n int
	if err == nil {
		_, err = pgx.ForEachRow(found, []any{&n}, func() error {
			wrong[rows[n]] = Problem{"child", NotEnrolled, notOnRoll}
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("look for the enrolments of %d rows: %w", len(rows), err)
	}
	days := make([]schoolDate, len(rows)) // of those that must be of a school day
	for i, r := range rows {
		a, ok := r.Record.(*Attendance)
		if _, already := wrong[r]; !already && ok && r.old == nil && a.session() {
			days[i] = schoolDate{schools[i], dates[i]}
		}
	}
	closed, err := m.closed(ctx, days)
	if err != nil {
		return nil, err
	}
	for i, why := range closed {
		if why != "" {
			wrong[rows[i]] = Problem{"date", Outside, why}
		}
	}
	return wrong, nil
}
