package county_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
	"onevision/records"
	"onevision/records/county"
	"onevision/records/postgres/postgrestest"
	"onevision/records/schema"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// counted is a prepared database with a small county in it.
func counted(adminURL string) error {
	_, err := county.Generate(context.Background(), county.Options{Children: 800, Seed: 3, Today: noon(), AdminURL: adminURL})
	return err
}

// county800 enters a small county into a database of its own.
func county800(t *testing.T) (adminURL string, report county.Report) {
	t.Helper()
	adminURL = postgrestest.New(t)
	report, err := county.Generate(t.Context(), county.Options{Children: 800, Seed: 3, Today: noon(), AdminURL: adminURL})
	if err != nil {
		t.Fatal(err)
	}
	return adminURL, report
}

func program(t *testing.T, adminURL string) *pgxpool.Pool {
	t.Helper()
	url, err := schema.RoleURL(adminURL, schema.App, postgrestest.Passwords.App)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func admin(t *testing.T, adminURL string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), adminURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func TestACountyGoesInWhole(t *testing.T) {
	adminURL, report := county800(t)
	conn := admin(t, adminURL)
	for _, c := range report.Counts {
		kind, ok := records.KindOf(c.Kind)
		if !ok {
			t.Fatalf("the report counts %q, which is no kind", c.Kind)
		}
		var n int64
		if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM "+pgx.Identifier{kind.Table}.Sanitize()).Scan(&n); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d", c.Kind, n)
		if shipped := c.Kind == "bank-holiday"; n != c.Rows && !shipped || n == 0 {
			t.Errorf("%s: %d rows are there, the report says %d", c.Kind, n, c.Rows)
		}
	}
	if len(report.Counts) != len(records.Kinds()) {
		t.Errorf("the county has %d kinds of record, the store %d: a new kind needs a part", len(report.Counts), len(records.Kinds()))
	}
	var demo bool
	var halfTerms, sectors int
	err := conn.QueryRow(t.Context(), `SELECT demo, (SELECT count(*) FROM half_term), (SELECT count(*) FROM postcode_sector) FROM installation`).Scan(&demo, &halfTerms, &sectors)
	if err != nil {
		t.Fatal(err)
	}
	if !demo || halfTerms == 0 || sectors != 54 {
		t.Errorf("demo %v, %d half terms, %d sectors", demo, halfTerms, sectors)
	}
}

// What the bulk path enters past the program's checks must hold with them: a
// sample of each kind is put again as it stands.
func TestTheRecordStoreAcceptsEachKind(t *testing.T) {
	adminURL := postgrestest.Template(t, counted)
	store := records.NewStore(program(t, adminURL), noon)
	v := access.System(access.Generating)
	for _, kind := range records.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			list, err := store.List(t.Context(), v, kind, records.ListQuery{Limit: 40})
			if err != nil {
				t.Fatal(err)
			}
			if len(list.Records) == 0 {
				t.Fatal("there is none")
			}
			for _, rec := range list.Records {
				if err := store.Put(t.Context(), v, rec, "a sample, put again"); err != nil {
					t.Errorf("%+v: %v", rec, err)
				}
			}
		})
	}
}

func TestTheSameCountyTwice(t *testing.T) {
	one, _ := county800(t)
	two := postgrestest.Template(t, counted)
	first, second := admin(t, one), admin(t, two)
	for _, kind := range records.Kinds() {
		// When a row was recorded is the one thing that differs.
		sql := fmt.Sprintf(`SELECT count(*), coalesce(sum(hashtextextended((to_jsonb(t) - 'recorded_at')::text, 0)), 0)::text FROM %s t`, pgx.Identifier{kind.Table}.Sanitize())
		var n, m int64
		var a, b string
		if err := first.QueryRow(t.Context(), sql).Scan(&n, &a); err != nil {
			t.Fatal(err)
		}
		if err := second.QueryRow(t.Context(), sql).Scan(&m, &b); err != nil {
			t.Fatal(err)
		}
		if n != m || a != b {
			t.Errorf("%s: %d rows and checksum %s, then %d and %s", kind.Name, n, a, m, b)
		}
	}
}

func TestPersonasSignIn(t *testing.T) {
	adminURL := postgrestest.Template(t, counted)
	pool := program(t, adminURL)
	for range 2 { // twice: the second time everybody is there already
		if err := county.Accounts(t.Context(), pool, noon, noon(), "seven invented horses"); err != nil {
			t.Fatal(err)
		}
	}
	accounts, err := access.NewAccounts(pool, noon).List(t.Context(), access.System(access.Operating))
	if err != nil || len(accounts) != len(county.Personas()) {
		t.Fatalf("%d accounts, %v", len(accounts), err)
	}
	for _, a := range accounts {
		if !a.Demo {
			t.Errorf("account %d is not marked as a demo account", a.ID)
		}
	}
	told, err := access.NewResponsibilities(pool).For(t.Context(), access.OneSchool, 1, noon())
	if err != nil || len(told) != 1 || told[0].Email != "manager@example.invalid" {
		t.Errorf("school 1 is answered for by %+v, %v", told, err)
	}
	told, err = access.NewResponsibilities(pool).For(t.Context(), access.OneSchool, 1, time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC))
	if err != nil || len(told) != 1 {
		t.Errorf("on the first day of the academic year school 1 is answered for by %+v, %v", told, err)
	}
}

func TestARealRecordStoreIsNotMixed(t *testing.T) {
	adminURL := postgrestest.New(t)
	conn := admin(t, adminURL)
	_, err := conn.Exec(t.Context(), `INSERT INTO school (laestab, name, phase, recorded_by) VALUES ('8734001', 'A real school', 'secondary', 0)`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = county.Generate(t.Context(), county.Options{Children: 800, Today: noon(), AdminURL: adminURL})
	if !errors.Is(err, county.ErrNotEmpty) {
		t.Errorf("a county beside a real school: %v", err)
	}
	var demo bool
	if err := conn.QueryRow(t.Context(), `SELECT demo FROM installation`).Scan(&demo); err != nil || demo {
		t.Errorf("a real record store was marked as a demo: %v, %v", demo, err)
	}
}
