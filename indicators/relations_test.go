package indicators_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/indicators"
	"onevision/indicators/indicatorstest"
)

// Each relation has the columns that its comment, and with it the analysts'
// document, says it has, in that order.
func TestRelationsAreAsTheirCommentsSay(t *testing.T) {
	w := threeSchools(t)
	w.Engine(saturday, indicatorstest.Few)
	for _, r := range indicators.Relations() {
		if !r.View() {
			continue
		}
		var said []string
		for _, c := range r.Columns {
			said = append(said, c.Name)
		}
		var have []string
		err := w.Read(t.Context(), func(ctx context.Context, c *sql.Conn, _ indicators.Position) error {
			rows, err := c.QueryContext(ctx, `SELECT column_name FROM information_schema.columns WHERE table_schema = 'main' AND table_name = ? ORDER BY ordinal_position`, r.Name)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var name string
				if err := rows.Scan(&name); err != nil {
					return err
				}
				have = append(have, name)
			}
			return rows.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(sorted(said), sorted(have)) {
			t.Errorf("%s has %v and says %v", r.Name, have, said)
		}
		if r.Doc == "" || len(r.Facts) == 0 {
			t.Errorf("%s: %q, beneath it %v", r.Name, r.Doc, r.Facts)
		}
	}
}

func sorted(s []string) []string { s = slices.Clone(s); slices.Sort(s); return s }

// docs/warehouse.md lists the relations as they are. After a change, run the
// tests of this package with UPDATE_DOCS=1 and look at what changed.
func TestTheDocumentListsTheRelations(t *testing.T) {
	const name, begin, end = "../docs/warehouse.md", "<!-- relations: begin -->\n", "<!-- relations: end -->"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no list of relations", name)
	}
	want := before + begin + "\n" + relationsTable(t) + end + after
	if string(text) == want {
		return
	}
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s does not list the relations as they are: run UPDATE_DOCS=1 go test ./indicators", name)
}

// relationsTable is the list of relations and their columns as the document has
// it: in words from their comments, with the types that they really have.
func relationsTable(t *testing.T) string {
	w := open(t, "")
	w.Engine(saturday, indicatorstest.Few)
	types := map[string]string{}
	err := w.Read(t.Context(), func(ctx context.Context, c *sql.Conn, _ indicators.Position) error {
		rows, err := c.QueryContext(ctx, `SELECT table_name || '.' || column_name, data_type FROM information_schema.columns WHERE table_schema = 'main'`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name, kind string
			if err := rows.Scan(&name, &kind); err != nil {
				return err
			}
			types[name] = kind
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []string{"period_id VARCHAR", "kind VARCHAR", "first_day DATE", "last_day DATE"} { // given by the engine, no view
		name, kind, _ := strings.Cut(c, " ")
		types["period."+name] = kind
	}
	for _, c := range []string{"period_id VARCHAR", "child_id BIGINT", "school_id BIGINT", "academic_year INTEGER", "age_at_year_start INTEGER", "marks INTEGER", "possible INTEGER", "present INTEGER", "authorised INTEGER", "unauthorised INTEGER", "circumstances STRUCT"} {
		name, kind, _ := strings.Cut(c, " ")
		types["period_attendance."+name] = kind
	}
	var b strings.Builder
	for _, r := range indicators.Relations() {
		fmt.Fprintf(&b, "### %s\n\n%s\n\n| column | type | what it holds |\n|---|---|---|\n", r.Name, r.Doc)
		for _, c := range r.Columns {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.Name, types[r.Name+"."+c.Name], c.Doc)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestAnIndicatorIsExplained(t *testing.T) {
	e := threeSchools(t).Engine(saturday, indicatorstest.Few)
	x, err := e.Explain(t.Context(), accesstest.Viewer(access.Analyst), "unauthorised-absence")
	if err != nil {
		t.Fatal(err)
	}
	if !x.Computed || !slices.Equal(x.Relations, []string{"period_attendance"}) || !slices.Contains(x.Facts, "attendance_code") || !slices.Contains(x.Facts, "child") || x.Values == 0 {
		t.Errorf("%+v", x)
	}
	if s := x.String(); !strings.Contains(s, "a.unauthorised AS numerator") || !strings.Contains(s, "95% of the marks expected") {
		t.Error(s)
	}
	if _, err := e.Explain(t.Context(), access.Viewer{}, "unauthorised-absence"); err != indicators.ErrNotFound {
		t.Error(err)
	}
}
