package indicators

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// The facts' tables, made from the publication by a test, and what is in them.
var (
	//go:embed sandbox_facts.sql
	sandboxTables string
	//go:embed sandbox.sql
	sandboxCodes string
)

// examplesDocument is a file of examples as it is written.
type examplesDocument struct {
	Examples []example `yaml:"examples"`
}

type example struct {
	Name    string            `yaml:"name"`
	Today   string            `yaml:"today"`
	Periods []string          `yaml:"periods"`
	Facts   map[string]string `yaml:"facts"`
	Expect  expectation       `yaml:"expect"`
}

// expectation is a table, or one for each indicator that shares the file.
type expectation struct {
	table string
	each  map[string]string
}

func (x *expectation) UnmarshalYAML(text []byte) error {
	if err := yaml.Unmarshal(text, &x.table); err == nil {
		return nil
	}
	x.table = ""
	return yaml.Unmarshal(text, &x.each)
}

func (x expectation) of(id string) (string, bool) {
	if x.each != nil {
		table, ok := x.each[id]
		return table, ok
	}
	return x.table, x.table != ""
}

// run computes the definitions on the example's facts and says of each how what comes
// out differs from what is expected, "" where it does not.
func (x example) run(ctx context.Context, c *sql.Conn, of []Definition) (map[string]string, error) {
	today, err := time.Parse(time.DateOnly, x.Today)
	if err != nil {
		return nil, fmt.Errorf("today %q is no date such as 2026-11-16", x.Today)
	}
	for name, text := range x.Facts {
		if err := FillFacts(ctx, c, name, text); err != nil {
			return nil, err
		}
	}
	calendar, err := readCalendar(ctx, c)
	if err != nil {
		return nil, err
	}
	var each []trial
	var n need
	var periods []Period
	for _, d := range of {
		t, err := x.trial(ctx, c, d, today, calendar)
		if err != nil {
			return nil, err
		}
		n.add(t.definition, t.relations, t.periods)
		periods = append(periods, t.periods...)
		each = append(each, t)
	}
	if err := writePeriods(ctx, c, periods, map[string]Period{}); err != nil {
		return nil, err
	}
	if err := new(shared).refresh(ctx, c, n, true, nil, today); err != nil {
		return nil, err
	}
	differences := map[string]string{}
	for _, t := range each {
		if differences[t.definition.ID], err = t.difference(ctx); err != nil {
			return nil, err
		}
	}
	return differences, nil
}

// trial is the computation of one definition in an example, and what it is to answer.
type trial struct {
	computation
	want facts
}

// trial chooses the periods of the definition that the example is about.
func (x example) trial(ctx context.Context, c *sql.Conn, d Definition, today time.Time, calendar []HalfTermDates) (trial, error) {
	expect, ok := x.Expect.of(d.ID)
	if !ok {
		return trial{}, fmt.Errorf("it expects nothing of %s", d.ID)
	}
	want, err := parseTable(expect)
	if err != nil {
		return trial{}, fmt.Errorf("expect: %w", err)
	}
	if columns := []string{"period_id", "breakdown", "member", "numerator", "denominator"}; !slices.Equal(want.columns, columns) {
		return trial{}, fmt.Errorf("expect: its columns are %s", strings.Join(columns, ", "))
	}
	for _, of := range x.Periods { // a kind, or a period of one
		if kind, _, _ := strings.Cut(of, ":"); !slices.Contains(d.Periods, PeriodKind(kind)) {
			return trial{}, fmt.Errorf("%s has no periods of kind %q", d.ID, kind)
		}
	}
	s, err := parseStatement(ctx, c, d.SQL)
	if err != nil {
		return trial{}, err
	}
	noon := time.Date(today.Year(), today.Month(), today.Day(), 12, 0, 0, 0, London())
	k := computation{definition: d, relations: s.relations, conn: c, at: Position{AsAt: noon, Text: "example"}, now: noon, today: today, run: 1}
	k.choose(0, calendar)
	for _, of := range x.Periods {
		if strings.Contains(of, ":") && !slices.ContainsFunc(k.periods, func(p Period) bool { return p.ID == of }) {
			return trial{}, fmt.Errorf("on %s there is no period %q", x.Today, of)
		}
	}
	k.periods = slices.DeleteFunc(k.periods, func(p Period) bool {
		return len(x.Periods) > 0 && !slices.Contains(x.Periods, p.ID) && !slices.Contains(x.Periods, string(p.Kind))
	})
	k.stale = k.periods
	return trial{k, want}, nil
}

// difference computes, and says how what comes out differs from what is expected.
func (t *trial) difference(ctx context.Context) (string, error) {
	d := t.definition
	if _, err := t.compute(ctx); err != nil {
		return "", err
	}
	named := []string{""} // a breakdown that the table does not name is not looked at
	for _, row := range t.want.rows {
		named = append(named, row[1])
	}
	got, err := valuesAsTable(ctx, t.conn, d, named)
	if err != nil {
		return "", err
	}
	if d.Unit == Percent {
		if over, err := overHundred(ctx, t.conn, d); err != nil || over != "" {
			return over, err
		}
	}
	return compareTables(t.want.lines(), got), nil
}

// overHundred says which value is more than 100 %: there a numerator counts what
// the denominator leaves out.
func overHundred(ctx context.Context, c *sql.Conn, d Definition) (string, error) {
	var at, numerator, denominator string
	err := c.QueryRowContext(ctx, `/* indicators.overHundred */
		SELECT concat_ws(' ', period_id, nullif(breakdown, ''), nullif(member, '')), numerator::VARCHAR, denominator::VARCHAR FROM results.value
		WHERE indicator = ? AND denominator > 0 AND numerator > denominator ORDER BY ALL LIMIT 1`, d.ID).Scan(&at, &numerator, &denominator)
	if err == sql.ErrNoRows {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look for percentages over 100: %w", err)
	}
	return fmt.Sprintf("%s is %s of %s, more than 100%%: count in the numerator only what is in the denominator", at, plain(numerator), plain(denominator)), nil
}

func valuesAsTable(ctx context.Context, c *sql.Conn, d Definition, breakdowns []string) ([]string, error) {
	rows, err := c.QueryContext(ctx, `/* indicators.valuesAsTable */
		SELECT period_id, breakdown, member, numerator::VARCHAR, denominator::VARCHAR FROM results.value WHERE indicator = ? AND numerator IS NOT NULL`, d.ID)
	if err != nil {
		return nil, fmt.Errorf("read the values: %w", err)
	}
	defer rows.Close()
	var got []string
	for rows.Next() {
		var id, breakdown, member string
		var numerator, denominator sql.NullString
		if err := rows.Scan(&id, &breakdown, &member, &numerator, &denominator); err != nil {
			return nil, fmt.Errorf("read the values: %w", err)
		}
		if slices.Contains(breakdowns, breakdown) {
			got = append(got, strings.Join([]string{id, breakdown, member, plain(numerator.String), plain(denominator.String)}, " | "))
		}
	}
	slices.Sort(got)
	return got, rows.Err()
}

// plain is a decimal without the zeros that say nothing: 60.7500 is 60.75.
func plain(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func compareTables(want, got []string) string {
	var out []string
	for _, line := range want {
		if !slices.Contains(got, line) {
			out = append(out, "expected and not there: "+line)
		}
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			out = append(out, "there and not expected: "+line)
		}
	}
	return strings.Join(out, "; ")
}

// facts is a table as a person writes it: a line of names, then a line for each
// row, with | between columns.
type facts struct {
	columns []string
	rows    [][]string
}

func parseTable(text string) (facts, error) {
	var t facts
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		cells := strings.Split(line, "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if t.columns == nil {
			t.columns = cells
			continue
		}
		if len(cells) != len(t.columns) {
			return facts{}, fmt.Errorf("the line %q has %d columns where the first line has %d", line, len(cells), len(t.columns))
		}
		t.rows = append(t.rows, cells)
	}
	return t, nil
}

func (t facts) lines() []string {
	var out []string
	for _, row := range t.rows {
		row = slices.Clone(row)
		row[3], row[4] = plain(row[3]), plain(row[4])
		out = append(out, strings.Join(row, " | "))
	}
	slices.Sort(out)
	return out
}

// SandboxFacts are the statements that make the facts' tables as the warehouse
// holds them, empty but for codes, in an empty DuckDB.
func SandboxFacts() string { return sandboxTables + sandboxCodes }

// FillFacts writes a small table as examples have it into the facts: a line of
// column names, then a line for each row, with | between columns; an empty one
// is NULL, and an id that is left out is the row's place. Names are checked
// against the table's before they stand in a statement; values are parameters.
func FillFacts(ctx context.Context, c *sql.Conn, name, text string) error {
	t, err := parseTable(text)
	if err != nil {
		return fmt.Errorf("facts of %s: %w", name, err)
	}
	rows, err := c.QueryContext(ctx, `/* indicators.FillFacts */
		SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'facts' AND table_name = ?`, name)
	if err != nil {
		return fmt.Errorf("facts of %s: %w", name, err)
	}
	var known []string
	types := map[string]string{}
	for rows.Next() {
		var column, kind string
		if err := rows.Scan(&column, &kind); err != nil {
			rows.Close()
			return fmt.Errorf("facts of %s: %w", name, err)
		}
		known, types[column] = append(known, column), kind
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return fmt.Errorf("facts of %s: %w", name, err)
	}
	if len(known) == 0 {
		return fmt.Errorf("there are no facts called %q", name)
	}
	for _, column := range t.columns {
		if !slices.Contains(known, column) {
			return fmt.Errorf("facts of %s have no column %q; they have: %s", name, column, strings.Join(known, ", "))
		}
	}
	number := slices.Contains(known, "id") && !slices.Contains(t.columns, "id")
	columns := t.columns
	if number {
		columns = append([]string{"id"}, columns...)
	}
	if len(t.rows) == 0 {
		return nil
	}
	insert, err := c.PrepareContext(ctx, `/* indicators.FillFacts */ INSERT INTO facts.`+name+` (`+strings.Join(columns, ", ")+`) VALUES (?`+strings.Repeat(", ?", len(columns)-1)+`)`)
	if err != nil {
		return fmt.Errorf("facts of %s: %w", name, err)
	}
	defer insert.Close()
	for i, row := range t.rows {
		var args []any
		if number {
			args = append(args, i+1)
		}
		for n, value := range row {
			if value == "" {
				args = append(args, nil)
				continue
			}
			args = append(args, value)
			ok, err := isCode(ctx, c, types[t.columns[n]], value)
			if err != nil {
				return fmt.Errorf("facts of %s, row %d: %w", name, i+1, err)
			}
			if !ok {
				return fmt.Errorf("facts of %s, row %d: %s: there is no code %q", name, i+1, t.columns[n], value)
			}
		}
		if _, err := insert.ExecContext(ctx, args...); err != nil {
			return fmt.Errorf("facts of %s, row %d: %w", name, i+1, err)
		}
	}
	return nil
}

// isCode says whether a column of this type can hold a code, which every type
// can that is no list of codes.
func isCode(ctx context.Context, c *sql.Conn, kind, code string) (ok bool, err error) {
	if !strings.HasPrefix(kind, "ENUM(") {
		return true, nil
	}
	err = c.QueryRowContext(ctx, `/* indicators.isCode */ SELECT list_contains(enum_range(NULL::`+kind+`), ?)`, code).Scan(&ok)
	return ok, err
}
