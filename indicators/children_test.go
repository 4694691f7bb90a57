package indicators_test

import (
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/indicators"
	"onevision/indicators/library"
)

// The children behind a figure add up to it, for the whole and for a member, those
// with most unauthorised sessions first; a viewer without exact figures has none.
func TestTheChildrenBehindAFigureAddUpToIt(t *testing.T) {
	t.Parallel()
	w := threeSchools(t)
	const name = "attendance/unauthorised-absence.yaml"
	text, err := library.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	own := strings.Replace(strings.Replace(string(text), "id: unauthorised-absence", "id: ours", 1), "BETWEEN 5 AND 15", "BETWEEN 5 AND 15 AND NOT EXISTS (SELECT 1 FROM circumstances c WHERE c.child_id = a.child_id AND c.Looked_After)", 1)
	e := w.Engine(saturday, fstest.MapFS{name: {Data: text}, "attendance/ours.yaml": {Data: []byte(own)}})
	director := accesstest.Viewer(access.Director)
	for _, x := range []struct {
		q                 indicators.Question
		children, counted int
		of                string
	}{
		{indicators.Question{Indicator: "unauthorised-absence", At: "week:2026-11-16"}, 90, 21, "21 of 900"},
		{indicators.Question{Indicator: "unauthorised-absence", At: "week:2026-11-16", Breakdown: "school"}, 90, 21, "21 of 900"},
		{indicators.Question{Indicator: "unauthorised-absence", At: "week:2026-11-16", Breakdown: "school", Member: "2"}, 30, 12, "12 of 300"},
		{indicators.Question{Indicator: "unauthorised-absence", Period: "month", At: "month:2026-11", Breakdown: "school", Member: "2"}, 30, 15, "27 of 600"},
	} {
		b, err := e.ChildrenBehind(t.Context(), director, x.q)
		if err != nil {
			t.Fatalf("%+v: %v", x.q, err)
		}
		counted := slices.IndexFunc(b.Children, func(c indicators.CountedChild) bool { return c.Numerator.IsZero() })
		if len(b.Children) != x.children || counted != x.counted || b.Answer.Current().Of() != x.of || b.Differs {
			t.Errorf("%+v: %d children, %d of them counted, of %s, differs %t", x.q, len(b.Children), counted, b.Answer.Current().Of(), b.Differs)
		}
		if slices.Contains(b.Answer.WhoseFacts(), "looked_after_period") || !slices.Contains(b.Answer.WhoseFacts(), "attendance") {
			t.Errorf("%+v: facts %v", x.q, b.Answer.WhoseFacts())
		}
	}
	care := indicators.Question{Indicator: "unauthorised-absence", At: "week:2026-11-16", Breakdown: "care-status", Member: "none"}
	if b, err := e.ChildrenBehind(t.Context(), director, care); err != nil || !slices.Contains(b.Answer.WhoseFacts(), "looked_after_period") {
		t.Errorf("a list by care status tells of care: %v %v", b.Answer.WhoseFacts(), err)
	}
	// A column that is no breakdown's tells of care as well, however it is written.
	if b, err := e.ChildrenBehind(t.Context(), director, indicators.Question{Indicator: "ours", At: "week:2026-11-16"}); err != nil || !slices.Contains(b.Answer.WhoseFacts(), "looked_after_period") || slices.Contains(b.Answer.WhoseFacts(), "social_care_case") {
		t.Errorf("a definition by looked_after: facts %v, %v", b.Answer.WhoseFacts(), err)
	}
	if _, err := e.ChildrenBehind(t.Context(), accesstest.Viewer(access.LeadMember), indicators.Question{Indicator: "unauthorised-absence"}); !errors.Is(err, indicators.ErrNotFound) {
		t.Errorf("a lead member is told: %v", err)
	}
	// The facts moved on since the figure was computed.
	w.Exec(`UPDATE kept.period_attendance SET unauthorised = unauthorised + 1 WHERE child_id = 1`)
	if b, err := e.ChildrenBehind(t.Context(), director, indicators.Question{Indicator: "unauthorised-absence", At: "week:2026-11-16"}); err != nil || !b.Differs {
		t.Errorf("the difference is not told: %v %v", b.Differs, err)
	}
}

// A query that takes circumstances by a star, by their place, or a row of them as a
// whole, reads what it does not name.
func TestColumnsAreReadUnnamed(t *testing.T) {
	t.Parallel()
	queries := map[string]bool{
		"SELECT period_id, count(*) FROM circumstances c JOIN period USING (period_id) WHERE c.sen = 'E'":                       false,
		"SELECT 2 * numerator FROM attendance JOIN circumstances ON (true)":                                                     false,
		"SELECT a.period_id, a.circumstances, a.possible FROM period_attendance a GROUP BY a.period_id, a.circumstances":        false,
		"SELECT a.circumstances.sen FROM (SELECT circumstances FROM period_attendance) a":                                       false,
		"SELECT child_id FROM social_care_case c WHERE EXISTS (SELECT * FROM child)":                                            false,
		"SELECT x.c FROM circumstances AS x(a, b, c)":                                                                           true,
		"WITH x(a, b, c) AS (SELECT child_id, from_date, to_date FROM circumstances) SELECT c FROM x":                           true,
		"WITH x AS (SELECT y.* FROM circumstances y) SELECT x.child_id FROM x":                                                  true,
		"WITH x AS (FROM circumstances) SELECT child_id FROM x":                                                                 true,
		"SELECT COLUMNS('.*care.*') FROM circumstances":                                                                         true,
		"SELECT #3 FROM circumstances":                                                                                          true,
		"SELECT struct_extract(c, 3) FROM circumstances c":                                                                      true,
		"SELECT c[3] FROM circumstances AS C":                                                                                   true,
		"SELECT hash(circumstances) FROM circumstances":                                                                         true,
		"SELECT child_id FROM circumstances NATURAL JOIN child":                                                                 true,
		"SELECT struct_extract(a.circumstances, 3) FROM period_attendance a":                                                    true,
		"SELECT struct_extract(a, 13) FROM period_attendance a":                                                                 true,
		"SELECT struct_extract(z, 3) FROM (SELECT circumstances AS z FROM period_attendance)":                                   true,
		"SELECT struct_extract(z, 3) FROM (SELECT NULL AS z WHERE false UNION ALL SELECT circumstances FROM period_attendance)": true,
	}
	l, err := indicators.LoadLibrary(library.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range l.Definitions() {
		queries[d.SQL] = false
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range queries {
		if got, err := indicators.ReadsUnnamed(t.Context(), c, text); got != want || err != nil {
			t.Errorf("%s: %t %v", text, got, err)
		}
	}
}
