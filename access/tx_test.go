package access_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

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
	accounts, of := access.NewAccounts(p, newClock().now), map[string]int64{}
	for _, name := range []string{"holder", "colleague", "stranger", "lead", "other lead"} {
		made, err := accounts.Add(ctx, access.System(access.Operating), access.NewAccount{Username: strings.ReplaceAll(name, " ", "-"), DisplayName: name, Role: access.SocialWorker})
		if err != nil {
			t.Fatal(err)
		}
		of[name] = made.ID
	}
	err := access.InTx(ctx, p, access.System(access.Generating), func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO school (laestab, name, phase, recorded_by)
			SELECT 8730000 + n, 'School ' || n, (SELECT code FROM school_phase LIMIT 1), 0 FROM generate_series(1, 3) n`)
		if err != nil {
			return err
		}
		// Child 1 is on the roll of school 1 and has a case, which worker 1 has;
		// nobody knows child 2.
		_, err = tx.Exec(ctx, `
			INSERT INTO child (id, date_of_birth, sex, ethnicity, recorded_by)
			SELECT n, '2015-02-03', (SELECT code FROM sex LIMIT 1), (SELECT code FROM ethnicity LIMIT 1), 0 FROM generate_series(1, 2) n`)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO enrolment (child_id, school_id, status, from_date, recorded_by) SELECT 1, min(id), 'C', '2024-09-02', 0 FROM school`)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO social_care_case (id, child_id, from_date, referral_source, recorded_by)
			VALUES (1, 1, '2026-01-05', (SELECT code FROM referral_source LIMIT 1), 0)`)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO team (id, name, service, recorded_by) VALUES (1, 'North', 'safeguarding', 0), (2, 'South', 'safeguarding', 0)`)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO worker (id, team_id, name, account_id, recorded_by) VALUES (1, 1, 'A', $1, 0), (2, 1, 'B', $2, 0), (3, 2, 'C', $3, 0)`, of["holder"], of["colleague"], of["stranger"])
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO involvement (child_id, case_id, worker_id, team_id, role, from_date, recorded_by) VALUES (1, 1, 1, 1, 'social-worker', '2026-01-05', 0)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	responsible := access.NewResponsibilities(p)
	for name, school := range map[string]string{"lead": "min", "other lead": "max"} {
		var id int64
		err := access.InTx(ctx, p, access.System(access.Operating), func(tx pgx.Tx) error {
			return tx.QueryRow(ctx, `SELECT `+school+`(id) FROM school`).Scan(&id)
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = responsible.Assign(ctx, access.System(access.Operating), access.Responsibility{Account: of[name], Subject: access.OneSchool, Member: id, Part: access.Member, From: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
	}

	type sight struct{ schools, children, cases int }
	see := func(v access.Viewer) (s sight, err error) {
		err = access.InTx(ctx, p, v, func(tx pgx.Tx) error {
			return tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM school), (SELECT count(*) FROM child), (SELECT count(*) FROM social_care_case)`).
				Scan(&s.schools, &s.children, &s.cases)
		})
		return s, err
	}
	want := map[access.Viewer]sight{
		accesstest.Viewer(access.Director):                             {3, 0, 0},
		accesstest.Viewer(access.LeadMember):                           {3, 0, 0},
		accesstest.Viewer(access.WelfareOfficer):                       {3, 1, 0}, // pupils
		accesstest.ViewerOf(of["holder"], access.SocialWorker):         {3, 2, 1},
		accesstest.ViewerOf(of["colleague"], access.SocialWorker):      {3, 2, 1},
		accesstest.ViewerOf(of["stranger"], access.SocialWorker):       {3, 2, 0},
		accesstest.ViewerOf(of["holder"], access.ReviewingOfficer):     {3, 1, 1},
		accesstest.ViewerOf(of["stranger"], access.ReviewingOfficer):   {3, 0, 0},
		accesstest.ViewerOf(of["lead"], access.SafeguardingLead):       {3, 1, 0},
		accesstest.ViewerOf(of["other lead"], access.SafeguardingLead): {3, 0, 0},
		accesstest.Viewer(access.TransportOfficer):                     {3, 0, 0},
		accesstest.Viewer(access.Administrator):                        {3, 0, 0},
		accesstest.Viewer(""):                                          {},
		accesstest.Viewer("chief"):                                     {},
		access.System(access.Importing):                                {3, 2, 1},
	}
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			n := worker
			for range 60 {
				for v, w := range want {
					n++
					if n%3 == 0 { // some end in an error, and leave nothing behind
						err := access.InTx(ctx, p, accesstest.ViewerOf(int64(n), access.SocialWorker), func(pgx.Tx) error { return errors.New("no") })
						if err == nil {
							t.Error("an error was lost")
						}
					}
					got, err := see(v)
					if err != nil || got != w {
						t.Errorf("account %d as %q sees %+v, not %+v (%v)", v.Account(), v.Role(), got, w, err)
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
