package indicators_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

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
