package chart_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	_ "github.com/duckdb/duckdb-go/v2"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/indicators"
	"onevision/indicators/chart"
	"onevision/indicators/indicatorstest"
)

var saturday = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

const nasty = `</script><script>alert(1)</script>`

// weeks has two schools with 40 pupils each and every mark from 7 September to 20
// November 2026; from October each Wednesday some are missed, more each week.
func weeks(t *testing.T) *indicatorstest.Warehouse {
	t.Helper()
	db, err := sql.Open("duckdb", "?threads=1") // more would wait for one another
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w := indicatorstest.New(t, db)
	w.SchoolYear(2026)
	w.Exec(`INSERT INTO facts.school (id, name) VALUES (1, ?), (2, 'Birch Primary')`, nasty)
	w.Exec(`INSERT INTO facts.child (id, date_of_birth) SELECT i, DATE '2016-05-01' FROM range(1, 81) r(i)`)
	w.Exec(`INSERT INTO facts.enrolment (id, child_id, school_id, from_date) SELECT i, i, i % 2 + 1, DATE '2026-09-07' FROM range(1, 81) r(i)`)
	w.Exec(`INSERT INTO facts.attendance (id, child_id, school_id, date, am, pm)
		SELECT row_number() OVER (), e.child_id, e.school_id, d.day, CASE WHEN isodow(d.day) = 3 AND d.day >= DATE '2026-10-01' AND e.child_id <= 2 * week(d.day) - 70 THEN 'O' ELSE '/' END, '\'
		FROM facts.enrolment e, (SELECT unnest(generate_series(h.first_day, h.last_day, INTERVAL 1 DAY))::DATE AS day FROM facts.half_term h) d
		WHERE isodow(d.day) <= 5 AND d.day BETWEEN DATE '2026-09-07' AND DATE '2026-11-20'`)
	return w
}

func ask(t *testing.T, e *indicators.Engine, role access.Role, q indicators.Question) indicators.Answer {
	t.Helper()
	a, err := e.Ask(t.Context(), accesstest.Viewer(role), q)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestATrendSaysWhatTheTableSays(t *testing.T) {
	e := weeks(t).Engine(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), indicatorstest.Few)
	a := ask(t, e, access.Director, indicators.Question{Indicator: "unauthorised-absence"})
	text, err := json.Marshal(chart.Trend(a))
	if err != nil {
		t.Fatal(err)
	}
	var o struct {
		Series []struct {
			Name string
			Data []struct{ Value any }
		}
		XAxis   []struct{ Data []string }
		YAxis   []map[string]any
		Tooltip map[string]any
		Aria    struct {
			Enabled bool
			Label   struct{ Description string }
		}
		Animation bool
	}
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	if len(o.Series) != 3 || o.Series[1].Name != "Not complete yet" || o.Series[2].Name != "Target 2.0%" {
		t.Fatalf("%d series: %s", len(o.Series), text)
	}
	series := a.Series()
	if len(o.XAxis) != 1 || len(o.XAxis[0].Data) != len(series) {
		t.Errorf("the axis has %v", o.XAxis)
	}
	for i, f := range series {
		drawn := map[indicators.FigureState]any{indicators.Known: o.Series[0].Data[i].Value, indicators.Incomplete: o.Series[1].Data[i].Value}
		for _, state := range []indicators.FigureState{indicators.Known, indicators.Incomplete} {
			want := "-"
			if f.State == state {
				want = f.Text
			}
			got := "-"
			if v, ok := drawn[state].(float64); ok {
				got = fmt.Sprintf("%.1f%%", v)
			}
			if got != want {
				t.Errorf("%s as %s: drawn %s, in the table %s", f.Period.ID, state, got, want)
			}
		}
	}
	if o.Tooltip["renderMode"] != "richText" || o.Tooltip["x-format"] != "percent1" || o.YAxis[0]["min"] != 0.0 || o.Animation {
		t.Errorf("%s", text)
	}
	if !o.Aria.Enabled || o.Aria.Label.Description != chart.Sentence(a) {
		t.Errorf("aria: %+v", o.Aria)
	}
	if strings.Contains(string(text), "function") || strings.Contains(string(text), "http") {
		t.Errorf("%s", text)
	}
}

func TestANameFromDataIsInert(t *testing.T) {
	e := weeks(t).Engine(saturday, indicatorstest.Few)
	a := ask(t, e, access.Director, indicators.Question{Indicator: "unauthorised-absence", Breakdown: "school"})
	text, err := json.Marshal(chart.Bars(a))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `\u003c/script\u003e`) || strings.Contains(string(text), "<") {
		t.Errorf("%s", text)
	}
	if !strings.Contains(string(text), `"x-format":"percent1"`) || !strings.Contains(string(text), "Target 2.0%") {
		t.Errorf("%s", text)
	}
}

func TestSentences(t *testing.T) {
	w := weeks(t)
	w.Exec(`INSERT INTO facts.team (id, name) VALUES (1, 'North')`)
	w.Exec(`INSERT INTO facts.social_care_case (id, child_id, from_date) SELECT i, i, DATE '2026-09-15' + i::INTEGER FROM range(1, 31) r(i)`)
	// Twenty of year 11 in 2025/26, all of them in care, and all with results.
	w.Exec(`INSERT INTO facts.child (id, date_of_birth) SELECT 100 + i, DATE '2010-05-01' FROM range(1, 21) r(i)`)
	w.Exec(`INSERT INTO facts.enrolment (id, child_id, school_id, status, from_date, to_date) SELECT 100 + i, 100 + i, 1, 'C', DATE '2021-09-01', DATE '2026-07-22' FROM range(1, 21) r(i)`)
	w.Exec(`INSERT INTO facts.looked_after_period (id, child_id, from_date) SELECT i, 100 + i, DATE '2020-01-01' FROM range(1, 21) r(i)`)
	w.Exec(`INSERT INTO facts.ks4_result (id, child_id, school_id, year, attainment8, english_grade, maths_grade) SELECT i, 100 + i, 1, 2026, 15 + i, CASE WHEN i <= 4 THEN '4' ELSE '3' END, '5' FROM range(1, 21) r(i)`)
	e := w.Engine(saturday, indicatorstest.Few)
	for _, c := range []struct {
		role access.Role
		q    indicators.Question
		want string
	}{
		{access.Director, indicators.Question{Indicator: "unauthorised-absence"}, "3.0% in the week of 16 November 2026 (24 of 800 possible sessions), up 0.2 percentage points on the week of 9 November 2026, which is worse. Target 2.0%: off target."},
		{access.Director, indicators.Question{Indicator: "unauthorised-absence", Breakdown: "school", Member: "2"}, "Birch Primary: 3.0% in the week of 16 November 2026 (12 of 400 possible sessions), up 0.2 percentage points on the week of 9 November 2026, which is worse."},
		{access.Director, indicators.Question{Indicator: "unauthorised-absence", Period: "month"}, "1.5% in October 2026 (42 of 2,720 possible sessions), up 1.5 percentage points on September 2026, which is worse. Target 2.0%: on target."},
		{access.Director, indicators.Question{Indicator: "unauthorised-absence", At: "week:2026-10-26"}, "No data in the week of 26 October 2026."},
		{access.Director, indicators.Question{Indicator: "open-cases"}, "30 open cases at the end of October 2026, up 15 on September 2026."},
		{access.Director, indicators.Question{Indicator: "gcse-attainment8-in-care"}, "25.5 in the 2025/26 academic year (20 children at the end of key stage 4). Target 21.0: on target."},
		{access.Director, indicators.Question{Indicator: "gcse-grade4-english-maths-in-care"}, "20.0% in the 2025/26 academic year (4 of 20 children at the end of key stage 4). Target 22.0%: at risk."},
		{access.Director, indicators.Question{Indicator: "open-cases", At: "month:2026-11"}, "30 open cases at the end of November 2026. Not judged: the period has not ended."},
	} {
		if got := chart.Sentence(ask(t, e, c.role, c.q)); got != c.want {
			t.Errorf("%+v\ngot  %s\nwant %s", c.q, got, c.want)
		}
	}
	cohort, ok := ask(t, e, access.Director, indicators.Question{Indicator: "gcse-grade4-english-maths-in-care"}).Cohort()
	if !ok || cohort.Text != "20 children: one child is worth 5.0 percentage points" {
		t.Errorf("%+v", cohort)
	}
	cohort, ok = ask(t, e, access.Director, indicators.Question{Indicator: "gcse-attainment8-in-care"}).Cohort()
	if !ok || cohort.Text != "20 children: 10 points more for one child raise it by 0.5" {
		t.Errorf("%+v", cohort)
	}
}
