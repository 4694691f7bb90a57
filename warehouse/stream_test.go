package warehouse

import (
	"slices"
	"testing"
	"time"

	"onevision/records/postgres/postgrestest"
)

// next waits for the change that a statement made.
func (f *follower) next() Change {
	f.t.Helper()
	select {
	case c := <-f.changes:
		return c
	case <-time.After(patience):
		f.t.Fatalf("no change came: %+v", f.Status())
		return Change{}
	}
}

// quiet makes sure that nothing was told to subscribers, after a verification
// has brought everything in.
func (f *follower) quiet() {
	f.t.Helper()
	f.equal()
	select {
	case c := <-f.changes:
		f.t.Fatalf("a change was told: %+v", c)
	default:
	}
}

func TestChangesAreFollowed(t *testing.T) {
	t.Parallel()
	c := countyOfEveryKind(t, postgrestest.Server(t, nil))
	f := c.follow(c.options(t.TempDir()))
	f.wait()
	if ch := f.next(); !ch.NewBuild || len(ch.Tables) != len(c.tables) {
		t.Fatalf("the first build was told as %+v", ch)
	}
	step := func(name string, tables []string, statements ...string) {
		t.Helper()
		tx, err := c.conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range statements {
			if _, err := tx.Exec(t.Context(), s); err != nil {
				t.Fatalf("%s: %s: %v", name, s, err)
			}
		}
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if tables == nil {
			f.quiet()
			return
		}
		ch := f.next()
		if slices.Sort(ch.Tables); !slices.Equal(ch.Tables, tables) || ch.NewBuild {
			t.Errorf("%s changed %v, not %v", name, ch.Tables, tables)
		}
		f.quiet()
	}
	const mark = `INSERT INTO attendance (child_id, school_id, date, am, recorded_by) VALUES (1, 1, '2026-01-05', 'I', 0)`
	step("insert", []string{"attendance"}, mark)
	step("update", []string{"attendance"}, `UPDATE attendance SET am = NULL, pm = 'O', pm_minutes = 7 WHERE date = '2026-01-05'`)
	step("update to NULL", []string{"attendance"}, `UPDATE attendance SET pm_minutes = NULL WHERE date = '2026-01-05'`)
	step("private update", nil, `UPDATE attendance SET source = 'school', version = version + 1 WHERE date < '2025-09-05'`, `UPDATE child SET upn = 'A123456789012' WHERE id = 3`)
	step("same value", nil, `UPDATE attendance SET pm = pm, am = am WHERE child_id = 5`)
	step("there and back", nil, `UPDATE attendance SET am = 'I' WHERE child_id = 6`, `UPDATE attendance SET am = '/' WHERE child_id = 6`)
	step("added and removed", nil, `INSERT INTO child (id, date_of_birth, sex, ethnicity, recorded_by) VALUES (990, '2011-01-01', 'F', 'WBRI', 0)`, `DELETE FROM child WHERE id = 990`)
	step("removed and added as it was", nil, `CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM ks4_result WHERE id < 10`, `DELETE FROM ks4_result WHERE id < 10`, `INSERT INTO ks4_result SELECT * FROM kept`)
	step("key", []string{"ks4_result"}, `UPDATE ks4_result SET id = id + 1000 WHERE id < 20`)
	step("keys exchanged", []string{"ks4_result"}, `UPDATE ks4_result SET id = 5000 WHERE id = 30`, `UPDATE ks4_result SET id = 30 WHERE id = 31`, `UPDATE ks4_result SET id = 31 WHERE id = 5000`)
	step("date within a partition", []string{"attendance"}, `UPDATE attendance SET date = '2026-02-01' WHERE date = '2026-01-05'`)
	step("date into another partition", []string{"attendance"}, `UPDATE attendance SET date = '2027-02-01' WHERE date = '2026-02-01'`)
	step("years apart", []string{"attendance"}, `INSERT INTO attendance (child_id, school_id, date, am, recorded_by) VALUES (2, 1, '2019-10-01', 'I', 0), (3, 1, '2019-10-01', 'I', 0)`)
	step("changed years apart", []string{"attendance"}, `UPDATE attendance SET pm = 'O', pm_minutes = 7 WHERE date IN ('2019-10-01', '2025-09-03') AND child_id < 60`,
		`DELETE FROM attendance WHERE date IN ('2019-10-01', '2025-09-03') AND child_id = 3`)
	step("private and years apart", nil, `UPDATE attendance SET source = 'school' WHERE date IN ('2019-10-01', '2025-09-03')`)
	step("and again", nil, `UPDATE attendance SET source = '' WHERE date IN ('2019-10-01', '2025-09-03')`)
	step("some of them changed", []string{"attendance"}, `UPDATE attendance SET pm = 'I' WHERE date IN ('2019-10-01', '2025-09-03') AND child_id < 5`)
	// Many rows, again and again: whether they differ is looked at, then believed.
	const many = ` WHERE date IN (SELECT date FROM attendance WHERE child_id < 40)`
	for _, pm := range []string{"L", "I", "O", "L", "I"} {
		step("many changed to "+pm, []string{"attendance"}, `UPDATE attendance SET pm = '`+pm+`', version = version + 1`+many)
	}
	step("many changed, some gone, some unchanged", []string{"attendance"}, `UPDATE attendance SET pm = 'O'`+many+` AND child_id % 3 = 0`,
		`UPDATE attendance SET source = 'school'`+many+` AND child_id % 3 = 1`, `DELETE FROM attendance`+many+` AND child_id % 17 = 2 AND date > '2025-09-05'`)
	// Keys that the bitmap of staged keys holds for another's.
	step("keys far apart", []string{"attendance"}, `INSERT INTO attendance (id, child_id, school_id, date, am, recorded_by) OVERRIDING SYSTEM VALUE
		SELECT id + k * (1::bigint << 27), child_id, school_id, date - 900 + k, am, 0 FROM attendance, generate_series(-1, 1, 2) k WHERE date = '2025-09-03' AND child_id < 200`)
	step("far apart and years apart", []string{"attendance"}, `UPDATE attendance SET pm = 'I' WHERE id > (1::bigint << 27) OR date = '2025-09-04'`, `DELETE FROM attendance WHERE id < 0 AND child_id > 150`)
	step("delete", []string{"attendance"}, `DELETE FROM attendance WHERE date = '2027-02-01' OR child_id = 9`)
	step("several tables", []string{"child", "enrolment", "school"},
		`INSERT INTO enrolment (child_id, school_id, status, from_date, recorded_by) SELECT id, 1, 'C', '2024-09-01', 0 FROM child`,
		`UPDATE child SET date_of_death = '2025-01-01' WHERE id = 7`, `UPDATE school SET name = 'A school with a name that is longer than twelve bytes' WHERE id = 2`)
	step("a code that exists", []string{"attendance"}, `UPDATE attendance SET am = 'Y7' WHERE child_id = 12`)
	step("a new code, used at once", []string{"attendance", "attendance_code"},
		`INSERT INTO attendance_code (code, label, position, counts_as) VALUES ('Q9', 'New', 99, 'present')`,
		`UPDATE attendance SET am = 'Q9' WHERE child_id = 13`)
	step("a new code, used later", []string{"sex"}, `INSERT INTO sex VALUES ('I', 'Indeterminate', 4)`)
	step("and now", []string{"child"}, `UPDATE child SET sex = 'I' WHERE id = 8`)
	step("more codes than a byte can tell apart", []string{"attendance", "attendance_code"},
		`INSERT INTO attendance_code (code, label, position, counts_as) SELECT 'n' || g, '', 100, 'present' FROM generate_series(1, 400) g`,
		`UPDATE attendance SET am = 'n' || child_id WHERE child_id > 100`)
	step("a code that goes", []string{"sex"}, `UPDATE sex SET label = 'Other' WHERE code = 'U'`)
	step("code renamed", []string{"name_type"}, `UPDATE name_type SET code = 'second' WHERE code = 'alias'`)
	step("truncate", []string{"attendance"}, `TRUNCATE attendance`)
	step("truncate and fill", []string{"ks4_result"}, `TRUNCATE ks4_result`, `INSERT INTO ks4_result (child_id, school_id, year) SELECT 1, 1, 2020 WHERE false`,
		`INSERT INTO ks4_result (id, child_id, school_id, year, attainment8, recorded_by) VALUES (1, 1, 1, 2020, 0.05, 0), (2, 2, 1, 2020, 90, 0)`)
	step("new again", []string{"attendance"}, mark)
	if s := f.Status(); s.Rebuilds != 1 || s.Error != "" {
		t.Errorf("%+v", s)
	}
}
