package indicators_test

import (
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

// A query that gives the circumstances other names, or none, reads what it does not name.
func TestColumnsAreTakenUnnamed(t *testing.T) {
	for sql, want := range map[string]bool{
		"SELECT period_id, count(*) FROM circumstances c JOIN period USING (period_id) WHERE c.sen = 'E'": false,
		"SELECT child_id FROM circumstances USING (child_id)":                                             false,
		"SELECT 2 * numerator FROM attendance JOIN circumstances ON (true)":                               false,
		"SELECT x.c FROM circumstances AS x(a, b, c)":                                                     true,
		"SELECT x.c FROM circumstances x (a, b, c)":                                                       true,
		"WITH x(a, b, c) AS (SELECT * FROM circumstances) SELECT c FROM x":                                true,
		"WITH x(a, b, c) AS (SELECT y.* FROM circumstances y) SELECT c FROM x":                            true,
		"SELECT COLUMNS('.*care.*') FROM circumstances":                                                   true,
	} {
		if got := indicators.TakesUnnamed(sql); got != want {
			t.Errorf("%s: %t", sql, got)
		}
	}
}
