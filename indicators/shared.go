package indicators

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// shared is what the engine keeps in schema kept for all definitions, and of which
// state of the facts each part of it is: the dated circumstances of children, the
// sums of their attendance by period, and the marks received by school and day. A
// run brings the parts that its definitions need up to the facts before it
// computes; what it does not need may fall behind. The zero value knows nothing,
// so that all of it is made again.
type shared struct {
	circumstances map[string]int    // told of each source when it was read
	periods       map[int32]string  // by period key: last day, told of attendance
	days          map[time.Time]int // told of attendance when the marks of the day were counted
}

const emptyAttendanceSum = `CREATE OR REPLACE TEMP TABLE attendance_sum (period_key INTEGER, day DATE, child_id BIGINT, school_id BIGINT, academic_year SMALLINT,
	marks SMALLINT, possible SMALLINT, present SMALLINT, authorised SMALLINT, unauthorised SMALLINT)`

// periodAttendance is the query behind kept.period_attendance, with the columns
// of the circumstances.
func periodAttendance() string {
	var columns strings.Builder
	for _, column := range circumstanceColumns() {
		fmt.Fprintf(&columns, ", %s AS at_%s", asAtDay(column, "s.day"), column)
	}
	return strings.Replace(keptRelation("period_attendance").sql, "/* circumstances */", columns.String(), 1)
}

// givenAttendance is the query behind the relation period_attendance.
func givenAttendance() string {
	var pack []string
	for _, column := range circumstanceColumns() {
		pack = append(pack, column+" := a.at_"+column)
	}
	return `SELECT p.period_id, a.child_id, a.school_id, a.academic_year::INTEGER AS academic_year, a.age_at_year_start::INTEGER AS age_at_year_start,
		a.marks::INTEGER AS marks, a.possible::INTEGER AS possible, a.present::INTEGER AS present, a.authorised::INTEGER AS authorised, a.unauthorised::INTEGER AS unauthorised,
		struct_pack(` + strings.Join(pack, ", ") + `) AS circumstances
		FROM kept.period_attendance a JOIN numbered_period p ON p.period_key = a.period_key`
}

// key names a period in kept tables: its kind and first day.
func (p Period) key() int32 {
	return int32(p.Kind.place())*1_000_000 + int32(p.First.Sub(date(2000, time.January, 1)).Hours()/24)
}

// need is what the definitions of a run need of what is shared.
type need struct {
	periods map[int32]Period // of period_attendance
	days    [][2]time.Time   // spans of which marks are counted
}

func (n *need) add(d Definition, relations []string, periods []Period) {
	if n.periods == nil {
		n.periods = map[int32]Period{}
	}
	for _, p := range periods {
		if slices.Contains(relations, "period_attendance") {
			n.periods[p.key()] = p
		}
		if completenessRules[d.Complete.Rule].by != "" {
			n.days = append(n.days, [2]time.Time{p.First, p.Last})
		}
	}
}

// refresh brings what is shared up to the facts as far as n needs it, and drops what it
// does not need if n is everything that there is; told is how
// often each table of facts had changed when the snapshot was taken, or before.
func (s *shared) refresh(ctx context.Context, c *sql.Conn, n need, everything bool, told map[string]int, today time.Time) error {
	if s.circumstances == nil { // what stands there is of an unknown state
		s.circumstances, s.periods, s.days = map[string]int{}, map[int32]string{}, map[time.Time]int{}
		if _, err := c.ExecContext(ctx, `/* indicators.refresh */ DELETE FROM kept.period_attendance; DELETE FROM kept.marks_received`); err != nil {
			return fmt.Errorf("forget the attendance: %w", err)
		}
	}
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
	if changed > 0 && len(s.periods) > 0 {
		if err := moveAttendance(ctx, c); err != nil {
			return err
		}
	}
	if everything {
		for key := range s.periods {
			if _, needed := n.periods[key]; needed {
				continue
			}
			if _, err := c.ExecContext(ctx, `/* indicators.refresh */ DELETE FROM kept.period_attendance WHERE period_key = ?`, key); err != nil {
				return fmt.Errorf("forget the attendance of a period: %w", err)
			}
			delete(s.periods, key)
		}
	}
	of := told["attendance"] + told["attendance_code"]
	if err := s.countMarks(ctx, c, n, of, today); err != nil {
		return err
	}
	return s.sumAttendance(ctx, c, n, of, today)
}

// moveAttendance gives the attendance of changed_child the circumstances of now.
func moveAttendance(ctx context.Context, c *sql.Conn) error {
	columns := `period_key, day, child_id, school_id, academic_year, marks, possible, present, authorised, unauthorised`
	for _, statement := range []string{
		`CREATE OR REPLACE TEMP TABLE attendance_sum AS SELECT ` + columns + ` FROM kept.period_attendance SEMI JOIN changed_child USING (child_id)`,
		`DELETE FROM kept.period_attendance WHERE child_id IN (SELECT child_id FROM changed_child)`,
		`INSERT INTO kept.period_attendance ` + periodAttendance(),
		`DROP TABLE attendance_sum`,
	} {
		if _, err := c.ExecContext(ctx, `/* indicators.moveAttendance */ `+statement); err != nil {
			return fmt.Errorf("move attendance to changed circumstances: %w", err)
		}
	}
	return nil
}

// countMarks counts the marks received by school and day, of the days that are
// needed and were not counted since the marks changed.
func (s *shared) countMarks(ctx context.Context, c *sql.Conn, n need, of int, today time.Time) error {
	stale := map[time.Time]bool{}
	for _, span := range n.days {
		for day := span[0]; !day.After(span[1]) && !day.After(today); day = day.AddDate(0, 0, 1) {
			if was, known := s.days[day]; !known || was != of {
				stale[day] = true
			}
		}
	}
	if len(stale) == 0 {
		return nil
	}
	days := slices.SortedFunc(maps.Keys(stale), time.Time.Compare)
	for _, statement := range []string{
		`CREATE OR REPLACE TEMP TABLE stale_day AS SELECT unnest([` + quotedDays(days) + `])::DATE AS day`,
		`DELETE FROM kept.marks_received WHERE day IN (SELECT day FROM stale_day)`,
		`INSERT INTO kept.marks_received SELECT a.school_id, a.date, count(a.am) + count(a.pm)
			FROM facts.attendance a JOIN stale_day d ON d.day = a.date WHERE a.date BETWEEN ` + quotedDays(days[:1]) + ` AND ` + quotedDays(days[len(days)-1:]) + ` GROUP BY ALL`,
		`DROP TABLE stale_day`,
	} {
		if _, err := c.ExecContext(ctx, `/* indicators.countMarks */ `+statement); err != nil {
			return fmt.Errorf("count the marks received: %w", err)
		}
	}
	for _, day := range days {
		s.days[day] = of
	}
	return nil
}

func quotedDays(days []time.Time) string {
	var out []string
	for _, d := range days {
		out = append(out, "DATE '"+d.Format(time.DateOnly)+"'")
	}
	return strings.Join(out, ", ")
}

// sumAttendance sums the attendance of the needed periods that were not summed
// since the marks changed. Long periods overlap (a month, its half term, its
// year), so their marks are summed once by child and segment, a segment being the
// days that lie in the same periods; short ones would make too many segments, and
// do not overlap one another. A term's first week may begin in August: what is
// shorter than a term is of the academic year in which it ends.
func (s *shared) sumAttendance(ctx context.Context, c *sql.Conn, n need, of int, today time.Time) error {
	var short, long []Period
	state := func(p Period) string {
		return fmt.Sprint(of, p.Last.Format(time.DateOnly), earlier(p.Last, today).Format(time.DateOnly))
	}
	for key, p := range n.periods {
		switch {
		case s.periods[key] == state(p):
		case p.Last.Sub(p.First) < 14*24*time.Hour:
			short = append(short, p)
		default:
			long = append(long, p)
		}
	}
	for _, periods := range [][]Period{short, long} {
		if len(periods) == 0 {
			continue
		}
		sortPeriods(periods)
		if err := sumPeriods(ctx, c, periods, today); err != nil {
			return err
		}
		for _, p := range periods {
			s.periods[p.key()] = state(p)
		}
	}
	return nil
}

func sumPeriods(ctx context.Context, c *sql.Conn, periods []Period, today time.Time) error {
	var rows []string
	first, last := periods[0].First, periods[0].Last
	for _, p := range periods {
		first, last = earlier(first, p.First), later(last, p.Last)
		rows = append(rows, fmt.Sprintf("(%d, %s, %s, %s)", p.key(), quotedDays([]time.Time{p.First}), quotedDays([]time.Time{p.Last}), quotedDays([]time.Time{earlier(p.Last, today)})))
	}
	unpack := func(sum string) string {
		return `(` + sum + ` & 4095)::SMALLINT, ((` + sum + ` >> 12) & 4095)::SMALLINT, ((` + sum + ` >> 24) & 4095)::SMALLINT, ((` + sum + ` >> 36) & 4095)::SMALLINT, (` + sum + ` >> 48)::SMALLINT`
	}
	for _, statement := range []string{
		`CREATE OR REPLACE TEMP TABLE sum_period AS SELECT * FROM (VALUES ` + strings.Join(rows, ", ") + `) p(period_key, first_day, last_day, day)`,
		`CREATE OR REPLACE TEMP TABLE segment_day AS
			SELECT day, dense_rank() OVER (ORDER BY periods, academic_year)::SMALLINT AS segment, academic_year, periods FROM (
				SELECT day, list(period_key ORDER BY period_key) AS periods, (year(day) - (month(day) < 9)::INTEGER)::SMALLINT AS academic_year
				FROM (SELECT period_key, unnest(generate_series(first_day, last_day, INTERVAL 1 DAY))::DATE AS day FROM sum_period) GROUP BY day)`,
		`CREATE OR REPLACE TEMP TABLE segment_period AS SELECT DISTINCT g.segment, p.period_key,
				CASE WHEN p.last_day - p.first_day < 100 THEN year(p.last_day) - (month(p.last_day) < 9)::INTEGER ELSE g.academic_year END::SMALLINT AS academic_year
			FROM (SELECT segment, academic_year, unnest(periods)::INTEGER AS period_key FROM segment_day) g JOIN sum_period p USING (period_key)`,
		`CREATE OR REPLACE TEMP TABLE segment_sum AS
			SELECT a.child_id, a.school_id, d.segment, sum(a.counted)::BIGINT AS counted
			FROM kept.day_counted a JOIN segment_day d ON d.day = a.date WHERE a.date BETWEEN ` + quotedDays([]time.Time{first}) + ` AND ` + quotedDays([]time.Time{last}) + ` GROUP BY ALL`,
		`CREATE OR REPLACE TEMP TABLE attendance_sum AS
			SELECT t.period_key, p.day, t.child_id, t.school_id, t.academic_year, ` + unpack("t.counted") + ` FROM (
				SELECT g.period_key, s.child_id, s.school_id, g.academic_year, sum(s.counted)::BIGINT AS counted
				FROM segment_sum s JOIN segment_period g USING (segment) GROUP BY ALL) t JOIN sum_period p USING (period_key)`,
		`DROP TABLE segment_sum`,
		`DELETE FROM kept.period_attendance WHERE period_key IN (SELECT period_key FROM sum_period)`,
		`INSERT INTO kept.period_attendance ` + strings.Replace(periodAttendance(), "FROM attendance_sum s", "FROM attendance_sum s(period_key, day, child_id, school_id, academic_year, marks, possible, present, authorised, unauthorised)", 1),
		`DROP TABLE attendance_sum`,
	} {
		if _, err := c.ExecContext(ctx, `/* indicators.sumPeriods */ `+statement); err != nil {
			return fmt.Errorf("sum the attendance of periods: %w", err)
		}
	}
	return nil
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
