package indicators_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/indicators"
	"onevision/indicators/indicatorstest"
	"onevision/indicators/library"
)

// Crossings and filters, against sums of the same marks that the test makes itself.
func TestCrossings(t *testing.T) {
	t.Parallel()
	w := threeSchools(t)
	w.Exec(`UPDATE facts.child SET sex = CASE WHEN id % 3 = 0 THEN 'F' ELSE 'M' END, date_of_birth = CASE WHEN id % 2 = 0 THEN DATE '2017-05-01' ELSE date_of_birth END`)
	w.Exec(`INSERT INTO facts.sen_status (id, child_id, provision, from_date) SELECT i, i, CASE WHEN i % 4 = 0 THEN 'K' ELSE 'E' END, DATE '2026-09-01' FROM range(2, 91, 2) r(i)`)
	e := w.Engine(saturday, indicatorstest.Few)
	director := accesstest.Viewer(access.Director)
	cross := func(t *testing.T, q indicators.Crossing) indicators.Crossed {
		t.Helper()
		q.Indicator = "unauthorised-absence"
		c, err := e.Cross(t.Context(), director, q)
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		return c
	}
	table := func(c indicators.Crossed, period int) string {
		var out []string
		columns := []*indicators.Label{nil}
		for _, l := range c.Columns() {
			columns = append(columns, &l)
		}
		for _, r := range c.Rows() {
			line := r.Text
			for _, column := range columns {
				line += " | " + c.Figure(period, &r, column).Of()
			}
			out = append(out, line)
		}
		line := "all"
		for _, column := range columns {
			line += " | " + c.Figure(period, nil, column).Of()
		}
		return strings.Join(append(out, line), "\n")
	}
	// The marks themselves, without the engine.
	counted := func(where string) string {
		return lines(t, w, `SELECT count_if(mark = 'O')::VARCHAR || ' of ' || count(*)::VARCHAR FROM (
			SELECT a.child_id, a.school_id, unnest([a.am::VARCHAR, a.pm::VARCHAR]) AS mark FROM facts.attendance a JOIN facts.child c ON c.id = a.child_id LEFT JOIN facts.sen_status s ON s.child_id = c.id WHERE `+where+`)`)[0]
	}
	week := `a.date BETWEEN DATE '2026-11-16' AND DATE '2026-11-22'`

	t.Run("two breakdowns", func(t *testing.T) {
		got := table(cross(t, indicators.Crossing{Rows: "school", Columns: "sex"}), 0)
		var want []string
		for i, name := range []string{"Ash Primary", "Birch Primary", "Cedar Primary", "all"} {
			of := week
			if name != "all" {
				of += fmt.Sprintf(" AND a.school_id = %d", i+1)
			}
			want = append(want, name+" | "+counted(of)+" | "+counted(of+" AND c.sex = 'F'")+" | "+counted(of+" AND c.sex = 'M'"))
		}
		if got != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
		}
	})
	t.Run("filters", func(t *testing.T) {
		c := cross(t, indicators.Crossing{Rows: "school", Only: []indicators.Only{{"year-group", "5"}, {"sen", "K"}, {"sen", "E"}}, Periods: []string{"week:2026-11-16", "week:2026-11-09"}})
		want := counted(week + ` AND c.date_of_birth = DATE '2017-05-01' AND s.provision IS NOT NULL`)
		if f := c.Figure(0, nil, nil); f.Of() != want || f.State != indicators.Known || len(c.Only()) != 3 || !slices.Contains(c.WhoseFacts(), "sen_status") {
			t.Errorf("%s %v, want %s; only %v; facts %v", f.Of(), f.State, want, c.Only(), c.WhoseFacts())
		}
		support := cross(t, indicators.Crossing{Only: []indicators.Only{{"sen", "K"}}, Periods: []string{"week:2026-11-16"}})
		if got, want := support.Figure(0, nil, nil).Of(), counted(week+` AND s.provision = 'K'`); got != want {
			t.Errorf("SEN support: %s, want %s", got, want)
		}
	})
	t.Run("spans", func(t *testing.T) {
		var all []string
		for _, id := range []string{"month:2026-11", "months:2026-09..2026-11", "term:2026-autumn", "half-term:2026-2", "quarter:2026-3"} {
			all = append(all, id+" "+strings.ReplaceAll(cross(t, indicators.Crossing{Rows: "sex", Periods: []string{id}}).Figure(0, nil, nil).Of(), ",", ""))
		}
		of := counted("true")
		if want := []string{"month:2026-11 " + of, "months:2026-09..2026-11 " + of, "term:2026-autumn " + of, "half-term:2026-2 " + of, "quarter:2026-3 " + of}; !slices.Equal(all, want) {
			t.Errorf("got %v, want %v", all, want)
		}
	})
	t.Run("one breakdown is as it was computed", func(t *testing.T) {
		for _, by := range []string{"school", "year-group", "care-status"} {
			c := cross(t, indicators.Crossing{Rows: by})
			a := ask(t, e, access.Director, indicators.Question{Indicator: "unauthorised-absence", Breakdown: by})
			if len(c.Rows()) != len(a.Members()) {
				t.Errorf("by %s: %v and %v", by, c.Rows(), a.Members())
			}
			for _, m := range a.Members() {
				if got := c.Figure(0, &indicators.Label{Member: m.ID}, nil); got.Of() != m.Current.Of() || got.Text != m.Current.Text {
					t.Errorf("by %s, %s: %s, and asked for %s", by, m.Name, got.Of(), m.Current.Of())
				}
			}
		}
	})
	t.Run("a definition that is not in force is tried", func(t *testing.T) {
		text, err := library.Files.ReadFile("attendance/unauthorised-absence.yaml")
		if err != nil {
			t.Fatal(err)
		}
		another := strings.Replace(strings.Replace(string(text), "id: unauthorised-absence", "id: ours", 1), "BETWEEN 5 AND 15", "BETWEEN 5 AND 15 AND a.school_id = 2", 1)
		trial, err := e.Try(t.Context(), director, "ours.yaml", []byte(another))
		if err != nil || len(trial.Problems) > 0 || trial.ID != "ours" {
			t.Fatalf("%+v %v", trial, err)
		}
		want := counted(week + " AND a.school_id = 2")
		if !slices.ContainsFunc(trial.Lines, func(l indicators.TrialLine) bool { return l.Breakdown == "" && l.Of == want }) ||
			!slices.ContainsFunc(trial.Lines, func(l indicators.TrialLine) bool {
				return l.Breakdown == "school" && l.Member == "Birch Primary" && l.Of == want
			}) {
			t.Errorf("%+v, want %s", trial.Lines, want)
		}
		if _, there := e.Defined().Definition("ours"); there {
			t.Error("it is in force")
		}
		for _, wrong := range []string{strings.Replace(another, "FROM period_attendance", "FROM period_attendances", 1), strings.Replace(another, "unit: percent", "unit: per cent", 1), strings.Replace(another, "a.unauthorised AS", "a.unauthorized AS", 1)} {
			if trial, err := e.Try(t.Context(), director, "ours.yaml", []byte(wrong)); err != nil || len(trial.Problems) == 0 || trial.Problems[0].Line < 2 || len(trial.Lines) > 0 {
				t.Errorf("%+v %v", trial, err)
			}
		}
		if _, err := e.Try(t.Context(), accesstest.Viewer(access.LeadMember), "ours.yaml", []byte(another)); !errors.Is(err, indicators.ErrNotFound) {
			t.Errorf("a lead member tries: %v", err)
		}
	})
	t.Run("a count of nobody is a zero where others are counted", func(t *testing.T) {
		w.Exec(`INSERT INTO facts.social_care_case (id, child_id, from_date, no_further_action) VALUES (1, 3, DATE '2026-10-01', false), (2, 4, DATE '2026-10-01', false)`)
		if err := e.Run(t.Context(), []string{"open-cases"}, 0); err != nil {
			t.Fatal(err)
		}
		c, err := e.Cross(t.Context(), director, indicators.Crossing{Indicator: "open-cases", Rows: "sex", Columns: "sen", Periods: []string{"month:2026-10"}})
		if err != nil {
			t.Fatal(err)
		}
		if f := c.Figure(0, &indicators.Label{Member: "F"}, &indicators.Label{Member: "K"}); f.Text != "0" || !f.HasNumber() {
			t.Errorf("girls with SEN support: %+v of %v, %v", f, c.Rows(), c.Columns())
		}
		if f := c.Figure(0, nil, nil); f.Text != "2" {
			t.Errorf("all: %+v", f)
		}
		// That run made what is kept of attendance anew for itself alone: it is summed again.
		if f := cross(t, indicators.Crossing{Rows: "district", Periods: []string{"week:2026-11-16"}}).Figure(0, nil, nil); f.Of() != counted(week) {
			t.Errorf("attendance after the run of another measure: %+v", f)
		}
	})
	t.Run("who may", func(t *testing.T) {
		q := indicators.Crossing{Indicator: "unauthorised-absence", Rows: "school", Columns: "sex"}
		if _, err := e.Cross(t.Context(), accesstest.Viewer(access.LeadMember), q); !errors.Is(err, indicators.ErrPublishedOnly) {
			t.Errorf("a lead member: %v", err)
		}
		if _, err := e.Cross(t.Context(), access.Viewer{}, q); !errors.Is(err, indicators.ErrNotFound) {
			t.Errorf("nobody: %v", err)
		}
	})
	t.Run("what there is not", func(t *testing.T) {
		for _, q := range []indicators.Crossing{
			{Rows: "referral-source"}, {Rows: "nothing"}, {Periods: []string{"week:1999-01-04"}}, {Periods: []string{"rolling-12-months:2026-10"}},
			{Periods: []string{"months:2026-11..2026-10"}}, {Periods: []string{"months:2026-11..2026-13"}}, {Periods: []string{"months:2019-01..2019-02"}}, {Periods: []string{"week:2026-11-16", "week:2026-11-16"}},
			{Only: []indicators.Only{{"sex", "M"}, {"sex", "F"}, {"sen", "K"}, {"sen", "E"}}},
		} {
			q.Indicator = "unauthorised-absence"
			if _, err := e.Cross(t.Context(), director, q); !errors.Is(err, indicators.ErrNotFound) {
				t.Errorf("%+v: %v", q, err)
			}
		}
	})
}
