package warehouse

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Whatever sequence of statements, in transactions of any size, some of them
// rolled back, some larger than the buffer: the warehouse holds what the
// record store holds.
func TestAnySequenceOfChangesFoldsToTheSame(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	o.Buffer = 3000
	f := c.follow(o)
	f.wait()
	codes := 0
	id := rapid.IntRange(1, 12)
	statement := rapid.Custom(func(r *rapid.T) string {
		n := id.Draw(r, "id")
		switch rapid.IntRange(0, 11).Draw(r, "kind") {
		case 0, 1:
			return fmt.Sprintf(`INSERT INTO ks4_result (id, child_id, school_id, year, attainment8, recorded_by) VALUES (%d, %d, 1, 2031, %d.5, 0) ON CONFLICT DO NOTHING`, 7000+n, n, n)
		case 2:
			return fmt.Sprintf(`UPDATE ks4_result SET attainment8 = %d, maths_grade = NULL WHERE id BETWEEN %d AND %d`, n, 7000, 7000+n)
		case 3:
			return fmt.Sprintf(`DELETE FROM ks4_result WHERE id = %d`, 7000+n)
		case 4:
			return fmt.Sprintf(`UPDATE ks4_result SET id = id + 20 WHERE id = %d AND NOT EXISTS (SELECT FROM ks4_result WHERE id = %d)`, 7000+n, 7020+n)
		case 5:
			return fmt.Sprintf(`UPDATE ks4_result SET id = id - 20 WHERE id = %d AND NOT EXISTS (SELECT FROM ks4_result WHERE id = %d)`, 7020+n, 7000+n)
		case 6:
			return fmt.Sprintf(`INSERT INTO attendance (child_id, school_id, date, am, pm, recorded_by) SELECT %d, 1, DATE '2027-08-20' + g, '/', NULL, 0 FROM generate_series(1, %d) g ON CONFLICT DO NOTHING`, n, 4*n)
		case 7:
			return fmt.Sprintf(`UPDATE attendance SET date = date + 5 WHERE child_id = %d AND date >= '2027-08-01' AND date + 5 NOT IN (SELECT date FROM attendance WHERE child_id = %d)`, n, n)
		case 8:
			return fmt.Sprintf(`DELETE FROM attendance WHERE child_id = %d AND date >= '2027-08-%d'`, n, 19+n%10)
		case 9:
			codes++
			return fmt.Sprintf(`WITH k AS (INSERT INTO attendance_code (code, label, position, counts_as) VALUES ('T%d', '', 1, 'present') RETURNING code) SELECT code FROM k`, codes) +
				fmt.Sprintf(`; UPDATE attendance SET pm = 'T%d' WHERE child_id = %d AND date >= '2027-08-01'`, codes, n)
		case 10:
			return fmt.Sprintf(`UPDATE attendance SET version = version + 1 WHERE child_id = %d`, n)
		default:
			return rapid.SampledFrom([]string{`TRUNCATE ks4_result`, `TRUNCATE attendance`, `UPDATE child SET source = source || '.'`}).Draw(r, "all")
		}
	})
	rapid.Check(t, func(r *rapid.T) {
		var script strings.Builder
		for range rapid.IntRange(1, 3).Draw(r, "transactions") {
			script.WriteString("BEGIN;")
			for _, s := range rapid.SliceOfN(statement, 1, 8).Draw(r, "statements") {
				if rapid.IntRange(0, 9).Draw(r, "savepoint") == 0 {
					script.WriteString("SAVEPOINT s; " + s + "; ROLLBACK TO s;")
					continue
				}
				script.WriteString(s + ";")
			}
			script.WriteString(rapid.SampledFrom([]string{"COMMIT;", "COMMIT;", "COMMIT;", "ROLLBACK;"}).Draw(r, "end"))
		}
		if _, err := c.conn.Exec(t.Context(), script.String()); err != nil {
			r.Fatalf("%s: %v", script.String(), err)
		}
		f.equal()
	})
	if s := f.Status(); s.Rebuilds != 1 {
		t.Errorf("a new build was necessary: %+v", s)
	}
}
