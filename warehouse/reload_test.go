package warehouse

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"onevision/records/schema"
)

// columns are those of a table of facts.
func (f *follower) columns(table string) []string {
	f.t.Helper()
	f.wait()
	b := f.Warehouse.serving
	names, err := b.raw.texts("SELECT column_name FROM duckdb_columns() WHERE schema_name = 'facts' AND table_name = " + literal(table) + " ORDER BY column_index")
	if err != nil {
		f.t.Fatal(err)
	}
	return names
}

// A release brings a new kind with codes of its own, a fact column that rows
// have values of already, and another of a partitioned table; it leaves out a
// column and a kind. Records change before it and after it, unseen. The tables
// concerned are loaded again, and nothing else.
func TestAReleasesSchemaIsFollowed(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	f.equal()
	f.stop()
	c.exec(`UPDATE child SET date_of_death = '2025-01-01' WHERE id = 7; UPDATE school SET phase = 'special' WHERE id = 2; DELETE FROM ks4_result WHERE id = 3`)
	c.exec(`INSERT INTO sex VALUES ('I', 'Indeterminate', 4); UPDATE child SET sex = 'I' WHERE id = 8`)
	c.exec(`BEGIN;
		CALL make_codes('hearing_kind');
		INSERT INTO hearing_kind VALUES ('first', 'First hearing', 1), ('final', 'Final hearing', 2);
		CREATE TABLE hearing (id bigint PRIMARY KEY, child_id bigint NOT NULL REFERENCES child (id), kind text NOT NULL REFERENCES hearing_kind (code), day date, version integer NOT NULL DEFAULT 1);
		CALL make_kind('hearing', 'looked_after', ARRAY['id', 'child_id', 'kind', 'day']);
		ALTER TABLE child ADD COLUMN separated boolean NOT NULL DEFAULT false; ALTER TABLE child_history ADD COLUMN separated boolean;
		ALTER TABLE attendance ADD COLUMN remote boolean; ALTER TABLE attendance_history ADD COLUMN remote boolean;
		UPDATE attendance SET remote = true WHERE child_id = 3;
		GRANT SELECT (separated) ON child TO onevision_follow;
		DO $$ DECLARE n text; BEGIN FOR n IN SELECT relid FROM pg_partition_tree('attendance') LOOP EXECUTE format('GRANT SELECT (remote) ON %s TO onevision_follow', n::regclass); END LOOP; END $$;
		ALTER PUBLICATION onevision_facts DROP TABLE child, attendance, ks4_result, bank_holiday;
		ALTER PUBLICATION onevision_facts ADD TABLE child (id, date_of_birth, expected_date, date_of_death, sex, ethnicity, separated),
			attendance (id, child_id, school_id, date, am, pm, am_minutes, pm_minutes, remote), ks4_result (id, child_id, school_id, year, attainment8, maths_grade);
		COMMIT`)
	c.exec(`UPDATE child SET separated = true WHERE id = 9; UPDATE attendance SET remote = false, am = 'I' WHERE child_id = 4; UPDATE ks4_result SET maths_grade = '9' WHERE id = 5;
		INSERT INTO hearing VALUES (1, 1, 'final', '2026-01-01'), (2, 2, 'first', NULL); UPDATE hearing SET kind = 'first' WHERE id = 1`)
	c.tables = followed(t, c.conn)
	o.Tables = c.tables
	f = c.follow(o)
	select {
	case <-f.Ready():
	default:
		t.Error("what stood before does not serve meanwhile")
	}
	f.until("the tables loaded again", func(s Status) bool { return s.Reloads > 0 && len(s.Stale) == 0 })
	f.equal()
	s := f.Status()
	if s.Rebuilds != 0 || s.Build != 1 || s.Reloads != 4 { // child, attendance, hearing, hearing_kind
		t.Errorf("%+v", s)
	}
	ch := f.next()
	for !ch.NewBuild { // what was followed before they were loaded
		ch = f.next()
	}
	if slices.Sort(ch.Tables); !slices.Equal(ch.Tables, []string{"attendance", "child", "hearing", "hearing_kind"}) {
		t.Errorf("told was %+v", ch)
	}
	if got := f.columns("ks4_result"); !slices.Equal(got, []string{"id", "child_id", "school_id", "year", "attainment8", "maths_grade"}) {
		t.Errorf("results have the columns %v", got)
	}
	if got := f.columns("bank_holiday"); len(got) != 0 {
		t.Errorf("a table that is not followed any more has the columns %v", got)
	}
	// From now on all of them are followed.
	c.exec(`INSERT INTO hearing_kind VALUES ('interim', 'Interim hearing', 3); UPDATE hearing SET kind = 'interim', day = '2026-02-02' WHERE id = 2; DELETE FROM hearing WHERE id = 1;
		UPDATE child SET separated = true WHERE id = 10; UPDATE attendance SET remote = true WHERE child_id = 5; DELETE FROM ks4_result WHERE id = 4`)
	f.equal()
	// Nor is anything left to do for the next start, nor for the one before.
	f.stop()
	f = c.follow(o)
	f.equal()
	if s := f.Status(); s.Rebuilds != 0 || s.Reloads != 0 {
		t.Errorf("started again: %+v", s)
	}
}

// A table whose changes cannot be taken is loaded again alone. As long as that
// fails the others are followed, the data are as at the time when the table was
// whole, and a restart changes nothing of it.
func TestATableThatCannotBeFollowed(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	heartbeats := o.steps("heartbeat")
	f := c.follow(o)
	f.wait()
	f.equal()
	was := f.Status().Position.AsAt
	c.exec(`ALTER TABLE attendance DROP CONSTRAINT attendance_am_fkey`)
	c.exec(`UPDATE attendance SET am = 'I' WHERE id = 41; UPDATE attendance SET am = 'no code' WHERE id = 42; UPDATE child SET date_of_death = '2026-01-01' WHERE id = 1`)
	committed := time.Now()
	stuck := func() {
		t.Helper()
		f.until("what is wrong", func(s Status) bool {
			words := strings.Join(append(s.Stale, s.StaleError), "; ")
			return strings.Contains(words, "attendance (") && strings.Contains(s.StaleError, "attendance_2025") &&
				strings.Contains(words, `"id" = 42`) && strings.Contains(words, "a code that its code table does not have") && !strings.Contains(words, "no code")
		})
	}
	stuck()
	dead := func(n int64) {
		t.Helper()
		for end := time.Now().Add(patience); f.number("SELECT count(*) FROM facts.child WHERE date_of_death IS NOT NULL") != n; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("the other tables are not followed: %+v", f.Status())
			}
		}
	}
	dead(1)
	if n := f.number("SELECT count(*) FROM facts.attendance WHERE am = 'I'"); n != 0 {
		t.Errorf("part of a transaction came in: %d rows", n)
	}
	heartbeats.more(t, 1)
	held := f.Status().Position.AsAt
	heartbeats.more(t, 3)
	if s := f.Status(); !s.Position.AsAt.Equal(held) || held.Before(was) || held.After(committed) || s.Rebuilds != 1 || s.Reloads != 0 {
		t.Errorf("as at %v at first, %v held, %v then; %d builds, %d tables loaded again", was, held, s.Position.AsAt, s.Rebuilds, s.Reloads)
	}
	f.stop()
	c.exec(`UPDATE attendance SET am = 'O' WHERE id = 43; UPDATE child SET date_of_death = '2026-01-01' WHERE id = 2`)
	f = c.follow(o)
	stuck()
	dead(2)
	if now := f.Status().Position.AsAt; !now.Equal(held) {
		t.Errorf("as at %v before the program ended, %v after its start", held, now)
	}
	c.exec(`UPDATE attendance SET am = '/' WHERE id = 42`)
	f.until("the table loaded again", func(s Status) bool { return s.Reloads == 1 && len(s.Stale) == 0 })
	f.equal()
	f.current()
	if s := f.Status(); s.Rebuilds != 0 || s.Build != 1 {
		t.Errorf("%+v", s)
	}
}

// One table that cannot be loaded is in no other's way.
func TestOneOfTwoTablesIsLoadedAgain(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	f.stop()
	c.exec(`ALTER TABLE attendance DROP CONSTRAINT attendance_pm_fkey; UPDATE attendance SET pm = 'no code' WHERE id = 42; UPDATE school SET phase = 'special' WHERE id = 2`)
	c.tamper(o, "DELETE FROM warehouse.followed WHERE name IN ('attendance', 'school')")
	f = c.follow(o)
	f.until("one of them loaded again", func(s Status) bool { return s.Reloads == 1 && len(s.Stale) == 1 })
	if n := f.number("SELECT count(*) FROM facts.school WHERE phase = 'special'"); n != 1 {
		t.Errorf("%d special schools", n)
	}
	c.exec(`UPDATE attendance SET pm = 'I' WHERE id = 42`)
	f.until("the other one", func(s Status) bool { return s.Reloads == 2 && len(s.Stale) == 0 })
	f.equal()
}

// A column's type changes under a running follower: it says what is wrong until
// the program, or the column, is another.
func TestAColumnOfAnotherType(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	year := func(kind string) { // as a migration must
		t.Helper()
		c.exec(`BEGIN; ALTER PUBLICATION onevision_facts DROP TABLE ks4_result; ALTER TABLE ks4_result ALTER COLUMN year TYPE ` + kind + `; ALTER TABLE ks4_result_history ALTER COLUMN year TYPE ` + kind + `;
			ALTER PUBLICATION onevision_facts ADD TABLE ks4_result (id, child_id, school_id, year, attainment8, english_grade, maths_grade); COMMIT`)
	}
	year("integer")
	c.exec(`UPDATE ks4_result SET year = 2025 WHERE id = 1`)
	f.until("what is wrong", func(s Status) bool {
		return strings.Contains(strings.Join(s.Stale, "; "), "ks4_result (") && strings.Contains(s.StaleError, "ks4_result: the column year has another type in the record store than the program expects")
	})
	c.exec(marks, "2026-03-01", "I")
	for end := time.Now().Add(patience); f.number("SELECT count(*) FROM facts.attendance WHERE date = '2026-03-01'") != 200; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the other tables are not followed: %+v", f.Status())
		}
	}
	year("smallint")
	f.until("the table loaded again", func(s Status) bool { return s.Reloads == 1 })
	c.exec(`UPDATE ks4_result SET year = 2026 WHERE id = 2`)
	f.equal()
	if s := f.Status(); s.Rebuilds != 1 {
		t.Errorf("%+v", s)
	}
}

// A table that is taken out of the publication sends no more changes, and nothing
// that is sent says so.
func TestATableThatIsPublishedNoMore(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	o.SourceInterval = 100 * time.Millisecond
	heartbeats := o.steps("heartbeat")
	f := c.follow(o)
	f.wait()
	c.exec(`ALTER PUBLICATION ` + schema.Publication + ` DROP TABLE ks4_result`)
	c.exec(`UPDATE ks4_result SET attainment8 = 77`)
	f.until("what is wrong", func(s Status) bool { return len(s.Stale) == 1 && strings.Contains(s.Stale[0], "ks4_result") })
	was := f.Status().Position.AsAt
	heartbeats.more(t, 3)
	if s := f.Status(); !s.Position.AsAt.Equal(was) || s.Rebuilds != 1 {
		t.Errorf("as at %v, and then %+v", was, s)
	}
	c.exec(`ALTER PUBLICATION ` + schema.Publication + ` ADD TABLE ks4_result (id, child_id, school_id, year, attainment8, english_grade, maths_grade)`)
	f.until("the table loaded again", func(s Status) bool { return s.Reloads == 1 && len(s.Stale) == 0 })
	f.equal()
}

// A table that is rewritten after the snapshot and before its copy looks empty to the
// snapshot, and the stream sends none of its rows: neither a first load nor one of the
// table alone may believe it.
func TestATableThatIsRewrittenWhileItIsLoaded(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	rewrite := func() {
		c.exec(`ALTER TABLE ks4_result ADD COLUMN another float DEFAULT random(); ALTER TABLE ks4_result DROP COLUMN another`)
	}
	f := c.follow(o)
	f.wait()
	f.stop()
	c.tamper(o, "DELETE FROM warehouse.followed WHERE name = 'ks4_result'")
	o.onStep = onFirst("paused to load again", rewrite)
	f = c.follow(o)
	f.until("the table loaded again", func(s Status) bool { return s.Reloads == 1 && len(s.Stale) == 0 })
	c.exec(`UPDATE ks4_result SET year = 2026 WHERE id = 2`)
	f.equal()
	if s := f.Status(); s.Rebuilds != 0 {
		t.Errorf("%+v", s)
	}
	f.stop()
	o = c.options(t.TempDir())
	o.onStep = onFirst("slot made", rewrite)
	f = c.follow(o)
	f.wait()
	f.equal()
}

// onFirst is an onStep that calls fn at the first step of a name.
func onFirst(name string, fn func()) func(string) {
	var once sync.Once
	return func(step string) {
		if step == name {
			once.Do(fn)
		}
	}
}
