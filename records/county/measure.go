package county

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

// Calibration is a published figure and the county's own.
type Calibration struct {
	Title     string
	Unit      Unit
	Published float64 // of a Number: in proportion to this county's children
	Here      float64 // NaN: there is nothing to measure it by
	Source    string
}

// Difference is how much the county's figure is above the published one: for a
// percentage in percentage points, else in percent of it.
func (c Calibration) Difference() float64 {
	if c.Unit == Percent {
		return c.Here - c.Published
	}
	return 100 * (c.Here - c.Published) / c.Published
}

// ErrNoCounty: the record store holds no children to measure.
var ErrNoCounty = errors.New("the record store holds no county to measure")

// Calibrate measures the county of a record store by SQL, with the rights of
// adminURL, and sets each figure beside its published one. Attendance is that
// of the last whole academic year before today, social care that of the last
// year to 31 March.
func Calibrate(ctx context.Context, adminURL string, today time.Time) ([]Calibration, error) {
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return nil, errors.New("measure the county: the record store cannot be reached")
	}
	defer conn.Close(context.WithoutCancel(ctx))
	m := &measure{today: dayOf(today), values: map[string]float64{}}
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, step := range []func(context.Context, pgx.Tx) error{m.population, m.marks, m.codes, m.absence, m.referrals, m.cases, m.care, m.homes, m.results} {
			if err := step(ctx, tx); err != nil {
				return err
			}
		}
		for _, c := range contributions {
			if c.measure == nil { // of a kind that another part measures
				continue
			}
			if err := c.measure(m, ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("measure the county: %w", err)
	}
	var all []Calibration
	for _, f := range figures() {
		c := Calibration{f.title, f.unit, f.published, math.NaN(), f.source}
		if f.unit == Number {
			c.Published *= m.values["under 18"] / under18
		}
		if v, ok := m.values[f.key]; ok {
			c.Here = v
		}
		all = append(all, c)
	}
	return all, nil
}

// measure collects the county's figures by their keys.
type measure struct {
	today  day
	values map[string]float64
}

// lastYear is the last academic year that is over.
func (m *measure) lastYear() int { return m.today.academicYear() - 1 }

// march is the last 31 March.
func (m *measure) march() day { return lastMarch(m.today) }

// ask takes rows of a key and a value; a value that is NULL is none.
func (m *measure) ask(ctx context.Context, tx pgx.Tx, what, sql string, args ...any) error {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	var key string
	var value *float64
	_, err = pgx.ForEachRow(rows, []any{&key, &value}, func() error {
		if value != nil {
			m.values[key] = *value
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (m *measure) population(ctx context.Context, tx pgx.Tx) error {
	err := m.ask(ctx, tx, "count the children", `/* county.population */
		SELECT 'under 18', count(*)::float8 FROM child WHERE date_of_birth > $1::date - interval '18 years'
		UNION ALL SELECT 'aged 0 to 4', count(*) / 5.0 FROM child WHERE date_of_birth > $1::date - interval '5 years'
		UNION ALL SELECT 'schools', count(*) FROM school
		UNION ALL SELECT 'schools ' || phase, count(*) FROM school GROUP BY phase`, m.today.time())
	if err == nil && m.values["under 18"] == 0 {
		err = ErrNoCounty
	}
	return err
}

// marks gathers the year's attendance of those who were 5 to 15 when it began
// into a table of its own, as far as every later figure needs it.
func (m *measure) marks(ctx context.Context, tx pgx.Tx) error {
	y := m.lastYear()
	_, err := tx.Exec(ctx, `/* county.marks */ SET LOCAL work_mem = '256MB'`)
	if err != nil {
		return fmt.Errorf("allow memory: %w", err)
	}
	for _, sql := range []string{
		fmt.Sprintf(`/* county.marks */ CREATE TEMPORARY TABLE year_marks ON COMMIT DROP AS
			SELECT a.child_id, a.school_id, a.am, a.pm, count(*) AS days
			FROM attendance a JOIN child c ON c.id = a.child_id
			WHERE a.date >= '%04[1]d-09-01' AND a.date < '%04[2]d-09-01' AND c.date_of_birth >= '%04[3]d-09-01' AND c.date_of_birth < '%04[4]d-09-01'
			GROUP BY a.child_id, a.school_id, a.am, a.pm`, y, y+1, y-16, y-5),
		`/* county.marks */ CREATE TEMPORARY TABLE year_enrolments ON COMMIT DROP AS
			SELECT m.child_id, s.phase,
			       sum(days) FILTER (WHERE k.counts_as IN ('present', 'approved-activity', 'authorised', 'unauthorised')) AS possible,
			       coalesce(sum(days) FILTER (WHERE k.counts_as IN ('authorised', 'unauthorised')), 0) AS absent,
			       coalesce(sum(days) FILTER (WHERE k.counts_as = 'unauthorised'), 0) AS unauthorised
			FROM year_marks m JOIN school s ON s.id = m.school_id
			CROSS JOIN LATERAL (VALUES (m.am), (m.pm)) session (code) JOIN attendance_code k ON k.code = session.code
			GROUP BY m.child_id, m.school_id, s.phase`,
	} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("gather the marks: %w", err)
		}
	}
	return nil
}

// codes are the shares of the reason codes in the possible sessions.
func (m *measure) codes(ctx context.Context, tx pgx.Tx) error {
	return m.ask(ctx, tx, "count the codes", `/* county.codes */
		WITH session AS (
			SELECT s.phase, CASE x.code WHEN '\' THEN '/' ELSE x.code END AS code, sum(m.days) AS n
			FROM year_marks m JOIN school s ON s.id = m.school_id
			CROSS JOIN LATERAL (VALUES (m.am), (m.pm)) x (code) JOIN attendance_code k ON k.code = x.code
			WHERE k.counts_as IN ('present', 'approved-activity', 'authorised', 'unauthorised')
			GROUP BY 1, 2)
		SELECT 'code ' || code, (100 * sum(n) / (SELECT sum(n) FROM session))::float8 FROM session GROUP BY code
		UNION ALL
		SELECT code || ' ' || phase, (100 * n / sum(n) OVER (PARTITION BY phase))::float8 FROM session`)
}

// absence is that of all, of each phase, and of the children looked after for
// a year or in need at 31 March.
func (m *measure) absence(ctx context.Context, tx pgx.Tx) error {
	return m.ask(ctx, tx, "measure absence", `/* county.absence */
		WITH groups AS (
			SELECT '' AS name, possible, absent, unauthorised FROM year_enrolments
			UNION ALL SELECT ' ' || phase, possible, absent, unauthorised FROM year_enrolments
			UNION ALL SELECT ' care', possible, absent, unauthorised FROM year_enrolments e
			WHERE EXISTS (SELECT FROM looked_after_period l WHERE l.child_id = e.child_id AND l.from_date <= $1::date - interval '1 year' AND coalesce(l.to_date, 'infinity') > $1)
			UNION ALL SELECT ' need', possible, absent, unauthorised FROM year_enrolments e
			WHERE EXISTS (SELECT FROM social_care_case s WHERE s.child_id = e.child_id AND s.from_date <= $1 AND coalesce(s.to_date, 'infinity') > $1
			              AND NOT s.no_further_action AND coalesce(s.closure, '') NOT IN ('RC8', 'RC9'))
			  AND NOT EXISTS (SELECT FROM looked_after_period l WHERE l.child_id = e.child_id AND l.from_date <= $1 AND coalesce(l.to_date, 'infinity') > $1)),
		sums AS (
			SELECT name, count(*) AS enrolments, sum(possible) AS possible, sum(absent) AS absent, sum(unauthorised) AS unauthorised,
			       count(*) FILTER (WHERE absent >= 0.1 * possible) AS persistent, count(*) FILTER (WHERE absent >= 0.5 * possible) AS severe
			FROM groups WHERE possible > 0 GROUP BY name)
		SELECT 'enrolments' || name, enrolments::float8 FROM sums
		UNION ALL SELECT 'possible' || name, possible FROM sums
		UNION ALL SELECT 'absent' || name, 100 * absent / possible FROM sums
		UNION ALL SELECT 'authorised' || name, 100 * (absent - unauthorised) / possible FROM sums
		UNION ALL SELECT 'unauthorised' || name, 100 * unauthorised / possible FROM sums
		UNION ALL SELECT 'persistent' || name, 100.0 * persistent / enrolments FROM sums
		UNION ALL SELECT 'severe' || name, 100.0 * severe / enrolments FROM sums`, march(m.lastYear()+1).time())
}
