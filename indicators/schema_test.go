package indicators_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
	"onevision/indicators"
	"onevision/records/postgres/postgrestest"
	"onevision/records/schema"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

func database(t *testing.T) (admin string, app *pgxpool.Pool) {
	t.Helper()
	admin = postgrestest.New(t)
	url, err := schema.RoleURL(admin, schema.App, postgrestest.Passwords.App)
	if err != nil {
		t.Fatal(err)
	}
	app, err = pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(app.Close)
	return admin, app
}

func column(t *testing.T, c *pgx.Conn, query string, args ...any) []string {
	t.Helper()
	rows, err := c.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// The tables of the examples are those that are followed, as far as relations read
// them, and codes mean there what they mean in the record store. After a new kind,
// run this test with UPDATE_DOCS=1, before the others.
func TestTheSandboxIsTheFacts(t *testing.T) {
	admin, _ := database(t)
	c, err := pgx.Connect(t.Context(), admin)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	const name = "sandbox_facts.sql"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if want := sandboxFacts(t, c); string(text) != want && os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return // the file that is built in is the old one
	} else if string(text) != want {
		t.Errorf("%s is not what is followed: run UPDATE_DOCS=1 go test ./indicators -run TheSandbox", name)
	}

	db, err := memory{}.Memory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(indicators.SandboxFacts()); err != nil {
		t.Fatal(err)
	}
	list := func(query string) []string {
		rows, err := db.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var out []string
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				t.Fatal(err)
			}
			out = append(out, s)
		}
		slices.Sort(out)
		return out
	}
	for name, query := range map[string]string{
		"attendance codes": `SELECT code || ' ' || counts_as FROM %sattendance_code`,
		"grades":           `SELECT code || ' ' || points::text FROM %sks4_grade`,
	} {
		a, b := column(t, c, fmt.Sprintf(query, "")), list(fmt.Sprintf(query, "facts."))
		if !slices.Equal(a, b) {
			t.Errorf("%s: %v in the record store, %v in the sandbox", name, a, b)
		}
	}
}

// What an authority changed of a target is its own: the next start leaves it, and
// takes the library's for what it did not change.
func TestATargetThatWasChangedStays(t *testing.T) {
	admin, app := database(t)
	w := threeSchools(t)
	c, err := pgx.Connect(t.Context(), admin)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	start := func(text string) []string {
		l, err := indicators.LoadLibrary(fstest.MapFS{"targets.yaml": {Data: []byte(text)}})
		if err != nil {
			t.Fatal(err)
		}
		e, err := indicators.NewEngine(indicators.EngineOptions{Library: l, Warehouse: w, Pool: app, Now: func() time.Time { return saturday }})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		err = e.Start(ctx)
		stop()
		e.Wait()
		if err != nil {
			t.Fatal(err)
		}
		return column(t, c, `SELECT concat_ws(' ', indicator, from_date, to_date, target, tolerance) FROM indicator_target`)
	}
	start("targets:\n" +
		"  - {indicator: a, from: 2020-09-01, target: '2.0', tolerance: '0.3'}\n" +
		"  - {indicator: b, from: 2020-09-01, target: '5', tolerance: '1'}\n" +
		"  - {indicator: c, from: 2020-09-01, target: '7'}\n")
	if _, err := c.Exec(t.Context(), `UPDATE indicator_target SET target = 1.5 WHERE indicator = 'a'; UPDATE indicator_target SET to_date = '2026-04-01' WHERE indicator = 'b'`); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		got := start("targets:\n" +
			"  - {indicator: a, from: 2020-09-01, target: '2.2', tolerance: '0.4'}\n" +
			"  - {indicator: b, from: 2020-09-01, target: '6', tolerance: '1'}\n" +
			"  - {indicator: c, from: 2020-09-01, target: '8'}\n")
		if want := []string{"a 2020-09-01 1.5 0.3", "b 2020-09-01 2026-04-01 5 1", "c 2020-09-01 8 0"}; !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Targets and comparators are in their tables, from which alone they are read:
// one that an importer writes counts, and one that ended does not.
func TestTargetsAreReadFromTheirTable(t *testing.T) {
	admin, app := database(t)
	w := threeSchools(t)
	e, ran := watched(t, indicators.EngineOptions{Warehouse: w, Pool: app})
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-ran
	a := ask(t, e, access.Director, indicators.Question{Indicator: "unauthorised-absence"})
	target, ok := a.Target()
	if !ok || target.Text != "2.0%" || target.Tolerance.String() != "0.3" || a.Status() != indicators.StatusOffTarget || len(a.Comparators()) != 1 {
		t.Errorf("target %+v %v, %s, %v", target, ok, a.Status(), a.Comparators())
	}
	c, err := pgx.Connect(t.Context(), admin)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	for _, s := range []string{
		`UPDATE indicator_target SET to_date = '2026-11-01' WHERE indicator = 'unauthorised-absence'`,
		`INSERT INTO indicator_target (indicator, from_date, target, tolerance) VALUES ('unauthorised-absence', '2026-11-01', 2.2, 0.5)`,
		`INSERT INTO indicator_target (indicator, breakdown, member, from_date, target) VALUES ('unauthorised-absence', 'school', '', '2026-11-01', 5), ('unauthorised-absence', 'school', '2', '2026-11-01', 3)`,
		`WITH r AS (INSERT INTO indicator_comparator_release (origin, publisher, publication, release, licence, file, loaded_by) VALUES ('imported', 'DfE', 'Absence', '2025/26', 'OGL', 'a.csv', 'test') RETURNING id)
			INSERT INTO indicator_comparator_value (release_id, measure, period_kind, period, last_day, area_type, area_code, area_name, value, comparison)
			SELECT id, 'unauthorised-absence', 'academic-year', '2025/26', '2026-08-31', 'national', 'E92000001', 'England', 2.36, 'yes' FROM r`,
	} {
		if _, err := c.Exec(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Run(t.Context(), []string{"unauthorised-absence"}, 1); err != nil {
		t.Fatal(err)
	}
	a = ask(t, e, access.Director, indicators.Question{Indicator: "unauthorised-absence", Breakdown: "school"})
	if target, _ := a.Target(); target.Text != "2.2%" || a.Status() != indicators.StatusAtRisk {
		t.Errorf("target %+v, %s", target, a.Status())
	}
	if cs := a.Comparators(); len(cs) != 1 || cs[0].Period != "2025/26" || !cs[0].LikeForLike {
		t.Errorf("%+v", cs)
	}
	status := map[string]indicators.Status{}
	for _, m := range a.Members() {
		status[m.Name] = m.Status
	}
	if status["Ash Primary"] != indicators.StatusOnTarget || status["Birch Primary"] != indicators.StatusOffTarget {
		t.Errorf("%v", status)
	}
}

// sandboxFacts are the tables of the publication that relations read, in the words
// of DuckDB. A code is text there, but for a mark, whose meaning is read by its place
// in the type.
func sandboxFacts(t *testing.T, c *pgx.Conn) string {
	var b strings.Builder
	b.WriteString("-- The facts as the warehouse holds them, for the examples of definitions. Made by\n-- UPDATE_DOCS=1 go test ./indicators -run TheSandbox: do not edit.\nCREATE SCHEMA facts;\n")
	fmt.Fprintf(&b, "CREATE TYPE mark AS ENUM(%s);\n", strings.Join(column(t, c, `SELECT quote_literal(code) FROM attendance_code`), ", "))
	needs := indicators.SandboxNeeds()
	types := strings.NewReplacer("bigint", "BIGINT", "smallint", "SMALLINT", "integer", "INTEGER", "text", "VARCHAR", "date", "DATE", "boolean", "BOOLEAN DEFAULT false", "numeric", "DECIMAL", "timestamp with time zone", "TIMESTAMPTZ")
	for _, line := range column(t, c, `
		SELECT p.tablename || ' ' || string_agg(a.attname || ' ' || CASE WHEN p.tablename = 'attendance' AND a.attname IN ('am', 'pm') THEN 'mark' ELSE format_type(a.atttypid, a.atttypmod) END, ', ' ORDER BY a.attnum)
		FROM pg_publication_tables p JOIN pg_attribute a ON a.attrelid = format('%I.%I', p.schemaname, p.tablename)::regclass AND a.attname = ANY (p.attnames)
		WHERE p.pubname = $1 GROUP BY p.tablename`, schema.Publication) {
		table, columns, _ := strings.Cut(line, " ")
		if !slices.Contains(needs, table) {
			continue
		}
		var list []string
		for _, one := range strings.Split(columns, ", ") {
			name, kind, _ := strings.Cut(one, " ")
			list = append(list, name+" "+types.Replace(kind))
		}
		fmt.Fprintf(&b, "CREATE TABLE facts.%s (%s);\n", table, strings.Join(list, ", "))
	}
	return b.String()
}
