package indicators

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed relations/*.sql kept/*.sql
var relationFiles embed.FS

// Relation is a relation that definitions may read: a view over the facts with
// plain names and units.
type Relation struct {
	Name    string
	Doc     string
	Columns []RelationColumn
	Facts   []string // the fact tables beneath it
	needs   []string // relations that it is made from
	sql     string
	kept    bool // it stands in schema kept, for the engine alone
}

// RelationColumn is one column of a relation, in words.
type RelationColumn struct{ Name, Doc string }

// givenRelations are given by the engine in each query and are no views.
var givenRelations = []Relation{
	{
		Name: "period",
		Doc:  "One row for each period that is being computed, given by the engine.",
		Columns: []RelationColumn{
			{"period_id", "kind and span: week:2026-11-09"},
			{"kind", "day, week, month, half-term, term, quarter, december-to-february, academic-year-to-date, academic-year, year, financial-year, rolling-12-months"},
			{"first_day", "its first day"},
			{"last_day", "its last day"},
		},
	},
	{
		Name: "period_day",
		Doc:  "One row for each day of each period that is being computed, given by the engine: what happens on a day belongs to the periods of that day.",
		Columns: []RelationColumn{
			{"period_id", "the period"},
			{"kind", "its kind"},
			{"day", "one of its days, the first and the last included"},
		},
	},
	{
		Name: "period_attendance",
		Doc:  "One row for each period that is being computed, child, school and academic year with marks: the sums of attendance, given by the engine, which makes them once for all definitions. But in days and weeks, sessions of the sixth half term are left out of pupils aged 15 at the start of the academic year, and of enrolments that first began in it.",
		Columns: []RelationColumn{
			{"period_id", "the period"},
			{"child_id", "the child"},
			{"school_id", "the school that took the registers"},
			{"academic_year", "the year in which the academic year began: 2025 is 2025/26; of a week or half term that begins in August, the one in which it ends"},
			{"age_at_year_start", "age in years on the 31 August before the academic year; NULL where no date of birth is known"},
			{"marks", "sessions for which a mark was received, whatever it says"},
			{"possible", "sessions that the child could have attended"},
			{"present", "sessions attended, approved educational activity included"},
			{"authorised", "sessions missed with permission"},
			{"unauthorised", "sessions missed without permission"},
			{"illness", "sessions missed through illness, among those with permission"},
			{"part_time", "sessions missed under a part-time timetable (code C2), among those with permission"},
			{"circumstances", "the child's circumstances on the period's last day (today's, until it has ended): carry it through as it is where the definition is as at the period's end, and the engine need not look for them"},
		},
		Facts: []string{"attendance", "attendance_code", "child", "enrolment", "half_term"}, // those of the circumstances are its breakdowns'
	},
}

// Relations are the relations that definitions may read, by name, those that the
// engine gives first. Each other stands in one file of relations/, whose comment
// describes it.
func Relations() []Relation { return slices.Clone(definable()) }

var definable = sync.OnceValue(func() []Relation {
	return slices.DeleteFunc(slices.Clone(allRelations()), func(r Relation) bool { return r.kept })
})

// allRelations are those of definitions and those of the engine alone, which
// stand in kept/.
var allRelations = sync.OnceValue(func() []Relation {
	out := slices.Clone(givenRelations)
	for _, folder := range []string{"relations", "kept"} {
		entries, err := relationFiles.ReadDir(folder)
		if err != nil {
			panic("indicators: embedded relations: " + err.Error())
		}
		for _, f := range entries {
			text, err := relationFiles.ReadFile(path.Join(folder, f.Name()))
			if err != nil {
				panic("indicators: embedded relations: " + err.Error())
			}
			r := parseRelation(strings.TrimSuffix(f.Name(), ".sql"), string(text))
			if r.kept = folder == "kept"; r.kept {
				r.Name = "kept." + r.Name
			}
			out = append(out, r)
		}
	}
	for i := range out {
		out[i].Facts = beneath(out, out[i])
	}
	return out
})

// keptRelation is one of kept/.
func keptRelation(name string) Relation {
	all := allRelations()
	return all[slices.IndexFunc(all, func(r Relation) bool { return r.Name == "kept."+name })]
}

// View says whether the relation is a view of the warehouse, not one that the
// engine gives.
func (r Relation) View() bool { return r.sql != "" }

var (
	columnLine = regexp.MustCompile(`^--   (\w+)\s+(.*)$`)
	factName   = regexp.MustCompile(`\bfacts\.(\w+)`)
	mainName   = regexp.MustCompile(`\b(?:FROM|JOIN) (?:main\.)?((?:kept\.)?\w+)`)
)

func parseRelation(name, text string) Relation {
	r := Relation{Name: name, sql: text}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if m := columnLine.FindStringSubmatch(line); m != nil {
			r.Columns = append(r.Columns, RelationColumn{m[1], m[2]})
		} else if doc, ok := strings.CutPrefix(line, "-- "); ok {
			r.Doc = strings.TrimSpace(r.Doc + " " + doc)
		}
	}
	for _, m := range factName.FindAllStringSubmatch(text, -1) {
		r.Facts = append(r.Facts, m[1])
	}
	for _, m := range mainName.FindAllStringSubmatch(text, -1) {
		r.needs = append(r.needs, m[1])
	}
	return r
}

func beneath(all []Relation, r Relation) []string {
	facts := slices.Clone(r.Facts)
	for _, need := range r.needs {
		for _, other := range all {
			if other.Name == need {
				facts = append(facts, beneath(all, other)...)
			}
		}
	}
	slices.Sort(facts)
	return slices.Compact(facts)
}

// makeRelations makes the views in schema main, those first that others are
// made from, and the tables of schemas kept and results where they are not there
// as this program wants them: what another program made is dropped, and computed
// again.
func makeRelations(ctx context.Context, c *sql.Conn) error {
	if there, err := laidOut(ctx, c); err != nil {
		return err
	} else if !there {
		if _, err := c.ExecContext(ctx, `/* indicators.makeRelations */ DROP SCHEMA IF EXISTS results CASCADE; DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA results; CREATE SCHEMA kept;`+resultTables); err != nil {
			return fmt.Errorf("make the tables of results: %w", err)
		}
		if _, err := c.ExecContext(ctx, `/* indicators.makeRelations */ INSERT INTO results.layout VALUES (?)`, layout()); err != nil {
			return fmt.Errorf("make the tables of results: %w", err)
		}
	}
	made := map[string]bool{}
	all := slices.DeleteFunc(slices.Clone(allRelations()), func(r Relation) bool { return !r.View() })
	for len(made) < len(all) {
		before := len(made)
		for _, r := range all {
			waits := func(n string) bool {
				return !made[n] && slices.ContainsFunc(all, func(o Relation) bool { return o.Name == n })
			}
			if made[r.Name] || slices.ContainsFunc(r.needs, waits) {
				continue
			}
			statement := r.sql
			if r.kept && !strings.Contains(r.sql, "CREATE OR REPLACE VIEW") {
				statement = createKept(r)
			}
			if _, err := c.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("make relation %s: %w", r.Name, err)
			}
			made[r.Name] = true
		}
		if len(made) == before {
			return fmt.Errorf("relations need one another in a ring")
		}
	}
	return nil
}

// layout names the form of the tables of schemas kept and results.
var layout = sync.OnceValue(func() string {
	sum := sha256.New()
	fmt.Fprint(sum, resultTables)
	for _, r := range allRelations() {
		if r.kept {
			fmt.Fprint(sum, r.sql)
		}
	}
	fmt.Fprint(sum, circumstanceColumns())
	return hex.EncodeToString(sum.Sum(nil)[:8])
})

// laidOut says whether this program's tables are there.
func laidOut(ctx context.Context, c *sql.Conn) (bool, error) {
	var n int
	err := c.QueryRowContext(ctx, `/* indicators.laidOut */
		SELECT count(*) FROM information_schema.tables WHERE table_schema = 'results' AND table_name = 'layout'`).Scan(&n)
	if err != nil || n == 0 {
		return false, err
	}
	err = c.QueryRowContext(ctx, `/* indicators.laidOut */ SELECT count(*) FROM results.layout WHERE form = ?`, layout()).Scan(&n)
	return n > 0, err
}

// resultTables hold what was computed. value is the headline (breakdown ”) and
// each member of each breakdown; checksum says whether a period has to be written
// again; computed is the last computation of each indicator, and the last that
// changed a value. What the engine keeps for many definitions stands in schema
// kept, beside how much of what the registers owe was received.
const resultTables = `
CREATE TABLE results.layout (form VARCHAR);
CREATE TABLE results.value (
    indicator VARCHAR, kind VARCHAR, period_id VARCHAR, breakdown VARCHAR, member VARCHAR,
    numerator DECIMAL(38,4), denominator DECIMAL(38,4),
    children BIGINT, numerator_children BIGINT,
    received BIGINT, expected BIGINT, complete_from DATE,
    definition_hash VARCHAR, run BIGINT, position VARCHAR, computed_at TIMESTAMPTZ);
CREATE TABLE results.period (
    period_id VARCHAR, kind VARCHAR, first_day DATE, last_day DATE, name VARCHAR);
CREATE TABLE results.checksum (
    indicator VARCHAR, period_id VARCHAR, figures UBIGINT);
CREATE TABLE results.computed (
    indicator VARCHAR, definition_hash VARCHAR, run BIGINT, changed BIGINT, position VARCHAR, as_at TIMESTAMPTZ, computed_at TIMESTAMPTZ, unit VARCHAR);
CREATE TABLE kept.circumstances_source (source VARCHAR, child_id BIGINT, sum UBIGINT);
CREATE TABLE kept.register (school_id BIGINT, day DATE, marks INTEGER, print UBIGINT);
`
