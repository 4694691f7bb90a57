package warehouse

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A crash can come between any two writes of the handshake: the warehouse
// knows both epochs that the server may have, and no third one.
func TestFaultACrashInTheEpochsHandshake(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	f.equal()
	f.stop()
	const next = "00000000-0000-4000-8000-000000000001"
	file := filepath.Join(o.Dir, "warehouse-1.duckdb")
	prepare := func() {
		d, err := connectDuck(file, settings("1GB", 0))
		if err != nil {
			t.Fatal(err)
		}
		defer d.close()
		if err := d.exec("UPDATE warehouse.position SET next_epoch = '" + next + "'"); err != nil {
			t.Fatal(err)
		}
	}
	for _, statement := range []string{
		`SELECT 1`, // the server was not told
		`UPDATE follow_epoch SET epoch = '` + next + `'`, // the server was told, the warehouse did not note it
	} {
		prepare()
		c.exec(statement)
		c.exec(`UPDATE ks4_result SET attainment8 = attainment8 + 0.01`)
		f = c.follow(o)
		f.equal()
		if s := f.Status(); s.Rebuilds != 0 {
			t.Errorf("after %q: %+v", statement, s)
		}
		f.stop()
	}
	c.exec(`UPDATE follow_epoch SET epoch = gen_random_uuid()`)
	f = c.follow(o)
	f.until("a new build", func(s Status) bool { return s.Rebuilds == 1 })
	f.equal()
}

// Private writes produce log that the warehouse needs nothing of: the slot
// must let go of it, and "data as at" move on.
func TestIdleAcknowledgement(t *testing.T) {
	c := newCounty(t, nil)
	f := c.follow(c.options(t.TempDir()))
	f.wait()
	f.equal()
	began := time.Now()
	var lsn string
	for range 20 {
		c.exec(`INSERT INTO audit (account_id, actor, role, action, reason) SELECT 0, 'test', '', 'read', repeat('x', 500) FROM generate_series(1, 2000)`)
	}
	if err := c.conn.QueryRow(t.Context(), `SELECT pg_current_wal_lsn()::text`).Scan(&lsn); err != nil {
		t.Fatal(err)
	}
	confirmed := false
	for end := time.Now().Add(patience); !confirmed && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err := c.conn.QueryRow(t.Context(), `SELECT confirmed_flush_lsn >= $1::pg_lsn FROM pg_replication_slots`, lsn).Scan(&confirmed); err != nil {
			t.Fatal(err)
		}
	}
	if !confirmed {
		t.Error("the slot holds log back that only private writes made")
	}
	f.until("data as at now", func(s Status) bool { return s.Position.AsAt.After(began) })
	if s := f.Status(); s.Applied != 0 {
		t.Errorf("%d transactions were applied", s.Applied)
	}
}

// A transaction larger than the buffer is staged in parts and comes in whole,
// also when the follower is cut off in the middle of it.
func TestATransactionLargerThanMemory(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	o.Buffer = 100_000
	f := c.follow(o)
	f.wait()
	c.exec(`WITH w AS (INSERT INTO attendance (child_id, school_id, date, am, recorded_by)
		SELECT c, 1, DATE '2026-09-01' + d, '/', 0 FROM generate_series(1, 200) c, generate_series(0, 99) d RETURNING id) SELECT count(*) FROM w`)
	f.equal()
	for range 3 {
		c.exec(`BEGIN; UPDATE attendance SET am = 'I' WHERE child_id % 3 = 0; INSERT INTO attendance_code (code, label, position, counts_as) SELECT 'V' || count(*), '', 1, 'present' FROM attendance_code;
			DELETE FROM attendance WHERE child_id % 50 = 1; UPDATE attendance SET am = (SELECT max(code) FROM attendance_code WHERE code LIKE 'V__') WHERE child_id % 2 = 0;
			UPDATE ks4_result SET attainment8 = 1; COMMIT`)
		time.Sleep(20 * time.Millisecond)
		c.exec(`SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL`)
		f.equal()
	}
	if s := f.Status(); s.Rebuilds != 1 {
		t.Errorf("%+v", s)
	}
}

// PostgreSQL does not send a value that lies out of line and has not changed. Facts
// are too short for that; if it happens all the same, the table is loaded again.
func TestAValueThatIsNotSent(t *testing.T) {
	c := newCounty(t, nil)
	f := c.follow(c.options(t.TempDir()))
	f.wait()
	c.exec(`ALTER TABLE school ALTER COLUMN name SET STORAGE EXTERNAL`)
	c.exec(`UPDATE school SET name = repeat('long ', 2000) WHERE id < 3`)
	f.equal()
	c.exec(`UPDATE school SET phase = 'secondary' WHERE id = 1`)
	f.until("the table loaded again", func(s Status) bool { return s.Reloads == 1 && len(s.Stale) == 0 })
	f.equal()
	if s := f.Status(); s.Rebuilds != 1 {
		t.Errorf("%+v", s)
	}
}

func TestAPolicyThatHidesRowsIsAnError(t *testing.T) {
	c := newCounty(t, nil)
	c.exec(`DROP POLICY follow ON attendance_2025`)
	f := c.follow(c.options(t.TempDir()))
	f.until("an error", func(s Status) bool { return strings.Contains(s.Error, "attendance_2025") })
	if f.Status().Serving {
		t.Error("a build serves that lacks what the policy hides")
	}
	c.exec(`CREATE POLICY follow ON attendance_2025 FOR SELECT TO onevision_follow USING (true)`)
	f.wait()
	f.equal()
}

// A value that may not be is refused by table, row and column, never by what it
// says.
func TestAValueThatCannotBeIsNamed(t *testing.T) {
	c := newCounty(t, nil)
	c.exec(`ALTER TABLE attendance ADD COLUMN loose text DEFAULT '/'; ALTER TABLE attendance_history ADD COLUMN loose text;
		UPDATE attendance SET loose = 'secret' WHERE id = 77; GRANT SELECT ON ALL TABLES IN SCHEMA public TO onevision_follow;
		ALTER PUBLICATION onevision_facts DROP TABLE attendance; ALTER PUBLICATION onevision_facts ADD TABLE attendance (id, child_id, school_id, date, am, pm, am_minutes, pm_minutes, loose)`)
	for what, test := range map[string]struct {
		change func(*Table)
		words  string
	}{
		"a NULL": {func(t *Table) { t.Columns[t.column("pm")].Null = false },
			`"date" = DATE '2025-09-01' copied from attendance_2025: attendance.pm: NULL where there may be none`},
		"an unknown code": {func(t *Table) {
			t.Columns = append(t.Columns, Column{Name: "loose", Type: Code, Codes: "attendance_code"})
		}, `"id" = 77, "date" = DATE '2025-09-17' copied from attendance_2025: attendance.loose: a code that its code table does not have`},
		"another type": {func(t *Table) { t.Columns[t.column("school_id")].Type = Bool },
			`attendance: the column school_id has another type in the record store than the program expects`},
	} {
		t.Run(what, func(t *testing.T) {
			c := *c
			c.T = t
			o := c.options(t.TempDir())
			o.Tables = slices.Clone(o.Tables)
			for i := range o.Tables {
				if o.Tables[i].Name == "attendance" {
					o.Tables[i].Columns = slices.Clone(o.Tables[i].Columns)
					test.change(&o.Tables[i])
				}
			}
			f := c.follow(o)
			f.until("an error", func(s Status) bool { return s.Error != "" })
			if s := f.Status(); !strings.Contains(s.Error, test.words) || strings.Contains(s.Error, "secret") || s.Serving {
				t.Errorf("%q does not say %q", s.Error, test.words)
			}
			f.stop()
		})
	}
}

// attachRows attaches a partition that has a row, which is not streamed.
func (c *county) attachRows() {
	c.Helper()
	for _, s := range []string{
		`CREATE TABLE attendance_2040 (LIKE attendance INCLUDING ALL)`,
		`INSERT INTO attendance_2040 (id, child_id, school_id, date, am, recorded_by) VALUES (999999, 1, 1, '2040-10-01', '/', 0)`,
		`ALTER TABLE attendance ATTACH PARTITION attendance_2040 FOR VALUES FROM ('2040-09-01') TO ('2041-09-01')`,
		`GRANT SELECT (id, child_id, school_id, date, am, pm, am_minutes, pm_minutes) ON attendance_2040 TO onevision_follow`,
	} {
		c.exec(s)
	}
}

func TestAPartitionThatCameWithRows(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	f.stop()
	c.attachRows()
	f = c.follow(o)
	f.until("the table loaded again", func(s Status) bool { return s.Reloads == 1 })
	f.equal()
	// One that comes empty is followed as it is.
	f.stop()
	c.exec(`CALL make_attendance_partition(2041)`)
	f = c.follow(o)
	c.exec(`INSERT INTO attendance (child_id, school_id, date, am, recorded_by) VALUES (1, 1, '2041-10-01', '/', 0)`)
	f.equal()
	if s := f.Status(); s.Rebuilds != 0 || s.Reloads != 0 {
		t.Errorf("%+v", s)
	}
}

// A verification that follows by itself, and finds a partition that must be
// verified too, ends: the one waits for the other's follower.
func TestVerifyAloneWithAPartitionToExamine(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	f.stop()
	c.exec(`CALL make_attendance_partition(2042)`)
	c.exec(`INSERT INTO attendance (child_id, school_id, date, am, recorded_by) VALUES (1, 1, '2042-10-01', '/', 0)`)
	w, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := w.Verify(ctx)
	if err != nil || !r.Equal {
		t.Errorf("%+v, %v", r, err)
	}
}
