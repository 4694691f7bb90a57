package records_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/records"
	"onevision/records/postgres/postgrestest"
	"onevision/records/schema"
)

// What each role may do with each kind follows from categories alone: reading
// what one may not looks like nothing being there, in every method.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	h := open(t)
	all := h.samples()
	ctx := t.Context()
	viewers := []access.Viewer{nobody, accesstest.Viewer("no such role"), access.System("no such purpose"), access.System(access.Importing), access.System(access.Computing)}
	for _, role := range access.Roles() {
		viewers = append(viewers, accesstest.Viewer(role))
	}
	for _, v := range viewers {
		for _, rec := range all {
			k, _ := records.KindFor(rec)
			id, version := rec.Head().ID, rec.Head().Version
			want := error(nil)
			if !v.Reads(k.Category) {
				want = records.ErrNotFound
			}
			_, get := h.store.Get(ctx, v, k, id)
			_, list := h.store.List(ctx, v, k, records.ListQuery{})
			_, history := h.store.History(ctx, v, k, id)
			for name, err := range map[string]error{"Get": get, "List": list, "History": history} {
				if !errors.Is(err, want) {
					t.Errorf("%s: %s of a %s: %v; want %v", v.Role(), name, k.Name, err, want)
				}
			}
			if want == nil {
				want = records.ErrForbidden
			}
			if v.Writes(k.Category) {
				continue
			}
			_, end := h.store.End(ctx, v, k, id, version, day("2026-01-01"), "")
			for name, err := range map[string]error{
				"Put": h.store.Put(ctx, v, k.New(), ""), "correcting": h.store.Put(ctx, v, rec, ""),
				"End": end, "Delete": h.store.Delete(ctx, v, k, id, version, "because"),
			} {
				if !errors.Is(err, want) {
					t.Errorf("%s: %s of a %s: %v; want %v", v.Role(), name, k.Name, err, want)
				}
			}
		}
		want := error(nil)
		switch {
		case !v.Reads(access.Education):
			want = records.ErrNotFound
		case !v.Writes(access.Education):
			want = records.ErrForbidden
		}
		_, marks := h.store.PutMarks(ctx, v, nil, records.Batch{Source: ""})
		_, results := h.store.PutKS4Results(ctx, v, nil, records.Batch{Source: ""})
		if !errors.Is(marks, want) || !errors.Is(results, want) {
			t.Errorf("%s: PutMarks %v, PutKS4Results %v; want %v", v.Role(), marks, results, want)
		}
		if _, err := h.store.PutMark(ctx, v, records.Mark{}); want != nil && !errors.Is(err, want) {
			t.Errorf("%s: PutMark %v; want %v", v.Role(), err, want)
		}
	}
	if left := value[int](h, `SELECT count(*) FROM audit WHERE action NOT IN ('create', 'read', 'list', 'history')`); left > 0 {
		t.Errorf("%d audit lines say that something was done", left)
	}
}

// Row-level security: a query that goes round the program's own check gets what
// the viewer's categories allow, and nothing of anybody for nobody.
func TestRowLevelSecurity(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.samples()
	for _, v := range []access.Viewer{nobody, welfare, social, director, accesstest.Viewer(access.TransportOfficer)} {
		err := access.InTx(t.Context(), h.pool, v, func(tx pgx.Tx) error {
			for _, k := range records.Kinds() {
				for _, table := range []string{k.Table, k.Table + "_history"} {
					var n int
					if err := tx.QueryRow(t.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil {
						return err
					}
					if want := v.Reads(k.Category) && table == k.Table; want != (n > 0) {
						t.Errorf("%q sees %d rows of %s", v.Role(), n, table)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		v   access.Viewer
		sql string
	}{
		{welfare, `INSERT INTO child (date_of_birth, sex, ethnicity, recorded_by) VALUES ('2020-01-01', 'F', 'WBRI', 1)`},
		{social, `INSERT INTO enrolment_history SELECT now(), 1, 'update', NULL, NULL, * FROM enrolment`},
		{nobody, `INSERT INTO school (laestab, name, phase, recorded_by) VALUES ('8739999', 'x', 'primary', 1)`},
	} {
		err := access.InTx(t.Context(), h.pool, test.v, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), test.sql)
			return err
		})
		refused(t, test.sql, err)
	}
	for _, sql := range []string{`UPDATE child SET sex = 'M'`, `DELETE FROM child_name`} {
		err := access.InTx(t.Context(), h.pool, welfare, func(tx pgx.Tx) error {
			tag, err := tx.Exec(t.Context(), sql)
			if tag.RowsAffected() != 0 {
				t.Errorf("%s changes %d rows", sql, tag.RowsAffected())
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for _, sql := range []string{`UPDATE child_history SET sex = 'M'`, `DELETE FROM child_history`, `TRUNCATE child`, `UPDATE audit SET role = 'x'`, `DELETE FROM audit`, `SELECT 1 FROM session; CREATE TABLE mine (n int)`, `UPDATE sex SET label = 'x'`} {
		err := access.InTx(t.Context(), h.pool, everything, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), sql)
			return err
		})
		refused(t, sql, err)
	}
}

func refused(t *testing.T, what string, err error) {
	t.Helper()
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != "42501" {
		t.Errorf("%s: %v; want SQLSTATE 42501", what, err)
	}
}

// A query straight to a partition would go round the policy of its parent, so
// the program has no right on any; the follower copies facts from it, and only
// facts.
func TestPartitions(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.county()
	h.put(&records.Attendance{Child: c.child.ID, School: c.school.ID, Date: day("2023-09-04"), AM: "/"})
	partitions := value[[]string](h, `SELECT array_agg(inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = 'attendance'::regclass`)
	err := access.InTx(t.Context(), h.pool, everything, func(tx pgx.Tx) error {
		for _, p := range partitions {
			for _, sql := range []string{`SELECT id FROM ` + p, `COPY ` + p + ` TO STDOUT`, `INSERT INTO ` + p + ` (id) VALUES (1)`, `UPDATE ` + p + ` SET am = 'N'`, `DELETE FROM ` + p} {
				_, err := tx.Exec(t.Context(), `SAVEPOINT s`)
				if err != nil {
					return err
				}
				_, err = tx.Conn().PgConn().CopyTo(t.Context(), io.Discard, sql)
				if !strings.HasPrefix(sql, "COPY") {
					if _, rollback := tx.Exec(t.Context(), `ROLLBACK TO s`); rollback != nil {
						return rollback
					}
					_, err = tx.Exec(t.Context(), sql)
				}
				refused(t, sql, err)
				if _, err := tx.Exec(t.Context(), `ROLLBACK TO s`); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	follower := pool(t, h.admin, schema.Follower, postgrestest.Passwords.Follow)
	conn, err := follower.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	// Under row_security=off, its own setting, PostgreSQL refuses every table
	// with a policy, even one that hides nothing: an error and not silence. To
	// copy, the follower turns it on and makes sure of its policies itself
	// (warehouse, source.checkRowSecurity).
	_, err = conn.Conn().PgConn().CopyTo(t.Context(), io.Discard, `COPY child (id) TO STDOUT`)
	refused(t, "the follower copies under row_security=off", err)
	if _, err := conn.Exec(t.Context(), `SET row_security = on`); err != nil {
		t.Fatal(err)
	}
	var copied strings.Builder
	facts := records.Facts()
	at := slices.IndexFunc(facts, func(f records.FactTable) bool { return f.Partitioned })
	var names []string
	for _, c := range facts[at].Columns {
		names = append(names, c.Name)
	}
	for _, p := range partitions {
		if _, err := conn.Conn().PgConn().CopyTo(t.Context(), &copied, `COPY `+p+` (`+strings.Join(names, ", ")+`) TO STDOUT`); err != nil {
			t.Errorf("the follower copies %s: %v", p, err)
		}
	}
	if n := strings.Count(copied.String(), "\n"); n != 2 {
		t.Errorf("the follower copied %d rows of 2", n)
	}
	for _, f := range facts {
		if f.Partitioned {
			continue
		}
		var names []string
		for _, c := range f.Columns {
			names = append(names, c.Name)
		}
		tag, err := conn.Conn().PgConn().CopyTo(t.Context(), io.Discard, `COPY `+f.Name+` (`+strings.Join(names, ", ")+`) TO STDOUT`)
		if want := value[int64](h, `SELECT count(*) FROM `+f.Name); err != nil || tag.RowsAffected() != want {
			t.Errorf("the follower copied %d of the %d rows of %s: %v", tag.RowsAffected(), want, f.Name, err)
		}
	}
	for _, k := range records.Kinds() {
		private := []string{"recorded_by", "source", "batch_id"}
		if k.PublicID {
			private = append(private, "public_id")
		}
		for _, f := range k.Fields {
			if f.Private {
				private = append(private, f.Column)
			}
		}
		for _, column := range private {
			_, err := follower.Exec(t.Context(), `SELECT `+column+` FROM `+k.Table)
			refused(t, "the follower reads "+k.Table+"."+column, err)
		}
		_, err := follower.Exec(t.Context(), `SELECT id FROM `+k.Table+`_history`)
		refused(t, "the follower reads "+k.Table+"_history", err)
	}
	// And what it must make sure of: a copy under row-level security hears nothing of it.
	h.exec(`DROP POLICY follow ON attendance_2026`)
	tag, err := conn.Conn().PgConn().CopyTo(t.Context(), io.Discard, `COPY attendance_2026 (id) TO STDOUT`)
	if err != nil || tag.RowsAffected() != 0 {
		t.Errorf("under row-level security the follower copies %d rows, %v", tag.RowsAffected(), err)
	}
}

// Every read of a child's record and every change leaves its line, and what
// fails leaves none.
func TestAudit(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.county()
	other := h.child("")
	h.exec(`TRUNCATE child_history; ALTER TABLE audit DISABLE TRIGGER append_only_truncate; TRUNCATE audit; ALTER TABLE audit ENABLE TRIGGER append_only_truncate`)
	ctx := t.Context()
	lines := func() map[string]int {
		m := map[string]int{}
		for _, line := range value[[]string](h, `SELECT coalesce(array_agg(concat_ws(' ', account_id, role, action, kind, 'child ' || child_id, array_to_string(fields, ','), reason, 'children ' || array_to_string(children, ' and '))), '{}') FROM audit`) {
			m[line]++
		}
		h.exec(`ALTER TABLE audit DISABLE TRIGGER append_only_truncate; TRUNCATE audit`)
		return m
	}
	check := func(what string, err error, want ...string) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		expected := map[string]int{}
		for _, w := range want {
			expected[w]++
		}
		if got := lines(); !maps.Equal(got, expected) {
			t.Errorf("%s leaves %v; want %v", what, got, expected)
		}
	}
	one := fmt.Sprint("child ", value[int64](h, `SELECT id FROM child WHERE public_id = $1::text::uuid`, c.child.ID))
	two := fmt.Sprint("child ", value[int64](h, `SELECT id FROM child WHERE public_id = $1::text::uuid`, other.ID))

	// A list is one line, in the order in which it was given.
	list, err := h.store.List(ctx, social, kind("children"), records.ListQuery{})
	ids := []string{strings.TrimPrefix(one, "child "), strings.TrimPrefix(two, "child ")}
	if err == nil && len(list.Records) == 2 && list.Records[0].Head().ID == other.ID {
		slices.Reverse(ids)
	}
	listed := "1 social-worker list child children " + strings.Join(ids, " and ")
	check("List", err, listed)

	_, err = h.store.Get(ctx, social, kind("child"), c.child.ID)
	check("Get", err, "1 social-worker read child "+one)
	_, err = h.store.Get(ctx, social, kind("placement"), c.placement.ID)
	check("Get of what belongs to a child", err, "1 social-worker read placement "+one)
	_, err = h.store.Get(ctx, social, kind("school"), c.school.ID)
	check("Get of a school", err)
	_, err = h.store.List(ctx, social, kind("children"), records.ListQuery{Limit: 1})
	if got := lines(); err != nil || len(got) != 1 {
		t.Errorf("a list of one leaves %v, %v", got, err)
	}
	_, err = h.store.History(ctx, social, kind("child"), c.child.ID)
	check("History", err, "1 social-worker history child "+one)
	c.address.Confidential = true
	check("correcting", h.store.Put(ctx, social, c.address, "asked"), "1 social-worker correct address "+one+" confidential asked")
	check("correcting nothing", h.store.Put(ctx, social, c.address, "asked"), "1 social-worker read address "+one)
	c.address.Postcode = "x"
	wants(t, h.store.Put(ctx, social, c.address, "asked"), "postcode format")
	check("what fails", nil)
	check("creating", h.store.Put(ctx, social, &records.ChildName{Child: other.ID, Type: "legal", Forename: "A", Surname: "B", FromDate: day("2020-01-01")}, ""),
		"1 social-worker create child-name "+two+" child,type,forename,surname,from_date")
	_, err = h.store.End(ctx, social, kind("child-name"), c.name.ID, 1, day("2026-01-01"), "changed")
	check("ending", err, "1 social-worker end child-name "+one+" to_date changed")
	check("deleting", h.store.Delete(ctx, social, kind("child-name"), c.name.ID, 2, "not theirs"), "1 social-worker delete child-name "+one+" not theirs")
	_, err = h.store.PutMark(ctx, welfare, records.Mark{Child: c.child.ID, School: c.school.ID, Date: day("2026-11-19"), Session: "AM", Code: "O"})
	check("a mark", err, "1 welfare-officer correct attendance "+one+" am,am_minutes")
}
