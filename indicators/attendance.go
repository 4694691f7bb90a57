// What the engine keeps of attendance for all definitions: the registers of each
// school and day, by which it finds what changed, and the sums of each child's
// marks by period, of which it makes again only those whose registers changed.

package indicators

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// periodAttendance is the query behind kept.period_attendance, with the columns
// of the circumstances.
func periodAttendance() string {
	var columns strings.Builder
	for _, column := range circumstanceColumns() {
		fmt.Fprintf(&columns, ", %s AS at_%s", asAtDay(column, "s.day"), column)
	}
	return strings.Replace(keptRelation("period_attendance").sql, "/* circumstances */", columns.String(), 1)
}

// attendanceSum is the relation from which periodAttendance is made.
const attendanceSum = `attendance_sum (period_key INTEGER, day DATE, child_id BIGINT, school_id BIGINT, academic_year SMALLINT,
	marks SMALLINT, possible SMALLINT, present SMALLINT, authorised SMALLINT, unauthorised SMALLINT, illness SMALLINT, part_time SMALLINT)`

const attendanceSumColumns = `period_key, day, child_id, school_id, academic_year, marks, possible, present, authorised, unauthorised, illness, part_time`

// givenAttendance is the query behind the relation period_attendance, of the sums in a
// table.
func givenAttendance(sums string) string {
	var pack []string
	for _, column := range circumstanceColumns() {
		pack = append(pack, column+" := a.at_"+column)
	}
	return `SELECT p.period_id, a.child_id, a.school_id, a.academic_year::INTEGER AS academic_year, a.age_at_year_start::INTEGER AS age_at_year_start,
		a.marks::INTEGER AS marks, a.possible::INTEGER AS possible, a.present::INTEGER AS present, a.authorised::INTEGER AS authorised, a.unauthorised::INTEGER AS unauthorised, a.illness::INTEGER AS illness, a.part_time::INTEGER AS part_time,
		struct_pack(` + strings.Join(pack, ", ") + `) AS circumstances
		FROM ` + sums + ` a JOIN numbered_period p ON p.period_key = a.period_key`
}

// changedRegisters are the schools and days of which the marks, or how many are
// expected, are others than before.
type changedRegisters struct {
	everything bool // nothing was known before
	days       map[time.Time]bool
	schools    []int64
}

// refreshRegisters brings kept.register up to the marks, of the days from first to
// last, and says which schools' registers of which days changed. A register's print
// is of all marks in it, so that the marks themselves need not be kept twice.
func (s *shared) refreshRegisters(ctx context.Context, c *sql.Conn, first, last time.Time, of int) (changedRegisters, error) {
	var changed changedRegisters
	var stale []time.Time
	for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
		if was, known := s.registers[day]; !known || was != of {
			stale = append(stale, day)
		}
	}
	if len(stale) == 0 {
		return changed, nil
	}
	span := `BETWEEN ` + quotedDays(stale[:1]) + ` AND ` + quotedDays(stale[len(stale)-1:])
	changed.everything = len(s.registers) == 0
	read := `SELECT a.school_id, a.date AS day, (count(a.am) + count(a.pm))::INTEGER AS marks, bit_xor(hash(a.child_id, a.am, a.pm)) AS print
		FROM facts.attendance a WHERE a.date ` + span + ` GROUP BY ALL`
	run := runner(ctx, c, "refreshRegisters", "read the registers")
	if changed.everything {
		run(`DELETE FROM kept.register`)
		run(`INSERT INTO kept.register ` + read)
		if err := run(""); err != nil {
			return changed, err
		}
		if err := c.QueryRowContext(ctx, `/* indicators.refreshRegisters */ SELECT count(*) = 0 FROM kept.register`).Scan(&s.unmarked); err != nil {
			return changed, fmt.Errorf("count the registers: %w", err)
		}
	} else {
		run(`CREATE OR REPLACE TEMP TABLE changed_register AS
			SELECT coalesce(f.school_id, k.school_id) AS school_id, coalesce(f.day, k.day) AS day, f.marks, f.print
			FROM (` + read + `) f FULL JOIN (SELECT * FROM kept.register WHERE day ` + span + `) k ON k.school_id = f.school_id AND k.day = f.day
			WHERE (f.marks, f.print) IS DISTINCT FROM (k.marks, k.print)`)
		if err := run(""); err != nil {
			return changed, err
		}
		var err error
		if changed.days, err = readDays(ctx, c, `SELECT DISTINCT day FROM changed_register`); err != nil {
			return changed, err
		}
		if len(changed.days) > 0 {
			if changed.schools, err = readIDs(ctx, c, `SELECT DISTINCT school_id FROM changed_register`); err != nil {
				return changed, err
			}
			s.unmarked = false
			run(`DELETE FROM kept.register k USING changed_register r WHERE k.school_id = r.school_id AND k.day = r.day`)
			run(`INSERT INTO kept.register SELECT school_id, day, marks, print FROM changed_register WHERE print IS NOT NULL`)
		}
		run(`DROP TABLE changed_register`)
	}
	if err := run(""); err != nil {
		return changed, err
	}
	for _, day := range stale {
		s.registers[day] = of
	}
	return changed, nil
}

// refreshExpected brings kept.expected_marks up to the rolls and the calendar, and
// gives the days of which it changed; everything, where nothing was known.
func (s *shared) refreshExpected(ctx context.Context, c *sql.Conn, first, last time.Time, of string) (days map[time.Time]bool, everything bool, err error) {
	if s.expected.of == of && !first.Before(s.expected.first) && !last.After(s.expected.last) {
		return nil, false, nil
	}
	everything = s.expected.of == ""
	if !everything {
		first, last = earlier(first, s.expected.first), later(last, s.expected.last)
	}
	run := runner(ctx, c, "refreshExpected", "count the marks that are expected")
	run(`CREATE OR REPLACE TEMP TABLE fresh_expected AS ` + keptRelation("expected_marks").sql + ` WHERE d.day BETWEEN ` + quotedDays([]time.Time{first}) + ` AND ` + quotedDays([]time.Time{last}) + ` AND r.pupils > 0`)
	if err := run(""); err != nil {
		return nil, false, err
	}
	if !everything {
		differ := `SELECT DISTINCT day FROM ((SELECT * FROM fresh_expected EXCEPT SELECT * FROM kept.expected_marks) UNION ALL (SELECT * FROM kept.expected_marks EXCEPT SELECT * FROM fresh_expected))`
		if days, err = readDays(ctx, c, differ); err != nil {
			return nil, false, err
		}
	}
	if everything || len(days) > 0 {
		run(`DELETE FROM kept.expected_marks`)
		run(`INSERT INTO kept.expected_marks SELECT * FROM fresh_expected`)
	}
	run(`DROP TABLE fresh_expected`)
	if err := run(""); err != nil {
		return nil, false, err
	}
	s.expected = expected{of: of, first: first, last: last}
	if err := c.QueryRowContext(ctx, `/* indicators.refreshExpected */ SELECT count(*) = 0 FROM kept.expected_marks`).Scan(&s.expected.none); err != nil {
		return nil, false, fmt.Errorf("count the marks that are expected: %w", err)
	}
	return days, everything, nil
}

// refreshLeftOut brings kept.left_out up to the facts, and adds to changed the days of
// what is others than before, and the schools whose registers have it.
func (s *shared) refreshLeftOut(ctx context.Context, c *sql.Conn, of string, changed *changedRegisters) error {
	if s.leftOut == of {
		return nil
	}
	run := runner(ctx, c, "refreshLeftOut", "find the sessions that are left out")
	run(`CREATE OR REPLACE TEMP TABLE fresh_left_out AS ` + keptRelation("left_out").sql)
	if s.leftOut != "" && !changed.everything {
		run(`CREATE OR REPLACE TEMP TABLE changed_left_out AS (SELECT * FROM fresh_left_out EXCEPT SELECT * FROM kept.left_out) UNION ALL (SELECT * FROM kept.left_out EXCEPT SELECT * FROM fresh_left_out)`)
		if err := run(""); err != nil {
			return err
		}
		marked := ` FROM facts.attendance a JOIN changed_left_out o ON o.child_id = a.child_id AND a.date BETWEEN o.first_day AND o.last_day`
		days, err := readDays(ctx, c, `SELECT DISTINCT a.date`+marked)
		if err != nil {
			return err
		}
		schools, err := readIDs(ctx, c, `SELECT DISTINCT a.school_id`+marked)
		if err != nil {
			return err
		}
		if changed.days == nil {
			changed.days = map[time.Time]bool{}
		}
		maps.Copy(changed.days, days)
		changed.schools = slices.Compact(slices.Sorted(slices.Values(append(changed.schools, schools...))))
		run(`DROP TABLE changed_left_out`)
	}
	run(`DELETE FROM kept.left_out`)
	run(`INSERT INTO kept.left_out SELECT * FROM fresh_left_out`)
	run(`DROP TABLE fresh_left_out`)
	if err := run(""); err != nil {
		return err
	}
	s.leftOut = of
	return nil
}

// sumAttendance makes the sums of periods again: of all schools where a needed
// period is new or its days are others, else of the schools whose registers changed
// in one of its days, also where the run does not need it.
func (s *shared) sumAttendance(ctx context.Context, c *sql.Conn, n need, changed changedRegisters, today time.Time) error {
	var whole, partly []summed
	for key, p := range n.periods {
		was, known := s.periods[key]
		if day := earlier(p.Last, today); changed.everything || !known || !was.Last.Equal(p.Last) || !was.day.Equal(day) {
			whole = append(whole, summed{p, day, s.serial})
			delete(s.periods, key)
		}
	}
	for _, was := range s.periods {
		if changed.within(was.Period) {
			partly = append(partly, summed{was.Period, was.day, s.serial})
		}
	}
	if !s.unmarked {
		if err := sumPeriods(ctx, c, whole, nil); err != nil {
			return err
		}
		if err := sumPeriods(ctx, c, partly, changed.schools); err != nil {
			return err
		}
	}
	for _, p := range append(whole, partly...) {
		s.periods[p.key()] = p
	}
	return nil
}

func (r changedRegisters) within(p Period) bool {
	for day := range r.days {
		if !day.Before(p.First) && !day.After(p.Last) {
			return true
		}
	}
	return false
}

// sumPeriods sums the marks of these periods, of these schools (nil: all). Long
// periods overlap (a month, its half term, its year), so their marks are summed
// once by child and segment, a segment being the days that lie in the same
// periods; days and weeks would make too many segments, do not overlap one another,
// and leave no session out.
func sumPeriods(ctx context.Context, c *sql.Conn, periods []summed, schools []int64) error {
	var short, long []summed
	for _, p := range periods {
		if p.wholeRegister() {
			short = append(short, p)
		} else {
			long = append(long, p)
		}
	}
	for _, some := range [][]summed{short, long} {
		if len(some) == 0 {
			continue
		}
		if err := sumOverlapping(ctx, c, some, schools); err != nil {
			return err
		}
	}
	return nil
}

// sumOverlapping is sumPeriods of periods of one sort. A term's first week may
// begin in August: what is shorter than a term is of the academic year in which it
// ends.
func sumOverlapping(ctx context.Context, c *sql.Conn, periods []summed, schools []int64) error {
	slices.SortFunc(periods, func(a, b summed) int { return cmp.Or(a.First.Compare(b.First), a.Last.Compare(b.Last)) })
	var rows []string
	first, last := periods[0].First, periods[0].Last
	for _, p := range periods {
		first, last = earlier(first, p.First), later(last, p.Last)
		rows = append(rows, fmt.Sprintf("(%d, %s)", p.key(), quotedDays([]time.Time{p.First, p.Last, p.day})))
	}
	of := ""
	if schools != nil {
		of = ` AND %s.school_id IN (` + joined(schools) + `)`
	}
	among := func(alias string) string { return strings.ReplaceAll(of, "%s", alias) }
	place := func(n int) string { return fmt.Sprintf("((t.counted >> %d) & 1023)", 10*n) }
	unpack := fmt.Sprintf("%s::SMALLINT, %s::SMALLINT, (%s - %s - %s)::SMALLINT, %s::SMALLINT, %s::SMALLINT, %s::SMALLINT, %s::SMALLINT", place(0), place(1), place(1), place(2), place(3), place(2), place(3), place(4), place(5))
	within := `a.date BETWEEN ` + quotedDays([]time.Time{first}) + ` AND ` + quotedDays([]time.Time{last}) + among("a")
	marks := `SELECT a.child_id, a.school_id, d.segment, a.counted FROM kept.day_counted a JOIN segment_day d ON d.day = a.date WHERE ` + within
	if !periods[0].wholeRegister() { // what is left out is taken off
		marks += ` UNION ALL SELECT a.child_id, a.school_id, d.segment, -a.counted
			FROM kept.left_out o JOIN kept.day_counted a ON a.child_id = o.child_id AND a.date BETWEEN o.first_day AND o.last_day AND (o.school_id IS NULL OR o.school_id = a.school_id)
			JOIN segment_day d ON d.day = a.date WHERE ` + within
	}
	run := runner(ctx, c, "sumPeriods", "sum the attendance of periods")
	run(`CREATE OR REPLACE TEMP TABLE sum_period AS SELECT * FROM (VALUES ` + strings.Join(rows, ", ") + `) p(period_key, first_day, last_day, day)`)
	run(`CREATE OR REPLACE TEMP TABLE segment_day AS
			SELECT day, dense_rank() OVER (ORDER BY periods, academic_year)::SMALLINT AS segment, academic_year, periods FROM (
				SELECT day, list(period_key ORDER BY period_key) AS periods, (year(day) - (month(day) < 9)::INTEGER)::SMALLINT AS academic_year
				FROM (SELECT period_key, unnest(generate_series(first_day, last_day, INTERVAL 1 DAY))::DATE AS day FROM sum_period) GROUP BY day)`)
	run(`CREATE OR REPLACE TEMP TABLE ` + attendanceSum)
	run(`INSERT INTO attendance_sum
			WITH segment_period AS (
				SELECT DISTINCT g.segment, p.period_key, CASE WHEN p.last_day - p.first_day < 100 THEN year(p.last_day) - (month(p.last_day) < 9)::INTEGER ELSE g.academic_year END::SMALLINT AS academic_year
				FROM (SELECT segment, academic_year, unnest(periods)::INTEGER AS period_key FROM segment_day) g JOIN sum_period p USING (period_key)
			), segment_sum AS (
				SELECT child_id, school_id, segment, sum(counted)::BIGINT AS counted FROM (` + marks + `) GROUP BY ALL HAVING sum(counted) <> 0)
			SELECT t.period_key, p.day, t.child_id, t.school_id, t.academic_year, ` + unpack + ` FROM (
				SELECT g.period_key, s.child_id, s.school_id, g.academic_year, sum(s.counted)::BIGINT AS counted
				FROM segment_sum s JOIN segment_period g USING (segment) GROUP BY ALL) t JOIN sum_period p USING (period_key)`)
	run(`DELETE FROM kept.period_attendance k WHERE k.period_key IN (SELECT period_key FROM sum_period)` + among("k"))
	run(`INSERT INTO kept.period_attendance ` + periodAttendance())
	run(`DROP TABLE attendance_sum; DROP TABLE segment_day; DROP TABLE sum_period`)
	return run("")
}

// moveAttendance gives the attendance of changed_child the circumstances of now, and
// says in which periods that made a difference.
func moveAttendance(ctx context.Context, c *sql.Conn) (keys []int64, err error) {
	run := runner(ctx, c, "moveAttendance", "move attendance to changed circumstances")
	run(`CREATE OR REPLACE TEMP TABLE attendance_sum AS SELECT ` + attendanceSumColumns + ` FROM kept.period_attendance SEMI JOIN changed_child USING (child_id)`)
	run(`CREATE OR REPLACE TEMP TABLE moved AS ` + periodAttendance())
	if err := run(""); err != nil {
		return nil, err
	}
	was := `SELECT * FROM kept.period_attendance SEMI JOIN changed_child USING (child_id)`
	keys, err = readIDs(ctx, c, `SELECT DISTINCT period_key FROM ((SELECT * FROM moved EXCEPT (`+was+`)) UNION ALL ((`+was+`) EXCEPT SELECT * FROM moved))`)
	if err != nil {
		return nil, err
	}
	if len(keys) > 0 {
		among := `period_key IN (` + joined(keys) + `)`
		run(`DELETE FROM kept.period_attendance WHERE child_id IN (SELECT child_id FROM changed_child) AND ` + among)
		run(`INSERT INTO kept.period_attendance SELECT * FROM moved WHERE ` + among)
	}
	run(`DROP TABLE moved; DROP TABLE attendance_sum`)
	return keys, run("")
}

// runner runs statements one after another until one fails; called with "" it gives
// the error.
func runner(ctx context.Context, c *sql.Conn, where, what string) func(statement string) error {
	var failed error
	return func(statement string) error {
		if failed != nil || statement == "" {
			return failed
		}
		if _, err := c.ExecContext(ctx, `/* indicators.`+where+` */ `+statement); err != nil {
			failed = fmt.Errorf("%s: %w", what, err)
		}
		return failed
	}
}

func readDays(ctx context.Context, c *sql.Conn, query string) (map[time.Time]bool, error) {
	out := map[time.Time]bool{}
	err := each(ctx, c, query, func(scan func(...any) error) error {
		var day time.Time
		if err := scan(&day); err != nil {
			return err
		}
		out[utcDay(day)] = true
		return nil
	})
	return out, err
}

func readIDs(ctx context.Context, c *sql.Conn, query string) (ids []int64, err error) {
	err = each(ctx, c, query, func(scan func(...any) error) error {
		var id int64
		if err := scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
		return nil
	})
	return ids, err
}

// each calls fn for each row of a query.
func each(ctx context.Context, c *sql.Conn, query string, fn func(scan func(...any) error) error, args ...any) error {
	rows, err := c.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func joined(ids []int64) string {
	var out []string
	for _, id := range ids {
		out = append(out, fmt.Sprint(id))
	}
	return strings.Join(out, ", ")
}

func quotedDays(days []time.Time) string {
	var out []string
	for _, d := range days {
		out = append(out, "DATE '"+d.Format(time.DateOnly)+"'")
	}
	return strings.Join(out, ", ")
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
