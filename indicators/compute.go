// Computing one indicator: which periods, the definition's query over them, and
// what it answers for each child with the child's circumstances.

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
	relations  []string // that it reads
	conn       *sql.Conn
	at         Position
	today      time.Time // the day in London
	now        time.Time
	run        int64
	all        bool // every period that is kept
	was        standing
	periods    []Period
	stale      []Period          // those of periods whose inputs changed
	columns    map[string]string // types of what the query answers; nil: not known yet
	nothing    bool              // no marks are expected of anybody
	calendar   []HalfTermDates   // where spans are asked for (see giveSpans)
}

// standing is what the results hold of an indicator.
type standing struct {
	hash    string // of the definition that it was computed by; "": never
	changed int64  // the last run that changed a value
	figures map[string]uint64
	newest  map[PeriodKind]string // the newest period with data
}

// readStanding reads what the results hold, by indicator.
func readStanding(ctx context.Context, c *sql.Conn) (map[string]standing, error) {
	out := map[string]standing{}
	err := each(ctx, c, `/* indicators.readStanding */ SELECT indicator, definition_hash, changed FROM results.computed`, func(scan func(...any) error) error {
		var id string
		s := standing{figures: map[string]uint64{}, newest: map[PeriodKind]string{}}
		if err := scan(&id, &s.hash, &s.changed); err != nil {
			return err
		}
		out[id] = s
		return nil
	})
	if err != nil || len(out) == 0 {
		return out, err
	}
	err = each(ctx, c, `/* indicators.readStanding */ SELECT indicator, period_id, figures FROM results.checksum`, func(scan func(...any) error) error {
		var id, period string
		var figures uint64
		if err := scan(&id, &period, &figures); err != nil {
			return err
		}
		if s, ok := out[id]; ok {
			s.figures[period] = figures
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, each(ctx, c, `/* indicators.readStanding */
		SELECT v.indicator, p.kind, arg_max(p.period_id, p.first_day) FROM results.value v JOIN results.period p ON p.period_id = v.period_id
		WHERE v.breakdown = '' AND v.numerator IS NOT NULL GROUP BY v.indicator, p.kind`, func(scan func(...any) error) error {
		var id, kind, period string
		if err := scan(&id, &kind, &period); err != nil {
			return err
		}
		if s, ok := out[id]; ok {
			s.newest[PeriodKind(kind)] = period
		}
		return nil
	})
}

// choose chooses the newest n periods of each kind (0: all that are kept; or
// recent); all of them where what stands was computed by another definition.
func (k *computation) choose(n int, calendar []HalfTermDates) {
	if !k.known() {
		n = 0
	}
	k.all = n == 0
	k.choosePeriods(n, calendar)
	k.stale = k.periods
}

// known says whether what stands was computed by this definition.
func (k *computation) known() bool { return k.was.hash == k.definition.Hash }

// compute computes the stale periods and writes those of which anything changed; it
// returns how many those were.
func (k *computation) compute(ctx context.Context) (int, error) {
	if !k.known() {
		if err := k.forget(ctx); err != nil {
			return 0, err
		}
	}
	var fresh map[string]uint64
	if len(k.stale) > 0 {
		defer k.drop()
		if err := k.givePeriods(ctx, k.stale); err != nil {
			return 0, err
		}
		some, err := k.measure(ctx)
		if err != nil {
			return 0, err
		}
		if some.rows > 0 || !k.nothing {
			if fresh, err = k.value(ctx, some); err != nil {
				return 0, err
			}
		}
	}
	changed, err := k.write(ctx, fresh)
	if err != nil {
		return 0, err
	}
	return changed, k.record(ctx, changed)
}

func (k *computation) exec(ctx context.Context, what, statement string, args ...any) error {
	if _, err := k.conn.ExecContext(ctx, statement, args...); err != nil {
		return fmt.Errorf("%s of %s: %w", what, k.definition.ID, err)
	}
	return nil
}

func (k *computation) forget(ctx context.Context) error {
	k.was.figures = nil
	if k.was.hash == "" {
		return nil
	}
	for _, table := range []string{"value", "checksum", "computed"} {
		if err := k.exec(ctx, "forget the results", `/* indicators.forget */ DELETE FROM results.`+table+` WHERE indicator = ?`, k.definition.ID); err != nil {
			return err
		}
	}
	k.was = standing{}
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
func (k *computation) choosePeriods(n int, calendar []HalfTermDates) {
	k.periods = nil
	for _, kind := range k.definition.Periods {
		all := PeriodsUpTo(kind, k.today, retained(kind), calendar)
		if n != 0 && len(all) > 0 { // no half terms are recorded: there are none of that kind
			last := len(all) - 1
			if i := slices.IndexFunc(all, func(p Period) bool { return p.ID == k.was.newest[kind] }); i >= 0 {
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
}

// retained is how many periods of a kind are computed and retained.
func retained(kind PeriodKind) int {
	k, _ := kind.entry()
	return k.retained
}

// givePeriods makes those of the relations that the engine gives which the query
// reads, or the rule of completeness. A period's id is an ENUM, so that what groups
// by it compares numbers.
func (k *computation) givePeriods(ctx context.Context, periods []Period) error {
	var ids, rows []string
	for i, p := range periods {
		ids = append(ids, "'"+p.ID+"'")
		rows = append(rows, fmt.Sprintf("('%s', '%s', %s, %d, %d)", p.ID, p.Kind, quotedDays([]time.Time{p.First, p.Last, k.onDay(p)}), i, p.key()))
	}
	of := "VALUES " + strings.Join(rows, ", ")
	kind := "ENUM(" + strings.Join(ids, ", ") + ")"
	if len(rows) == 0 {
		of, kind = `SELECT '', '', DATE '2000-01-01', DATE '2000-01-01', DATE '2000-01-01', 0, 0 WHERE false`, "VARCHAR"
	}
	if err := k.exec(ctx, "give the periods", `/* indicators.givePeriods */
		CREATE OR REPLACE TEMP TABLE numbered_period AS SELECT period_id::`+kind+` AS period_id, kind, first_day, last_day, on_day, number, period_key::INTEGER AS period_key
			FROM (`+of+`) p(period_id, kind, first_day, last_day, on_day, number, period_key)`); err != nil {
		return err
	}
	counts := completenessRules[k.definition.Complete.Rule].by != ""
	for _, r := range []struct {
		name, kind, sql string
		counts          bool
	}{
		{"period", "TABLE", `SELECT period_id, kind, first_day, last_day FROM numbered_period`, true},
		{"period_day", "TABLE", PeriodDays, counts},
		{"period_attendance", "VIEW", givenAttendance("kept.period_attendance"), false},
		{"today", "TABLE", `SELECT ` + quotedDays([]time.Time{k.today}) + ` AS day`, counts},
	} {
		if !r.counts && !slices.Contains(k.relations, r.name) && !(r.name == "period" && slices.Contains(k.relations, "period_day")) {
			continue
		}
		if err := k.exec(ctx, "give the periods", `/* indicators.givePeriods */ CREATE OR REPLACE TEMP `+r.kind+` `+r.name+` AS `+r.sql); err != nil {
			return err
		}
	}
	return nil
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

// measure runs the definition's query and takes what it answers per child, with
// a column m_0, m_1, ... for the member of each of the definition's breakdowns:
// as the query fixes it, else by the child's circumstances.
func (k *computation) measure(ctx context.Context) (measured, error) {
	d := k.definition
	if k.columns == nil {
		var err error
		if k.columns, err = describe(ctx, k.conn, d.SQL); err != nil {
			return measured{}, fmt.Errorf("the query of %s: %w", d.ID, err)
		}
		if problems := judgeColumns(d, k.columns); len(problems) > 0 {
			return measured{}, fmt.Errorf("the query of %s: %s", d.ID, strings.Join(problems, "; "))
		}
	}
	day := "n.on_day"
	if d.AsAt == "event" && k.columns["day"] != "" {
		day = "q.day"
	}
	looked := false // for the circumstances
	resolve := func(column string) string {
		switch {
		case k.columns[column] != "":
			return "q." + column
		case k.columns["circumstances"] != "":
			return "q.circumstances." + column
		}
		looked = true
		return asAtDay(column, "q.circumstances_day")
	}
	var members, joins strings.Builder
	for i, name := range d.Breakdowns {
		b, _ := BreakdownOf(name)
		value := ""
		if b.from == "" || k.columns[b.Column] != "" {
			value = resolve(b.Column)
		} else {
			alias := fmt.Sprintf("of_%d", i)
			other := resolve(b.from)
			if b.join != "" {
				joins.WriteString(" " + fmt.Sprintf(b.join, alias, other))
			}
			value = strings.NewReplacer("%[1]s", alias, "%[2]s", other).Replace(b.value)
		}
		fmt.Fprintf(&members, ", %s AS m_%d", value, i)
	}
	// A child's circumstances do not overlap. A hash join that looks through all of a
	// child's needs a third to a half of the processor time of an ASOF join, which sorts
	// everybody's (3.7 million circumstances: 3.6 s for 600,000 answers, 14 s for six
	// million; this 1.2 and 8 s). What was answered is a table first, so that DuckDB
	// knows how many rows there are.
	answer := `(SELECT q.*, n.number AS period_number, ` + day + ` AS circumstances_day FROM (` + query(d.SQL) + `) q LEFT JOIN numbered_period n ON n.period_id = q.period_id)`
	circumstances := ""
	if looked {
		if err := k.exec(ctx, "answer", `/* indicators.measure */ CREATE OR REPLACE TEMP TABLE fresh_answer AS SELECT * FROM `+answer); err != nil {
			return measured{}, err
		}
		answer = "fresh_answer"
		circumstances = ` LEFT JOIN kept.circumstances c ON c.child_id = q.child_id AND c.from_date <= q.circumstances_day AND coalesce(c.to_date, DATE '9999-12-31') > q.circumstances_day`
	}
	optional := func(name, kind string) string {
		if k.columns[name] == "" {
			return "NULL::" + kind
		}
		return "q." + name
	}
	err := k.exec(ctx, "measure", `/* indicators.measure */
		CREATE OR REPLACE TEMP TABLE fresh_measure AS
		SELECT q.period_number AS number, `+optional("child_id", "BIGINT")+` AS child_id, q.numerator, `+optional("denominator", "INTEGER")+` AS denominator`+members.String()+`
		FROM `+answer+` q`+circumstances+joins.String())
	if err != nil {
		return measured{}, err
	}
	var m measured
	twice := "0"
	if k.columns["child_id"] != "" {
		twice = `(SELECT count(DISTINCT child_id) FROM (` + crowdedChildren + `))`
	}
	var unknown, missing int
	err = k.conn.QueryRowContext(ctx, `/* indicators.measure */
		SELECT count(*), count(*) FILTER (WHERE m.number IS NULL), count(*) FILTER (WHERE m.numerator IS NULL OR (? AND m.denominator IS NULL)), `+twice+` FROM fresh_measure m`,
		d.Unit != Count).Scan(&m.rows, &unknown, &missing, &m.crowded)
	if err != nil {
		return m, fmt.Errorf("look at the measures of %s: %w", d.ID, err)
	}
	if unknown > 0 || missing > 0 {
		return m, fmt.Errorf("the query of %s answered %d rows with a period_id that is not in period, and %d without numerator or denominator", d.ID, unknown, missing)
	}
	return m, nil
}

// measured is what a query answered.
type measured struct {
	rows    int
	crowded int // children with two rows in one period, or more
}

// crowdedChildren are those: a child's periods are then fewer than its rows, counted
// as bits, 120 periods at a time.
const crowdedChildren = `SELECT child_id FROM fresh_measure WHERE child_id IS NOT NULL
	GROUP BY child_id, number // 120 HAVING count(*) <> bit_count(bit_or(1::HUGEINT << (number % 120)::INTEGER))`

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
	known := append([]string{"period_id", "child_id", "day", "circumstances", "numerator", "denominator"}, breakdownColumns()...)
	for name := range columns {
		if !slices.Contains(known, name) {
			problems = append(problems, fmt.Sprintf("it answers %s, which means nothing: these do: %s", name, strings.Join(known, ", ")))
		}
	}
	if columns["circumstances"] != "" && d.AsAt != "period-end" {
		problems = append(problems, "its circumstances are those of the period's end, and as_at is "+d.AsAt)
	}
	for _, name := range d.Breakdowns {
		b, _ := BreakdownOf(name)
		column := b.Column
		if columns[column] == "" && b.from != "" {
			column = b.from
		}
		switch {
		case columns[column] != "":
		case b.queried:
			problems = append(problems, fmt.Sprintf("it does not answer %s, by which alone there is a breakdown by %s", column, name))
		case columns["circumstances"] != "":
		case columns["child_id"] == "":
			problems = append(problems, fmt.Sprintf("it answers neither %s nor child_id, so there is no breakdown by %s", column, name))
		case d.AsAt == "event" && columns["day"] == "":
			problems = append(problems, fmt.Sprintf("as_at is event, so it has to answer %s for the breakdown by %s, or day, the day of the event", column, name))
		}
	}
	slices.Sort(problems)
	return problems
}
