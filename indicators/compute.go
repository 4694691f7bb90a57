package indicators

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

// computation is one indicator being computed in one transaction of the
// warehouse.
type computation struct {
	definition Definition
	conn       *sql.Conn
	at         Position
	today      time.Time // the day in London
	now        time.Time
	run        int64
	periods    []Period
	calendar   []HalfTermDates
}

// kept is how many periods of each kind are computed and kept.
func kept(k PeriodKind) int {
	switch k {
	case Day:
		return 60
	case Week:
		return 65
	case Month:
		return 37
	case HalfTerm:
		return 19
	}
	return 6
}

// scratch are the temporary tables of a computation.
var scratch = []string{"period", "period_day", "today", "on_day", "fresh_measure", "fresh_complete", "fresh_from", "fresh_value", "fresh_sum"}

// compute computes the newest n periods of each kind (0: all that are kept; or
// recent) and
// writes those of which anything changed; it returns how many those were.
func (k *computation) compute(ctx context.Context, n int) (int, error) {
	known, err := k.knownDefinition(ctx)
	if err != nil {
		return 0, err
	}
	if !known { // new, or its definition changed: nothing that stands is of use
		n = 0
		if err := k.forget(ctx); err != nil {
			return 0, err
		}
	}
	if k.calendar, err = readCalendar(ctx, k.conn); err != nil {
		return 0, err
	}
	if err := k.choosePeriods(ctx, n); err != nil {
		return 0, err
	}
	defer k.drop()
	if err := k.givePeriods(ctx); err != nil {
		return 0, err
	}
	if err := k.measure(ctx); err != nil {
		return 0, err
	}
	if err := k.value(ctx); err != nil {
		return 0, err
	}
	changed, err := k.write(ctx, n == 0)
	if err != nil {
		return 0, err
	}
	return changed, k.record(ctx)
}

func (k *computation) exec(ctx context.Context, what, statement string, args ...any) error {
	if _, err := k.conn.ExecContext(ctx, statement, args...); err != nil {
		return fmt.Errorf("%s of %s: %w", what, k.definition.ID, err)
	}
	return nil
}

func (k *computation) knownDefinition(ctx context.Context) (bool, error) {
	var n int
	err := k.conn.QueryRowContext(ctx, `/* indicators.knownDefinition */
		SELECT count(*) FROM results.computed WHERE indicator = ? AND definition_hash = ?`, k.definition.ID, k.definition.Hash).Scan(&n)
	return n > 0, err
}

func (k *computation) forget(ctx context.Context) error {
	for _, table := range []string{"measure", "value", "checksum", "computed"} {
		if err := k.exec(ctx, "forget the results", `/* indicators.forget */ DELETE FROM results.`+table+` WHERE indicator = ?`, k.definition.ID); err != nil {
			return err
		}
	}
	return nil
}

func readCalendar(ctx context.Context, c *sql.Conn) ([]HalfTermDates, error) {
	rows, err := c.QueryContext(ctx, `/* indicators.readCalendar */
		SELECT academic_year, number, first_day, last_day FROM facts.half_term ORDER BY academic_year, number`)
	if err != nil {
		return nil, fmt.Errorf("read the school calendar: %w", err)
	}
	defer rows.Close()
	var out []HalfTermDates
	for rows.Next() {
		var h HalfTermDates
		if err := rows.Scan(&h.AcademicYear, &h.Number, &h.First, &h.Last); err != nil {
			return nil, fmt.Errorf("read the school calendar: %w", err)
		}
		h.First, h.Last = utcDay(h.First), utcDay(h.Last)
		out = append(out, h)
	}
	return out, rows.Err()
}

func utcDay(t time.Time) time.Time { return date(t.Year(), t.Month(), t.Day()) }

// recent, in the place of a number of periods, means those of each kind that lie
// in the last recentDays; of years, the newest alone.
const (
	recent     = -1
	recentDays = 91
)

// choosePeriods takes all that are kept, or the newest n of each kind, or the
// recent ones, counted back from the newest period that had any data, so that in
// August the last weeks of July are still among them.
func (k *computation) choosePeriods(ctx context.Context, n int) error {
	for _, kind := range k.definition.Periods {
		all := PeriodsUpTo(kind, k.today, kept(kind), k.calendar)
		if n != 0 && len(all) > 0 { // no half terms are recorded: there are none of that kind
			var newest sql.NullString
			err := k.conn.QueryRowContext(ctx, `/* indicators.choosePeriods */
				SELECT arg_max(p.period_id, p.first_day) FROM results.value v JOIN results.period p ON p.period_id = v.period_id
				WHERE v.indicator = ? AND v.breakdown = '' AND v.numerator IS NOT NULL AND p.kind = ?`, k.definition.ID, string(kind)).Scan(&newest)
			if err != nil {
				return fmt.Errorf("find the newest period of %s: %w", k.definition.ID, err)
			}
			last := len(all) - 1
			if i := slices.IndexFunc(all, func(p Period) bool { return p.ID == newest.String }); i >= 0 {
				last = i
			}
			first := last - n + 1
			if n == recent {
				from := all[last].First.AddDate(0, 0, 7-recentDays)
				for first = last; first > 0 && !all[first-1].Last.Before(from) && all[first-1].Last.Sub(all[first-1].First) < recentDays*24*time.Hour; {
					first--
				}
			}
			all = all[max(0, first):]
		}
		k.periods = append(k.periods, all...)
	}
	return nil
}

// givePeriods makes the relations that the engine gives to a query.
func (k *computation) givePeriods(ctx context.Context) error {
	var rows, days []string
	var args, dayArgs []any
	for _, p := range k.periods {
		rows = append(rows, "(?, ?, ?::DATE, ?::DATE)")
		args = append(args, p.ID, string(p.Kind), p.First.Format(time.DateOnly), p.Last.Format(time.DateOnly))
		days = append(days, "(?, ?::DATE)")
		dayArgs = append(dayArgs, p.ID, k.onDay(p).Format(time.DateOnly))
	}
	empty := `SELECT NULL::VARCHAR, NULL::VARCHAR, NULL::DATE, NULL::DATE WHERE false`
	emptyDays := `SELECT NULL::VARCHAR, NULL::DATE WHERE false`
	if len(rows) > 0 {
		empty = "VALUES " + strings.Join(rows, ", ")
		emptyDays = "VALUES " + strings.Join(days, ", ")
	}
	if err := k.exec(ctx, "give the periods", `/* indicators.givePeriods */
		CREATE OR REPLACE TEMP TABLE period AS SELECT * FROM (`+empty+`) p(period_id, kind, first_day, last_day)`, args...); err != nil {
		return err
	}
	if err := k.exec(ctx, "give the days of the periods", `/* indicators.givePeriods */
		CREATE OR REPLACE TEMP TABLE period_day AS `+PeriodDays); err != nil {
		return err
	}
	if err := k.exec(ctx, "give the days", `/* indicators.givePeriods */
		CREATE OR REPLACE TEMP TABLE on_day AS SELECT * FROM (`+emptyDays+`) p(period_id, day)`, dayArgs...); err != nil {
		return err
	}
	return k.exec(ctx, "give today", `/* indicators.givePeriods */
		CREATE OR REPLACE TEMP TABLE today AS SELECT ?::DATE AS day`, k.today.Format(time.DateOnly))
}

// PeriodDays is the query behind the relation period_day, over the relation period.
const PeriodDays = `SELECT period_id, kind, unnest(generate_series(first_day, last_day, INTERVAL 1 DAY))::DATE AS day FROM period`

// onDay is the day whose circumstances count for a period.
func (k *computation) onDay(p Period) time.Time {
	last := p.Last
	if k.today.Before(last) {
		last = k.today
	}
	if k.definition.AsAt == "31-march" {
		march := date(last.Year(), time.March, 31)
		if last.Before(march) {
			march = march.AddDate(-1, 0, 0)
		}
		return march
	}
	return last
}

// measure runs the definition's query and keeps what it answers per child, with
// the circumstances that the query does not fix itself.
func (k *computation) measure(ctx context.Context) error {
	columns, err := describe(ctx, k.conn, k.definition.SQL)
	if err != nil {
		return fmt.Errorf("the query of %s: %w", k.definition.ID, err)
	}
	if problems := judgeColumns(k.definition, columns); len(problems) > 0 {
		return fmt.Errorf("the query of %s: %s", k.definition.ID, strings.Join(problems, "; "))
	}
	column := func(name, kind string) string {
		if columns[name] == "" {
			return "NULL::" + kind
		}
		return "q." + name + "::" + kind
	}
	fixed := map[string]string{}
	joins := ""
	for _, b := range breakdowns {
		fixed[b.column] = column(b.column, "BIGINT")
		if columns[b.column] == "" && slices.Contains(k.definition.Breakdowns, b.name) {
			fixed[b.column] = "at_" + b.name + "." + b.column
			joins += ` LEFT JOIN (` + b.fixing + `) at_` + b.name + ` ON at_` + b.name + `.period_id = q.period_id AND at_` + b.name + `.child_id = q.child_id`
		}
	}
	err = k.exec(ctx, "measure", `/* indicators.measure */
		CREATE OR REPLACE TEMP TABLE fresh_measure AS
		SELECT q.period_id, `+column("child_id", "BIGINT")+` AS child_id, `+fixed["school_id"]+` AS school_id, `+fixed["team_id"]+` AS team_id,
		       q.numerator::DECIMAL(18,4) AS numerator, `+column("denominator", "DECIMAL(18,4)")+` AS denominator
		FROM (`+query(k.definition.SQL)+`) q`+joins)
	if err != nil {
		return err
	}
	var unknown, missing int
	err = k.conn.QueryRowContext(ctx, `/* indicators.measure */
		SELECT count(*) FILTER (WHERE m.period_id IS NULL OR m.period_id NOT IN (SELECT period_id FROM period)), count(*) FILTER (WHERE m.numerator IS NULL OR (? AND m.denominator IS NULL)) FROM fresh_measure m`,
		k.definition.Unit != Count).Scan(&unknown, &missing)
	if err != nil {
		return fmt.Errorf("look at the measures of %s: %w", k.definition.ID, err)
	}
	if unknown > 0 || missing > 0 {
		return fmt.Errorf("the query of %s answered %d rows with a period_id that is not in period, and %d without numerator or denominator", k.definition.ID, unknown, missing)
	}
	return nil
}

// query is a definition's statement in a form that can stand in brackets.
func query(sql string) string { return strings.TrimRight(strings.TrimSpace(sql), ";") + "\n" }

// describe says which columns a query answers, and their types.
func describe(ctx context.Context, c *sql.Conn, text string) (map[string]string, error) {
	rows, err := c.QueryContext(ctx, `/* indicators.describe */ SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM (`+query(text)+`))`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns := map[string]string{}
	for rows.Next() {
		var name, kind string
		if err := rows.Scan(&name, &kind); err != nil {
			return nil, err
		}
		columns[strings.ToLower(name)] = kind
	}
	return columns, rows.Err()
}

// judgeColumns says what is wrong with the columns that a definition's query
// answers.
func judgeColumns(d Definition, columns map[string]string) []string {
	var problems []string
	if columns["period_id"] == "" {
		problems = append(problems, "it does not answer period_id")
	}
	for _, amount := range []string{"numerator", "denominator"} {
		kind := columns[amount]
		switch {
		case kind == "" && (amount == "numerator" || d.Unit != Count):
			problems = append(problems, "it does not answer "+amount)
		case kind == "":
		case !strings.HasSuffix(kind, "INT") && kind != "INTEGER" && !strings.HasPrefix(kind, "DECIMAL"):
			problems = append(problems, fmt.Sprintf("%s is %s: answer a whole number or a decimal, which are exact", amount, kind))
		}
	}
	if d.Unit == Count && columns["denominator"] != "" {
		problems = append(problems, "a count has no denominator")
	}
	for name := range columns {
		if !slices.Contains([]string{"period_id", "child_id", "school_id", "team_id", "numerator", "denominator"}, name) {
			problems = append(problems, fmt.Sprintf("it answers %s, which means nothing: period_id, child_id, school_id, team_id, numerator and denominator do", name))
		}
	}
	for _, name := range d.Breakdowns {
		b, _ := breakdownOf(name)
		if columns[b.column] == "" && d.AsAt == "event" {
			problems = append(problems, fmt.Sprintf("as_at is event, so it has to answer %s for the breakdown by %s", b.column, name))
		} else if columns[b.column] == "" && columns["child_id"] == "" {
			problems = append(problems, fmt.Sprintf("it answers neither %s nor child_id, so there is no breakdown by %s", b.column, name))
		}
	}
	slices.Sort(problems)
	return problems
}
