package indicators_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"onevision/indicators"
)

// What is wrong is said by file, line and column, in words that name it.
func TestCheckSaysWhatIsWrongAndWhere(t *testing.T) {
	good, err := os.ReadFile("testdata/attendance/unauthorised-absence.yaml")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := os.ReadFile("testdata/attendance/unauthorised-absence.examples.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, old, new string
		want           string // file:line:column: beginning of the message
		examples       bool   // the change is in the examples
	}{
		{"unit", "unit: percent", "unit: percents", `attendance/x.yaml:7:7: unit "percents" is none of`, false},
		{"a key that does not exist", "polarity: low", "polarities: low", `attendance/x.yaml:8:1: unknown field "polarities"`, false},
		{"period", "[week, month", "[week, moon", `attendance/x.yaml:9:17: there is no kind of period "moon"`, false},
		{"schedule", `"15 6 * * *"`, `"15 6 * *"`, `attendance/x.yaml:11:11: schedule "15 6 * *" is no cron expression`, false},
		{"breakdown", "[school]", "[shool]", `attendance/x.yaml:13:14: there is no breakdown "shool"`, false},
		{"a type that is not right", "share: 95", "share: much", `attendance/x.yaml:18:10: `, false},
		{"SQL that does not parse", "GROUP BY p.period_id", "GROUPED BY p.period_id", `attendance/x.yaml:26:`, false},
		{"a relation that does not exist", "JOIN attendance a", "JOIN attendances a", `attendance/x.yaml:24:8: sql: there is no relation "attendances"`, false},
		{"the facts themselves", "JOIN attendance a", "JOIN facts.attendance a", `attendance/x.yaml:24:8: sql: there is no relation "facts.attendance"`, false},
		{"another schema", "JOIN attendance a", "JOIN results.measure a", `attendance/x.yaml:24:8: sql: there is no relation "results.measure"`, false},
		{"a table function", "JOIN attendance a", "JOIN read_csv('/etc/passwd') a", `attendance/x.yaml:24:8: sql: `, false},
		{"a file as a table", "JOIN attendance a", "JOIN '/etc/passwd.csv' a", `attendance/x.yaml:24:8: sql: there is no relation`, false},
		{"a function that reads more than its arguments", "sum(a.unauthorised)", "sum(getenv('HOME')::INT)", `attendance/x.yaml:21:`, false},
		{"a clock", "BETWEEN 5 AND 15", "BETWEEN 5 AND year(today())", `attendance/x.yaml:25:`, false},
		{"two statements", "  GROUP BY p.period_id, a.child_id, a.school_id", "  GROUP BY ALL; SELECT 1", `attendance/x.yaml:19:6: sql: there are 2 statements`, false},
		{"not a SELECT", "  SELECT p.period_id", "  DELETE FROM school; SELECT p.period_id", `attendance/x.yaml:19:6: sql: only SELECT`, false},
		{"a column that does not exist", "sum(a.possible)", "sum(a.possibly)", `attendance/x.yaml:20:3: sql: `, false},
		{"an inexact number", "sum(a.possible)     AS", "sum(a.possible) / 2 AS", `attendance/x.yaml:19:6: sql: denominator is DOUBLE`, false},
		{"no period", "p.period_id, a.child_id, a.school_id,", "a.child_id, a.school_id,", `attendance/x.yaml:19:6: sql: it does not answer period_id`, false},
		{"a breakdown that cannot be", "p.period_id, a.child_id, a.school_id,", "p.period_id, a.child_id,", `attendance/x.yaml:`, false},
		{"more than all", "sum(a.unauthorised)", "100 * sum(a.unauthorised)", `attendance/unauthorised-absence.examples.yaml:4:11: unauthorised-absence: example "Two pupils of one school, one unauthorised half day": week:2026-11-09 is 100 of 6, more than 100%`, false},
		{"an example of a period that is not computed", "periods: [week]", `periods: ["week:2019-11-04"]`, `attendance/unauthorised-absence.examples.yaml:4:11: unauthorised-absence: example "Two pupils of one school, one unauthorised half day": on 2026-11-16 there is no period "week:2019-11-04"`, true},
		{"an example that does not come out", "week:2026-11-09 | school    | 1      | 1         | 6", "week:2026-11-09 | school    | 1      | 2         | 6", `attendance/unauthorised-absence.examples.yaml:4:11: unauthorised-absence: example "Two pupils of one school, one unauthorised half day": expected and not there: week:2026-11-09 | school | 1 | 2 | 6; there and not expected`, true},
		{"an example with a column that is not", "id | date_of_birth\n        1  | 2016-05-01\n        2", "id | birthday\n        1  | 2016-05-01\n        2", `attendance/unauthorised-absence.examples.yaml:4:11: unauthorised-absence: example "Two pupils of one school, one unauthorised half day": facts of child have no column "birthday"`, true},
		{"an example with a mark that is no code", "2026-11-10 | O ", "2026-11-10 | QQ ", `attendance/unauthorised-absence.examples.yaml:4:11: unauthorised-absence: example "Two pupils of one school, one unauthorised half day": facts of attendance, row 2: am: there is no code "QQ"`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, x := string(good), string(examples)
			if c.examples {
				if !strings.Contains(x, c.old) {
					t.Fatal("the test no longer fits its definition")
				}
				x = strings.Replace(x, c.old, c.new, 1)
			} else {
				if !strings.Contains(d, c.old) {
					t.Fatal("the test no longer fits its definition")
				}
				d = strings.Replace(d, c.old, c.new, 1)
			}
			got := indicators.Check(t.Context(), fstest.MapFS{
				"attendance/x.yaml":                             {Data: []byte(d)},
				"attendance/unauthorised-absence.examples.yaml": {Data: []byte(x)},
			}, memory{})
			if len(got) == 0 {
				t.Fatal("no problem found")
			}
			if !strings.HasPrefix(got[0].Error(), c.want) {
				t.Errorf("got  %s\nwant %s", got[0], c.want)
			}
		})
	}
}

// A query that never ends, or takes what memory there is, is given up and said.
func TestCheckHasLimits(t *testing.T) {
	t.Parallel()
	good, err := os.ReadFile("testdata/attendance/unauthorised-absence.yaml")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := os.ReadFile("testdata/attendance/unauthorised-absence.examples.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		time        time.Duration
		query, want string
	}{
		"time":   {2 * time.Second, `(WITH RECURSIVE n AS (SELECT 1 AS i UNION SELECT (i + 1) % 1000 FROM n WHERE i >= 0), m AS (SELECT a.i FROM n a, n b, n c, n d, n e) SELECT count(*) FROM m)`, "it takes longer than 2s"},
		"memory": {time.Minute, `(WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT 2 * i + s.x FROM n, (SELECT 0 AS x UNION ALL SELECT 1) s WHERE i < 10000000) SELECT count(DISTINCT i::VARCHAR || repeat_me) FROM n, (SELECT lpad('', 100, 'x') AS repeat_me))`, "Out of Memory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(string(good), "sum(a.unauthorised)", "sum(a.unauthorised) + 0 * "+c.query, 1)
			got := indicators.CheckWithin(t.Context(), fstest.MapFS{
				"attendance/x.yaml":                             {Data: []byte(text)},
				"attendance/unauthorised-absence.examples.yaml": {Data: examples},
			}, memory{}, c.time, "64MB")
			if len(got) == 0 || !strings.Contains(got[0].Error(), c.want) {
				t.Errorf("%v", got)
			}
		})
	}
}
