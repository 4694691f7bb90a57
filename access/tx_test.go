package access_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"onevision/access"
	"onevision/access/accesstest"
)

// With one connection for everybody, each transaction has its own viewer's
// rights and no other's, and PostgreSQL itself holds to that: the queries here
// ask for everything. Between transactions the connection has no rights at all.
func TestOneConnectionManyViewers(t *testing.T) {
	p := pool(t, 1)
	ctx := t.Context()
	err := access.InTx(ctx, p, access.System(access.Generating), func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO school (laestab, name, phase, recorded_by)
			SELECT 8730000 + n, 'School ' || n, (SELECT code FROM school_phase LIMIT 1), 0 FROM generate_series(1, 3) n`)
		if err != nil {
			return err
		}
		var child int64
		if err := tx.QueryRow(ctx, `
			INSERT INTO child (date_of_birth, sex, ethnicity, recorded_by)
			VALUES ('2015-02-03', (SELECT code FROM sex LIMIT 1), (SELECT code FROM ethnicity LIMIT 1), 0) RETURNING id`).Scan(&child); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO social_care_case (child_id, from_date, referral_source, recorded_by)
			VALUES ($1, '2026-01-05', (SELECT code FROM referral_source LIMIT 1), 0)`, child)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	type sight struct{ schools, children, cases int }
	see := func(v access.Viewer) (s sight, err error) {
		err = access.InTx(ctx, p, v, func(tx pgx.Tx) error {
			return tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM school), (SELECT count(*) FROM child), (SELECT count(*) FROM social_care_case)`).
				Scan(&s.schools, &s.children, &s.cases)
		})
		return s, err
	}
	want := map[access.Role]sight{
		access.Director:       {3, 0, 0},
		access.LeadMember:     {3, 0, 0},
		access.WelfareOfficer: {3, 1, 0},
		access.SocialWorker:   {3, 1, 1},
		access.Administrator:  {3, 0, 0},
		"":                    {},
		"chief":               {},
	}
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			n := worker
			for range 60 {
				for role, w := range want {
					n++
					if n%3 == 0 { // some end in an error, and leave nothing behind
						err := access.InTx(ctx, p, accesstest.ViewerOf(int64(n), access.SocialWorker), func(pgx.Tx) error { return errors.New("no") })
						if err == nil {
							t.Error("an error was lost")
						}
					}
					got, err := see(accesstest.ViewerOf(int64(n), role))
					if err != nil || got != w {
						t.Errorf("role %q sees %+v, not %+v (%v)", role, got, w, err)
					}
				}
			}
		})
	}
	wg.Wait()
	if got, err := see(access.Viewer{}); err != nil || got != (sight{}) {
		t.Errorf("nobody sees %+v (%v)", got, err)
	}
	// Outside InTx there is nobody.
	if n := one[int](t, p, `SELECT count(*) FROM school`); n != 0 {
		t.Errorf("a connection from the pool sees %d schools with nobody's rights", n)
	}
}

func TestWritingWithoutTheRightIsRefused(t *testing.T) {
	p := pool(t, 2)
	for _, role := range []access.Role{access.Director, access.SocialWorker, access.TransportOfficer, ""} {
		err := access.InTx(t.Context(), p, accesstest.Viewer(role), func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `
				INSERT INTO school (laestab, name, phase, recorded_by) VALUES ('8739999', 'No', (SELECT code FROM school_phase LIMIT 1), 0)`)
			return err
		})
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != "42501" {
			t.Errorf("role %q writing a school: %v", role, err)
		}
	}
}

// A line of the audit says who, in which role, in which request; nobody can
// change one, and nobody writes one as nobody.
func TestAudit(t *testing.T) {
	p := pool(t, 2)
	ctx := t.Context()
	v := accesstest.ViewerOf(7, access.SocialWorker).WithRequest("req-1")
	err := access.InTx(ctx, p, v, func(tx pgx.Tx) error {
		return access.Audit(ctx, tx, v,
			access.Entry{Action: "read", Kind: "child", Record: 5, Child: 5},
			access.Entry{Action: "correct", Kind: "child", Record: 5, Child: 5, Fields: []string{"sex"}, Reason: "typed wrong"})
	})
	if err != nil {
		t.Fatal(err)
	}
	got := one[string](t, p, `SELECT string_agg(concat_ws(' ', account_id, actor, role, action, kind, record_id, child_id, fields, reason, request), '; ' ORDER BY id) FROM audit`)
	want := "7 account social-worker read child 5 5 req-1; 7 account social-worker correct child 5 5 {sex} typed wrong req-1"
	if got != want {
		t.Errorf("the audit says %q", got)
	}
	for _, sql := range []string{`UPDATE audit SET action = 'x'`, `DELETE FROM audit`, `TRUNCATE audit`} {
		if _, err := p.Exec(ctx, sql); err == nil {
			t.Errorf("%s was allowed", sql)
		}
	}
	err = access.InTx(ctx, p, v, func(tx pgx.Tx) error { return access.Audit(ctx, tx, access.Viewer{}, access.Entry{Action: "read"}) })
	if err == nil {
		t.Error("nobody wrote an audit line")
	}
	// No act without its line, no line without its act.
	boom := errors.New("boom")
	err = access.InTx(ctx, p, v, func(tx pgx.Tx) error {
		return errors.Join(access.Audit(ctx, tx, v, access.Entry{Action: "read"}), boom)
	})
	if n := one[int](t, p, `SELECT count(*) FROM audit`); !errors.Is(err, boom) || n != 2 {
		t.Errorf("after a rollback there are %d lines (%v)", n, err)
	}
}

func ExampleViewer() {
	var v access.Viewer
	fmt.Println(v.Anybody(), v.Reads(access.Organisation), v.May(access.ViewDashboards))
	// Output: false false false
}
