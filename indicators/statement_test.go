package indicators_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/indicators"
)

// definitionOf is a definition of a count that is right but for its query.
func definitionOf(id, sql string) fstest.MapFS {
	return fstest.MapFS{"test/" + id + ".yaml": {Data: []byte(`id: ` + id + `
title: Of a test
meaning: Of a test.
theme: test
unit: count
polarity: none
periods: [month]
as_at: period-end
schedule: "0 6 * * *"
source: Nobody
counts: things
examples: x.examples.yaml
sql: |
  ` + strings.ReplaceAll(sql, "\n", "\n  ") + "\n")}}
}

// A definition is computed again when what its query reads has changed: each
// relation is found, also one whose name a WITH query takes.
func TestEachRelationThatAQueryReadsIsFound(t *testing.T) {
	t.Parallel()
	w := threeSchools(t)
	for name, c := range map[string]struct{ sql, want string }{
		"a WITH query of its own name": {`WITH attendance AS (SELECT * FROM attendance)
			SELECT p.period_id, a.child_id, 1 AS numerator FROM period_day p JOIN attendance a ON a.date = p.day`, "attendance period_day"},
		"before the WITH query of that name": {`WITH b AS (SELECT * FROM child), child AS (SELECT * FROM enrolment)
			SELECT p.period_id, b.child_id, 1 AS numerator FROM period p, b, child`, "child enrolment period"},
		"within a query in brackets": {`SELECT p.period_id, c.child_id, 1 AS numerator FROM period p, child c
			WHERE EXISTS (WITH school AS (SELECT * FROM school) SELECT 1 FROM school)`, "child period school"},
		"in the first half of a recursive one": {`WITH RECURSIVE team AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM team WHERE n < 3)
			SELECT p.period_id, c.child_id, 1 AS numerator FROM period p, child c, team`, "child period"},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := indicators.LoadLibrary(definitionOf("x", c.sql))
			if err != nil {
				t.Fatal(err)
			}
			e, err := indicators.NewEngine(indicators.EngineOptions{Library: l, Warehouse: w, Now: fixedClock})
			if err != nil {
				t.Fatal(err)
			}
			if err := e.Run(t.Context(), nil, 0); err != nil {
				t.Fatal(err)
			}
			x, err := e.Explain(context.Background(), accesstest.Viewer(access.Analyst), "x")
			if got := strings.Join(x.Relations, " "); err != nil || got != c.want {
				t.Errorf("it reads %q, not %q (%v)", got, c.want, err)
			}
		})
	}
}

// What could read anything but the analysts' relations, or give another number of
// the same facts, is refused by its name.
func TestWhatAQueryMayNotUseIsRefused(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		`"sqlite_master"`:   `WITH sqlite_master AS (SELECT * FROM sqlite_master) SELECT p.period_id, 1 AS numerator FROM period p, sqlite_master`,
		`"duckdb_tables"`:   `WITH duckdb_tables AS (SELECT * FROM duckdb_tables) SELECT p.period_id, 1 AS numerator FROM period p, duckdb_tables`,
		`"today"`:           `WITH today AS (SELECT * FROM today) SELECT p.period_id, 1 AS numerator FROM period p, today`,
		`"on_day"`:          `SELECT p.period_id, 1 AS numerator FROM period p, on_day`,
		`"fresh_value"`:     `SELECT p.period_id, 1 AS numerator FROM period p, fresh_value`,
		`"b"`:               `WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT p.period_id, 1 AS numerator FROM period p, a`,
		"current_date":      `SELECT p.period_id, 1 AS numerator FROM period p WHERE p.last_day < current_date`,
		"current_timestamp": `SELECT p.period_id, 1 AS numerator FROM period p WHERE p.last_day < CURRENT_TIMESTAMP`,
		"localtimestamp":    `SELECT p.period_id, 1 AS numerator FROM period p WHERE p.last_day < localtimestamp`,
		"current_user":      `SELECT p.period_id, length(current_user) AS numerator FROM period p`,
		"session_user":      `SELECT p.period_id, length(session_user) AS numerator FROM period p`,
		"function now":      `SELECT p.period_id, 1 AS numerator FROM period p WHERE p.last_day < now()`,
		"function random":   `SELECT p.period_id, 1 AS numerator FROM period p WHERE random() < 0.5`,
		"a sample is":       `SELECT p.period_id, c.child_id, 1 AS numerator FROM period p, child c USING SAMPLE 10`,
		"a sample is not":   `SELECT p.period_id, c.child_id, 1 AS numerator FROM period p, child c TABLESAMPLE 10%`,
		"AT is not":         `SELECT p.period_id, c.child_id, 1 AS numerator FROM period p, child c AT (VERSION => 1)`,
		"default":           `SELECT p.period_id, DEFAULT AS numerator FROM period p`,
		"show ref":          `SELECT p.period_id, 1 AS numerator FROM period p, (SUMMARIZE child)`,
		"parameters":        `SELECT p.period_id, $1 AS numerator FROM period p`,
		"only SELECT":       `SELECT period_id, 1 AS numerator FROM (PIVOT child ON sex USING count(*)), period`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := indicators.Check(t.Context(), definitionOf("x", sql), memory{})
			if !slices.ContainsFunc(got, func(p indicators.Problem) bool { return strings.Contains(p.Message, name) && p.Line >= 13 }) {
				t.Errorf("%v", got)
			}
		})
	}
}
