package records_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/records"
	"onevision/records/postgres/postgrestest"
	"onevision/records/recordstest"
	"onevision/records/schema"
)

// related is a record store in which children are somebody's: one record of every
// kind, each about a child of its own whom nobody reaches, and one about a child
// whom the account 'own' reaches.
type related struct {
	*fixture
	own     int64 // an account
	records map[*records.Kind][2]records.Record
}

func openRelated(t *testing.T) *related {
	t.Helper()
	admin := postgrestest.New(t)
	h := &related{fixture: (&fixture{t: t, admin: admin, pool: pool(t, admin, schema.App, postgrestest.Passwords.App)}).begin(), records: map[*records.Kind][2]records.Record{}}
	account, err := access.NewAccounts(h.pool, time.Now).Add(t.Context(), access.System(access.Operating), access.NewAccount{Username: "own", DisplayName: "Own", Role: access.SocialWorker})
	if err != nil {
		t.Fatal(err)
	}
	h.own = account.ID
	samples := recordstest.New(h.store)
	for _, k := range records.Kinds() {
		foreign := samples.Put(t, k)
		mine := samples.Put(t, k)
		h.records[k] = [2]records.Record{mine, foreign}
		if child := childOf(k, mine); child != "" {
			h.exec(`INSERT INTO reach SELECT id, 'account:' || $1::bigint, '-infinity', 'infinity', 'test', 0 FROM child WHERE public_id::text = $2`, h.own, child)
		}
	}
	// What follows from the samples themselves is not what is tested here.
	h.exec(`DELETE FROM reach WHERE source <> 'test'`)
	return h
}

func childOf(k *records.Kind, rec records.Record) string {
	switch {
	case k.PublicID:
		return rec.Head().ID
	case k.About():
		return members(rec)["child"].(string)
	}
	return ""
}

// The whole policy of whose records a role sees, kind by kind: with only row-level security,
// with only the program's check, and with both, each gives own children and no
// others; of every child where the policy says so.
func TestWhoseRecords(t *testing.T) {
	t.Parallel()
	h := openRelated(t)
	unbound := records.NewStore(h.superuser(), func() time.Time { return time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC) })
	for _, role := range access.Roles() {
		v := accesstest.ViewerOf(h.own, role)
		wants := map[string]bool{} // of the records of every kind, by id
		var counts []string
		of := map[access.Category]bool{}
		for _, k := range records.Kinds() {
			want := [2]bool{v.Reads(k.Category), v.Reads(k.Category)}
			if k.About() && !slices.Contains(v.Relations(k.Category), access.Everyone) {
				want[1] = false
			}
			// The program’s check and row-level security go by the category: its first kind is tried in every way.
			first := !of[k.Category]
			of[k.Category] = true
			for name, store := range map[string]*records.Store{"both": h.store, "program": unbound} {
				for i, rec := range h.records[k] {
					said := fmt.Sprintf("%s: %s, %s, own %v", name, role, k.Name, i == 0)
					_, err := store.Get(t.Context(), v, k, rec.Head().ID)
					check(t, said+": Get", err, want[i])
					if first {
						_, err = store.History(t.Context(), v, k, rec.Head().ID)
						check(t, said+": History", err, want[i])
					}
				}
				if !first && store == h.store {
					continue
				}
				list, err := store.List(t.Context(), v, k, records.ListQuery{Limit: 1000})
				for i, rec := range h.records[k] {
					found := slices.ContainsFunc(list.Records, func(r records.Record) bool { return r.Head().ID == rec.Head().ID })
					if found != want[i] || err != nil && !errors.Is(err, records.ErrNotFound) {
						t.Errorf("%s: %s, %s, own %v: listed %v (%v)", name, role, k.Name, i == 0, found, err)
					}
				}
			}
			column := "id::text"
			if k.PublicID {
				column = "public_id::text"
			}
			counts = append(counts, `SELECT '`+k.Name+` ' || `+column+` FROM `+k.Table)
			for i, rec := range h.records[k] {
				wants[k.Name+" "+rec.Head().ID] = want[i]
			}
		}
		// Row-level security alone: SQL that asks for everything.
		err := access.InTx(t.Context(), h.pool, v, func(tx pgx.Tx) error {
			rows, _ := tx.Query(t.Context(), strings.Join(counts, " UNION ALL "))
			seen, err := pgx.CollectRows(rows, pgx.RowTo[string])
			for name, want := range wants {
				if slices.Contains(seen, name) != want {
					t.Errorf("row-level security: %s, %s: seen %v, want %v", role, name, !want, want)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func check(t *testing.T, what string, err error, want bool) {
	t.Helper()
	if want && err != nil || !want && !errors.Is(err, records.ErrNotFound) {
		t.Errorf("%s: %v", what, err)
	}
}

// Whoever is not the child's cannot change, end, delete or add anything either, and
// is answered as if there were nothing.
func TestOthersChildrenCannotBeChanged(t *testing.T) {
	t.Parallel()
	h := openRelated(t)
	for _, role := range access.Roles() {
		v := accesstest.ViewerOf(h.own, role)
		for _, k := range records.Kinds() {
			if !k.About() || !v.Writes(k.Category) || slices.Contains(v.Relations(k.Category), access.Everyone) {
				continue
			}
			foreign := h.records[k][1]
			said := string(role) + " " + k.Name
			m := foreign.Head()
			check(t, said+" corrects", h.store.Put(t.Context(), v, foreign, "tried"), false)
			check(t, said+" deletes", h.store.Delete(t.Context(), v, k, m.ID, m.Version, "tried"), false)
			added := k.New()
			copyInto(t, foreign, added)
			*added.Head() = records.Meta{}
			var invalid *records.Invalid
			if err := h.store.Put(t.Context(), v, added, "tried"); !errors.As(err, &invalid) || !strings.HasPrefix(fmt.Sprint(invalid.Problems), "[{child ") {
				t.Errorf("%s adds: %v", said, err)
			}
			err := access.InTx(t.Context(), h.pool, v, func(tx pgx.Tx) error {
				tag, err := tx.Exec(t.Context(), `UPDATE `+k.Table+` SET source = 'x' WHERE id::text = $1`, m.ID)
				if tag.RowsAffected() != 0 {
					t.Errorf("%s: SQL changes %d rows", said, tag.RowsAffected())
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Reach is what the tables say that it follows from, whatever was done to them.
func TestReachFollowsTheRecords(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.county()
	same := func(after string) {
		t.Helper()
		for _, table := range value[[]string](h, `SELECT array_agg(substr(viewname, 10) ORDER BY viewname) FROM pg_views WHERE viewname LIKE 'reach\_of\_%'`) {
			different := value[int](h, `SELECT count(*) FROM (
				(SELECT child_id, grp, from_at, to_at FROM reach WHERE source = '`+table+`' EXCEPT ALL SELECT child_id, grp, from_at, to_at FROM reach_of_`+table+`)
				UNION ALL (SELECT child_id, grp, from_at, to_at FROM reach_of_`+table+` EXCEPT ALL SELECT child_id, grp, from_at, to_at FROM reach WHERE source = '`+table+`')) d`)
			if different != 0 {
				t.Errorf("after %s: %d rows of reach differ from what %s says", after, different, table)
			}
		}
	}
	if n := value[int](h, `SELECT count(*) FROM reach WHERE source IN ('enrolment', 'involvement', 'address')`); n < 4 {
		t.Fatalf("reach has %d rows", n)
	}
	same("creating")
	left := h.enrolment(h.child(""), c.school, "2023-09-01", "")
	ended, err := h.store.End(t.Context(), everything, kind("enrolment"), left.ID, 1, day("2026-10-01"), "left")
	if err != nil {
		t.Fatal(err)
	}
	same("ending")
	if n := value[int](h, `SELECT count(*) FROM reach WHERE grp LIKE 'school:%' AND to_at = '2026-10-01T00:00:00+01'`); n != 1 {
		t.Errorf("%d rows of a school end with the enrolment, at midnight in London", n)
	}
	if err := h.store.Delete(t.Context(), everything, kind("enrolment"), ended.Head().ID, ended.Head().Version, "wrong"); err == nil {
		same("deleting")
	}
	h.exec(`UPDATE involvement SET to_date = '2026-11-01'`)
	same("many at once")
}

// A list of the viewer's own children does not go past others' rows, and no policy
// calls a function for each row.
func TestListsBeginWithTheRelation(t *testing.T) {
	t.Parallel()
	h := openRelated(t)
	h.exec(`INSERT INTO child (date_of_birth, sex, ethnicity, recorded_by) SELECT '2015-01-01', 'F', 'WBRI', 0 FROM generate_series(1, 20000)`)
	h.exec(`ANALYZE`)
	v := accesstest.ViewerOf(h.own, access.ReviewingOfficer)
	list, err := h.store.List(t.Context(), v, kind("child"), records.ListQuery{})
	if err != nil || len(list.Records) == 0 {
		t.Fatalf("%d children listed (%v)", len(list.Records), err)
	}
	plan := explain(t, h.pool, v, `SELECT count(*) FROM child`)
	for _, line := range plan {
		if strings.Contains(line, "viewer_") && !strings.Contains(line, "InitPlan") && strings.Contains(line, "Filter") {
			t.Errorf("a function for each row: %s", line)
		}
	}
}

func explain(t *testing.T, p *pgxpool.Pool, v access.Viewer, sql string) (lines []string) {
	t.Helper()
	err := access.InTx(t.Context(), p, v, func(tx pgx.Tx) error {
		rows, _ := tx.Query(t.Context(), `EXPLAIN (COSTS OFF) `+sql)
		var err error
		lines, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// A child whom somebody records is theirs at once, and the next day too.
func TestWhoRecordsAChildReachesIt(t *testing.T) {
	t.Parallel()
	h := openRelated(t)
	v := accesstest.ViewerOf(h.own, access.SocialWorker)
	child := &records.Child{DateOfBirth: day("2020-03-04"), Sex: "F", Ethnicity: "WBRI"}
	if err := h.store.Put(t.Context(), v, child, ""); err != nil {
		t.Fatal(details(err))
	}
	c := &records.SocialCareCase{Child: child.ID, FromDate: day("2026-11-02"), ReferralSource: "1A"}
	if err := h.store.Put(t.Context(), v, c, ""); err != nil {
		t.Fatal(details(err))
	}
	if _, err := h.store.ChildRecord(t.Context(), v, child.ID); err != nil {
		t.Error(err)
	}
	if _, err := h.store.Get(context.Background(), accesstest.ViewerOf(h.own+1, access.SocialWorker), kind("social-care-case"), c.ID); !errors.Is(err, records.ErrNotFound) {
		t.Errorf("another social worker reads the case: %v", err)
	}
}

func members(rec records.Record) (m map[string]any) {
	b, err := json.Marshal(rec)
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		panic(err)
	}
	return m
}

func copyInto(t *testing.T, from, to records.Record) {
	t.Helper()
	b, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(b, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A restricted child exists for those who are named, and for nobody else whatever
// their role: with row-level security alone, the program alone, and both.
func TestRestrictedChildren(t *testing.T) {
	t.Parallel()
	h := openRelated(t)
	child := h.records[kind("child")][0].Head().ID
	h.exec(`INSERT INTO restriction (child_id, class, recorded_by) SELECT id, 'adopted', 0 FROM child WHERE public_id::text = $1`, child)
	unbound := records.NewStore(h.superuser(), func() time.Time { return time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC) })
	var key int64
	if err := h.superuser().QueryRow(t.Context(), `SELECT id FROM child WHERE public_id::text = $1`, child).Scan(&key); err != nil {
		t.Fatal(err)
	}
	see := func(want bool) {
		t.Helper()
		for _, role := range []access.Role{access.SocialWorker, access.ReviewingOfficer, access.WelfareOfficer, access.DataQuality} {
			v := accesstest.ViewerOf(h.own, role)
			for name, store := range map[string]*records.Store{"both": h.store, "program": unbound} {
				_, err := store.Get(t.Context(), v, kind("child"), child)
				check(t, name+": "+string(role)+" reads a restricted child", err, want)
				_, err = store.ChildPage(t.Context(), v, child)
				check(t, name+": "+string(role)+" opens a restricted child", err, want)
				list, err := store.ListChildren(t.Context(), v, records.ListAsked{Keys: []int64{key}, Counted: []int64{key}, Facts: []string{"enrolment"}, Reason: "a test", Most: 10})
				if role == access.DataQuality && !list.Everybody || list.Everybody && (len(list.Counted) == 1) != want {
					t.Errorf("%s: to %s %d restricted children are counted, everybody %t", name, role, len(list.Counted), list.Everybody)
				}
				if err != nil || (list.Seen == 1) != want || len(list.Children) != list.Seen || list.Hidden != 0 {
					t.Errorf("%s: %s is listed %d restricted children, %d hidden (%v)", name, role, list.Seen, list.Hidden, err)
				}
			}
			err := access.InTx(t.Context(), h.pool, v, func(tx pgx.Tx) error {
				var n int
				err := tx.QueryRow(t.Context(), `SELECT count(*) FROM child WHERE public_id::text = $1`, child).Scan(&n)
				if (n == 1) != want {
					t.Errorf("row-level security: %s sees %d restricted children", role, n)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	see(false)
	if _, err := h.store.Get(t.Context(), everything, kind("child"), child); err != nil {
		t.Errorf("the program itself: %v", err)
	}
	h.exec(`INSERT INTO restriction_named SELECT id, $1 FROM restriction`, h.own)
	see(true)
}
