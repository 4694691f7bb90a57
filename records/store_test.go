package records_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/records"
	"onevision/records/postgres/postgrestest"
	"onevision/records/schema"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

func prepare(admin string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err = conn.Exec(ctx, `INSERT INTO postcode_sector VALUES ('CB1 2', 'E07000008'), ('PE13 1', 'E07000010')`); err != nil {
		return err
	}
	return accesstest.ReachEveryChild(ctx, admin)
}

// fixture is a record store of the test's own, on Friday 20 November 2026.
type fixture struct {
	t     testing.TB
	admin string
	pool  *pgxpool.Pool
	store *records.Store

	superusers func() (*pgxpool.Pool, error) // made when first asked for
}

var (
	everything = access.System(access.Generating)
	welfare    = accesstest.Viewer(access.WelfareOfficer)
	social     = accesstest.Viewer(access.SocialWorker)
	director   = accesstest.Viewer(access.Director)
	nobody     access.Viewer
)

func open(t *testing.T) *fixture { t.Helper(); return openFor(t) }

func openFor(t testing.TB) *fixture {
	t.Helper()
	admin := postgrestest.Template(t, prepare)
	h := &fixture{t: t, admin: admin, pool: pool(t, admin, schema.App, postgrestest.Passwords.App)}
	return h.begin()
}

// superuser is past row-level security. Its connections are kept: a new one costs
// the processor as much as thirty statements.
func (h *fixture) superuser() *pgxpool.Pool {
	h.t.Helper()
	p, err := h.superusers()
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

func (h *fixture) begin() *fixture {
	h.superusers = sync.OnceValues(func() (*pgxpool.Pool, error) {
		config, err := pgxpool.ParseConfig(h.admin)
		if err != nil {
			return nil, err
		}
		config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec // tests change tables under it
		p, err := pgxpool.NewWithConfig(h.t.Context(), config)
		if err == nil {
			h.t.Cleanup(p.Close)
		}
		return p, err
	})
	h.store = records.NewStore(h.pool, func() time.Time { return time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC) })
	return h
}

func pool(t testing.TB, admin, role, password string) *pgxpool.Pool {
	t.Helper()
	url, err := schema.RoleURL(admin, role, password)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// put stores a record that must be right.
func (h *fixture) put(rec records.Record) {
	h.t.Helper()
	if err := h.store.Put(h.t.Context(), everything, rec, ""); err != nil {
		h.t.Fatalf("put %T: %v", rec, details(err))
	}
}

// value asks the superuser for one value.
func value[T any](h *fixture, sql string, args ...any) (v T) {
	h.t.Helper()
	if err := h.superuser().QueryRow(h.t.Context(), sql, args...).Scan(&v); err != nil {
		h.t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func (h *fixture) exec(sql string, args ...any) {
	h.t.Helper()
	if _, err := h.superuser().Exec(h.t.Context(), sql, args...); err != nil {
		h.t.Fatalf("%s: %v", sql, err)
	}
}

func details(err error) string {
	var b strings.Builder
	b.WriteString(err.Error())
	var invalid *records.Invalid
	if errors.As(err, &invalid) {
		for _, p := range invalid.Problems {
			b.WriteString("\n\t" + p.Field + " " + p.Code + ": " + p.Message)
		}
	}
	return b.String()
}

// wants fails unless err is *Invalid with exactly these "field code"s.
func wants(t *testing.T, err error, problems ...string) {
	t.Helper()
	var invalid *records.Invalid
	if !errors.As(err, &invalid) {
		t.Fatalf("error %v; want problems %q", err, problems)
	}
	var got []string
	for _, p := range invalid.Problems {
		got = append(got, p.Field+" "+p.Code)
		if p.Message == "" {
			t.Errorf("%s %s has no message", p.Field, p.Code)
		}
	}
	if strings.Join(got, ", ") != strings.Join(problems, ", ") {
		t.Errorf("problems %q; want %q", got, problems)
	}
}

func day(s string) records.Date {
	d, err := records.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func minutes(n int16) *int16 { return &n }

func kind(name string) *records.Kind {
	k, ok := records.KindOf(name)
	if !ok {
		panic(name)
	}
	return k
}

func upn(last12 string) string {
	u, ok := records.UPN(last12)
	if !ok {
		panic(last12)
	}
	return u
}

// child, school and enrolment that later records need.
func (h *fixture) child(upn string) *records.Child {
	h.t.Helper()
	c := &records.Child{DateOfBirth: day("2012-03-04"), Sex: "F", Ethnicity: "WBRI", UPN: upn}
	h.put(c)
	return c
}

func (h *fixture) school(laestab string) *records.School {
	h.t.Helper()
	s := &records.School{LAESTAB: laestab, Name: "School " + laestab, Phase: "secondary", FromDate: day("1900-01-01")}
	h.put(s)
	return s
}

func (h *fixture) enrolment(c *records.Child, s *records.School, from, to string) *records.Enrolment {
	h.t.Helper()
	e := &records.Enrolment{Child: c.ID, School: s.ID, Status: "C", FromDate: day(from)}
	if to != "" {
		e.ToDate = day(to)
	}
	h.put(e)
	return e
}

// clock stands at so many seconds past 10 on that Friday.
func clock(seconds int) func() time.Time {
	return func() time.Time { return time.Date(2026, 11, 20, 10, 0, seconds, 0, time.UTC) }
}
