package indicators

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

//go:embed relations/*.sql
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
			{"kind", "day, week, month, half-term, academic-year-to-date, academic-year, year, financial-year"},
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
}

// Relations are the relations that definitions may read, by name, those that the
// engine gives first. Each other stands in one file of relations/, whose comment
// describes it.
func Relations() []Relation {
	var out []Relation
	entries, err := relationFiles.ReadDir("relations")
	if err != nil {
		panic("indicators: embedded relations: " + err.Error())
	}
	for _, f := range entries {
		text, err := relationFiles.ReadFile(path.Join("relations", f.Name()))
		if err != nil {
			panic("indicators: embedded relations: " + err.Error())
		}
		out = append(out, parseRelation(strings.TrimSuffix(f.Name(), ".sql"), string(text)))
	}
	for i := range out {
		out[i].Facts = beneath(out, out[i])
	}
	return append(slices.Clip(givenRelations), out...)
}

// View says whether the relation is a view of the warehouse, not one that the
// engine gives.
func (r Relation) View() bool { return r.sql != "" }

var (
	columnLine = regexp.MustCompile(`^--   (\w+)\s+(.*)$`)
	factName   = regexp.MustCompile(`\bfacts\.(\w+)`)
	mainName   = regexp.MustCompile(`\b(?:FROM|JOIN) main\.(\w+)`)
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
// made from, and the tables of schema results where they are not there yet.
func makeRelations(ctx context.Context, c *sql.Conn) error {
	made := map[string]bool{}
	all := slices.DeleteFunc(Relations(), func(r Relation) bool { return !r.View() })
	for len(made) < len(all) {
		before := len(made)
		for _, r := range all {
			if made[r.Name] || slices.ContainsFunc(r.needs, func(n string) bool { return !made[n] }) {
				continue
			}
			if _, err := c.ExecContext(ctx, r.sql); err != nil {
				return fmt.Errorf("make relation %s: %w", r.Name, err)
			}
			made[r.Name] = true
		}
		if len(made) == before {
			return fmt.Errorf("relations need one another in a ring")
		}
	}
	if _, err := c.ExecContext(ctx, resultTables); err != nil {
		return fmt.Errorf("make the tables of results: %w", err)
	}
	return nil
}

// resultTables hold what was computed. measure is what stands behind each value
// for each child (or event); value is the headline (breakdown ”) and each
// member of each breakdown; checksum says whether a period has to be written
// again; computed is the last computation of each indicator.
const resultTables = `/* indicators.makeRelations */
CREATE SCHEMA IF NOT EXISTS results;
CREATE TABLE IF NOT EXISTS results.measure (
    indicator VARCHAR, period_id VARCHAR, child_id BIGINT, school_id BIGINT, team_id BIGINT,
    numerator DECIMAL(18,4), denominator DECIMAL(18,4));
CREATE TABLE IF NOT EXISTS results.value (
    indicator VARCHAR, period_id VARCHAR, breakdown VARCHAR, member VARCHAR,
    numerator DECIMAL(38,4), denominator DECIMAL(38,4),
    children BIGINT, numerator_children BIGINT,
    received BIGINT, expected BIGINT, complete_from DATE,
    definition_hash VARCHAR, run BIGINT, position VARCHAR, computed_at TIMESTAMPTZ);
CREATE TABLE IF NOT EXISTS results.period (
    period_id VARCHAR, kind VARCHAR, first_day DATE, last_day DATE, name VARCHAR);
CREATE TABLE IF NOT EXISTS results.checksum (
    indicator VARCHAR, period_id VARCHAR, measures UBIGINT, figures UBIGINT);
CREATE TABLE IF NOT EXISTS results.computed (
    indicator VARCHAR, definition_hash VARCHAR, run BIGINT, position VARCHAR, as_at TIMESTAMPTZ, computed_at TIMESTAMPTZ, unit VARCHAR);
`
