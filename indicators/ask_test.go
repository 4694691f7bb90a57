package indicators_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/indicators"
	"onevision/indicators/indicatorstest"
)

// saturday is the day after the last school day of the week of 16 November 2026.
var saturday = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// threeSchools has three schools whose pupils have every mark of the two weeks
// from 9 November 2026, but for two children on the first day. In the second week, of each school's possible sessions
// (10 for each of 20, 30 and 40 pupils), pupils of the first miss 6 without
// permission (by six pupils), of the second 12, of the third 3.
func threeSchools(t testing.TB) *indicatorstest.Warehouse {
	w := open(t, "")
	fill(w.Exec)
	return w
}

func fill(exec func(string, ...any)) {
	exec(`INSERT INTO facts.half_term (id, academic_year, number, first_day, last_day) VALUES (1, 2026, 1, DATE '2026-09-01', DATE '2026-10-23'), (2, 2026, 2, DATE '2026-11-02', DATE '2026-12-18')`)
	exec(`INSERT INTO facts.school (id, name) VALUES (1, 'Ash Primary'), (2, 'Birch Primary'), (3, 'Cedar Primary')`)
	exec(`INSERT INTO facts.child (id, date_of_birth) SELECT i, DATE '2016-05-01' FROM range(1, 91) r(i)`)
	exec(`INSERT INTO facts.enrolment (id, child_id, school_id, from_date) SELECT i, i, CASE WHEN i <= 20 THEN 1 WHEN i <= 50 THEN 2 ELSE 3 END, DATE '2026-11-09' FROM range(1, 91) r(i)`)
	exec(`INSERT INTO facts.attendance (id, child_id, school_id, date, am, pm)
		SELECT row_number() OVER (), e.child_id, e.school_id, d.day, '/', '\' FROM facts.enrolment e,
		(SELECT unnest(generate_series(DATE '2026-11-09', DATE '2026-11-20', INTERVAL 1 DAY))::DATE AS day) d WHERE isodow(d.day) <= 5`)
	exec(`UPDATE facts.attendance SET am = 'O' WHERE date = DATE '2026-11-18' AND (child_id <= 6 OR child_id BETWEEN 21 AND 32 OR child_id BETWEEN 51 AND 53)`)
	exec(`UPDATE facts.attendance SET am = 'O' WHERE date = DATE '2026-11-11' AND child_id BETWEEN 21 AND 35`)
	exec(`DELETE FROM facts.attendance WHERE date = DATE '2026-11-09' AND child_id IN (20, 90)`)
}

func ask(t testing.TB, e *indicators.Engine, role access.Role, q indicators.Question) indicators.Answer {
	t.Helper()
	a, err := e.Ask(t.Context(), accesstest.Viewer(role), q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return a
}

func TestAWeekIsJudgedOnceItsLastSchoolDayHasPassed(t *testing.T) {
	w := threeSchools(t)
	q := indicators.Question{Indicator: "unauthorised-absence"}

	e := w.Engine(saturday, indicatorstest.Few)
	a := ask(t, e, access.Director, q)
	f := a.Current()
	if f.Period.ID != "week:2026-11-16" || f.State != indicators.Known || f.Text != "2.3%" || f.Of() != "21 of 900" {
		t.Errorf("current is %+v", f)
	}
	if !f.Value.Equal(decimal.RequireFromString("2.333333")) {
		t.Errorf("value %s", f.Value)
	}
	if p := a.Previous(); p.Period.ID != "week:2026-11-09" || p.Of() != "15 of 896" {
		t.Errorf("previous is %+v", p)
	}
	if c := a.Change(); !c.Known || c.Text != "up 0.6 percentage points" || c.Verdict() != "too few to judge the change" {
		t.Errorf("change is %+v", c)
	}
	if a.Status() != indicators.StatusOffTarget {
		t.Errorf("status is %s", a.Status())
	}
	if cs := a.Comparators(); len(cs) != 1 || cs[0].Area != "England" || cs[0].Text != "2.3%" || cs[0].Period != "2024/25" || cs[0].LikeForLike {
		t.Errorf("comparators %+v", cs)
	}
	if c := a.Completeness(); c.Received != 900 || c.Expected != 900 || !c.Enough {
		t.Errorf("completeness %+v", c)
	}
	tag := e.RowsTag(t.Context(), accesstest.Viewer(access.Director), indicators.RowsAsked{})
	// Files that tell up to a day say nothing of the week after it; other facts' files say nothing of it at all.
	e.SetCoverage(indicators.Coverage{"attendance": {What: "school data", To: time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC)}, "visit": {What: "social-care data", To: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)}})
	if a := ask(t, e, access.Director, q); a.Current().Period.ID != "week:2026-11-09" || a.Newest().State != indicators.Incomplete || a.Newest().Note != "school data to 15 November" {
		t.Errorf("a week that is not covered is %+v, before it %+v", a.Newest(), a.Current())
	}
	if e.RowsTag(t.Context(), accesstest.Viewer(access.Director), indicators.RowsAsked{}) == tag {
		t.Error("the tag of the figures is that of before")
	}
	e.SetCoverage(indicators.Coverage{"visit": {What: "social-care data", To: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)}})
	if a := ask(t, e, access.Director, q); a.Current().State != indicators.Known || a.Current().Period.ID != "week:2026-11-16" {
		t.Errorf("facts that the figure does not count: %+v", a.Current())
	}
	if sent, of := a.Reporting(); sent != 3 || of != 3 {
		t.Errorf("%d of %d schools", sent, of)
	}

	friday := time.Date(2026, 11, 20, 22, 0, 0, 0, time.UTC)
	a = ask(t, w.Engine(friday, indicatorstest.Few), access.Director, q)
	if f := a.Current(); f.Period.ID != "week:2026-11-09" || f.State != indicators.Known {
		t.Errorf("on the Friday current is %+v", f)
	}
	if f := a.Newest(); f.Period.ID != "week:2026-11-16" || f.State != indicators.Incomplete || f.Note != "the period has not ended" {
		t.Errorf("on the Friday newest is %+v", f)
	}
}

func TestAPeriodWithTooFewMarksIsNotJudged(t *testing.T) {
	w := threeSchools(t)
	w.Exec(`DELETE FROM facts.attendance WHERE school_id = 1 AND date >= DATE '2026-11-16'`)
	e := w.Engine(saturday, indicatorstest.Few)
	a := ask(t, e, access.Director, indicators.Question{Indicator: "unauthorised-absence", Breakdown: "school"})
	if f := a.Current(); f.Period.ID != "week:2026-11-09" {
		t.Errorf("current is %+v", f)
	}
	if f := a.Newest(); f.State != indicators.Incomplete || f.Note != "77% of the marks expected have been received" {
		t.Errorf("newest is %+v", f)
	}
	if sent, of := a.Reporting(); sent != 2 || of != 3 {
		t.Errorf("%d of %d schools", sent, of)
	}
	if a.Status() != indicators.StatusOnTarget {
		t.Errorf("the judged week is %s", a.Status())
	}
	// Each school is judged by its own marks, the one that sent none is no zero.
	a = ask(t, e, access.Director, indicators.Question{Indicator: "unauthorised-absence", Breakdown: "school", At: "week:2026-11-16"})
	states := map[string]string{}
	for _, m := range a.Members() {
		states[m.Name] = m.Current.State.String() + " " + m.Current.Text
	}
	want := map[string]string{"Ash Primary": "no data no data", "Birch Primary": "known 4.0%", "Cedar Primary": "known 0.8%"}
	if !reflect.DeepEqual(states, want) {
		t.Errorf("%v", states)
	}
}

func TestNoDataIsNoZeroAndHolidaysAreGaps(t *testing.T) {
	w := threeSchools(t)
	e := w.Engine(time.Date(2026, 12, 30, 9, 0, 0, 0, time.UTC), indicatorstest.Few)
	a := ask(t, e, access.Director, indicators.Question{Indicator: "unauthorised-absence"})
	if f := a.Current(); f.Period.ID != "week:2026-11-16" {
		t.Errorf("current is %+v", f)
	}
	s := a.Series()
	if s[0].Period.ID != "week:2026-11-09" {
		t.Errorf("the series begins with %+v", s[0])
	}
	if last := s[len(s)-1]; last.State != indicators.NoData || last.Text != "no data" {
		t.Errorf("the week of Christmas is %+v", last)
	}
	empty := open(t, "")
	a = ask(t, empty.Engine(saturday, indicatorstest.Few), access.Director, indicators.Question{Indicator: "open-cases", Breakdown: "team"})
	if f := a.Current(); f.State != indicators.NoData || len(a.Series()) != 0 || len(a.Members()) != 0 || a.Status() != indicators.StatusNotJudged {
		t.Errorf("nothing recorded is %+v", f)
	}
}

func TestATeamWithoutOpenCasesHasNone(t *testing.T) {
	w := open(t, "")
	w.Fill("child", `id
	                 1
	                 2`)
	w.Fill("team", `id | name
	                1  | North
	                2  | South`)
	w.Fill("social_care_case", `id | child_id | from_date  | to_date
	                            1  | 1        | 2026-08-10 |
	                            2  | 2        | 2026-08-12 | 2026-09-10`)
	w.Fill("involvement", `child_id | case_id | team_id | from_date
	                       1        | 1       | 1       | 2026-08-10
	                       2        | 2       | 2       | 2026-08-12`)
	a := ask(t, w.Engine(saturday, indicatorstest.Few), access.Director, indicators.Question{Indicator: "open-cases", Breakdown: "team", Member: "2"})
	if f := a.Current(); f.Period.ID != "month:2026-10" || f.State != indicators.Known || f.Text != "0" || a.MemberName() != "South" {
		t.Errorf("%s: %+v", a.MemberName(), f)
	}
}

func TestAskIsDeniedAsIfThereWereNothing(t *testing.T) {
	e := threeSchools(t).Engine(saturday, indicatorstest.Few)
	for _, v := range []access.Viewer{{}, accesstest.Viewer(access.Administrator), accesstest.Viewer(access.TransportOfficer), access.System(access.Importing)} {
		if _, err := e.Ask(t.Context(), v, indicators.Question{Indicator: "unauthorised-absence"}); !errors.Is(err, indicators.ErrNotFound) {
			t.Errorf("%s: %v", v.Role(), err)
		}
		if n := len(e.List(v)); n != 0 {
			t.Errorf("%s: %d definitions", v.Role(), n)
		}
	}
	director := accesstest.Viewer(access.Director)
	for _, q := range []indicators.Question{
		{}, {Indicator: "no-such"}, {Indicator: "unauthorised-absence", Period: "year"}, {Indicator: "unauthorised-absence", Breakdown: "team"},
		{Indicator: "unauthorised-absence", Breakdown: "school", Member: "99"}, {Indicator: "unauthorised-absence", Member: "1"}, {Indicator: "unauthorised-absence", At: "week:1999-01-04"},
	} {
		if _, err := e.Ask(t.Context(), director, q); !errors.Is(err, indicators.ErrNotFound) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	if _, err := e.Ask(t.Context(), access.System(access.Alerting), indicators.Question{Indicator: "unauthorised-absence"}); err != nil {
		t.Errorf("alerts: %v", err)
	}
}

// everything is all that a value holds, unexported fields included.
func everything(v reflect.Value) string {
	var b strings.Builder
	var walk func(reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer, reflect.Interface:
			if !v.IsNil() {
				walk(v.Elem())
			}
		case reflect.Struct:
			if v.Type() == reflect.TypeFor[decimal.Decimal]() {
				value := v.Field(0)
				exp := int32(v.Field(1).Int())
				if value.IsNil() {
					return
				}
				words := value.Elem().Field(1)
				n := decimal.Decimal{}
				for i := words.Len() - 1; i >= 0; i-- {
					n = n.Mul(decimal.RequireFromString("18446744073709551616")).Add(decimal.RequireFromString(fmt.Sprint(words.Index(i).Uint())))
				}
				fmt.Fprint(&b, n.Shift(exp).String(), " ")
				return
			}
			for i := range v.NumField() {
				walk(v.Field(i))
			}
		case reflect.Slice, reflect.Array:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Map:
			for _, k := range v.MapKeys() {
				walk(k)
				walk(v.MapIndex(k))
			}
		case reflect.String:
			b.WriteString(v.String() + " ")
		case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
			fmt.Fprint(&b, v.Int(), " ")
		}
	}
	walk(v)
	return b.String()
}
