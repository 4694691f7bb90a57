package warehouse

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/records/postgres"
	"onevision/records/postgres/postgrestest"
	"onevision/records/schema"
)

func TestMain(m *testing.M) {
	if following() {
		return
	}
	flag.Parse()
	flag.Set("test.parallel", "4") // each waits for a server of its own, most of the time
	if os.Getenv("ONEVISION_FAULTS") != "full" {
		flag.Set("rapid.checks", "25")
	}
	postgrestest.Main(m)
}

// county is a private server with the real schema and a few records.
type county struct {
	*testing.T
	server    *postgres.Server
	admin     string
	passwords schema.Passwords
	conn      *pgx.Conn
	tables    []Table
}

// newCounty publishes only the kinds with which these tests work: opening, loading and
// verifying all of them costs a processor a second, and a county of every kind one test.
func newCounty(t *testing.T, settings map[string]string) *county {
	t.Helper()
	t.Parallel() // each has a server of its own, and mostly waits for it
	return countyOn(t, postgrestest.Server(t, settings))
}

// published are the kinds and calendars of newCounty; their code tables come with them.
var published = []string{"school", "child", "attendance", "ks4_result", "social_care_case", "enrolment", "bank_holiday"}

func countyOn(t *testing.T, server *postgres.Server) *county {
	t.Helper()
	c := countyOfEveryKind(t, server)
	var others string
	if err := c.conn.QueryRow(t.Context(), `
		SELECT coalesce(string_agg(quote_ident(t.tablename), ', '), '') FROM pg_publication_tables t
		WHERE t.pubname = $1 AND t.tablename <> ALL ($2) AND NOT EXISTS (SELECT FROM pg_constraint f
			WHERE f.contype = 'f' AND f.confrelid = ('public.' || t.tablename)::regclass AND f.conrelid::regclass::text = ANY ($2))`,
		schema.Publication, published).Scan(&others); err != nil {
		t.Fatal(err)
	}
	c.exec(`ALTER PUBLICATION ` + schema.Publication + ` DROP TABLE ` + others)
	c.tables = followed(t, c.conn)
	return c
}

func countyOfEveryKind(t *testing.T, server *postgres.Server) *county {
	t.Helper()
	c := &county{T: t, server: server, passwords: postgrestest.Passwords}
	c.admin = c.server.URL(postgrestest.Prepared)
	c.connect()
	c.tables = followed(t, c.conn)
	c.exec(`INSERT INTO school (laestab, name, phase, district, recorded_by) SELECT (8730000 + i)::text, 'School ' || i, 'primary', 'E07000008', 0 FROM generate_series(1, 5) i`)
	c.exec(`INSERT INTO child (date_of_birth, sex, ethnicity, recorded_by) SELECT DATE '2010-01-01' + i, CASE WHEN i % 2 = 0 THEN 'F' ELSE 'M' END, 'WBRI', 0 FROM generate_series(1, 200) i`)
	c.exec(`INSERT INTO attendance (child_id, school_id, date, am, pm, am_minutes, recorded_by)
		SELECT c, 1 + c % 5, d, '/', CASE WHEN c % 7 = 0 THEN NULL ELSE '\' END, CASE WHEN c % 11 = 0 THEN 5 END, 0
		FROM generate_series(1, 200) c, generate_series(DATE '2025-09-01', DATE '2025-09-20', '1 day') d`)
	c.exec(`INSERT INTO ks4_result (child_id, school_id, year, attainment8, english_grade, maths_grade, recorded_by)
		SELECT c, 1, 2024, CASE WHEN c % 3 = 0 THEN NULL ELSE c % 90 + 0.25 END, '5', CASE WHEN c % 4 = 0 THEN NULL ELSE 'U' END, 0 FROM generate_series(1, 100) c`)
	c.exec(`INSERT INTO social_care_case (child_id, from_date, referral_source, no_further_action, recorded_by)
		SELECT c, DATE '2025-01-01' + c, '1A', c % 2 = 0, 0 FROM generate_series(1, 50) c`)
	return c
}

func (c *county) connect() {
	c.Helper()
	conn, err := pgx.Connect(c.Context(), c.admin)
	if err != nil {
		c.Fatal(err)
	}
	c.conn = conn
	c.Cleanup(func() { conn.Close(context.Background()) })
}

func (c *county) exec(sql string, args ...any) {
	c.Helper()
	if _, err := c.conn.Exec(c.Context(), sql, args...); err != nil {
		c.Fatalf("%s: %v", sql, err)
	}
}

func (c *county) source() string {
	u, err := schema.RoleURL(c.admin, schema.Follower, c.passwords.Follow)
	if err != nil {
		c.Fatal(err)
	}
	return u
}

func (c *county) options(dir string) Options {
	return Options{Dir: dir, SourceURL: c.source(), Slot: "onevision_test", Publication: schema.Publication,
		Tables: c.tables, Heartbeat: 100 * time.Millisecond, Log: slog.New(slog.NewTextHandler(c.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))}
}

// follower is an open warehouse that follows until the test ends or stop.
type follower struct {
	*Warehouse
	t       *testing.T
	cancel  context.CancelFunc
	done    chan error
	changes chan Change
}

func (c *county) follow(o Options) *follower {
	c.Helper()
	w, err := Open(c.Context(), o)
	if err != nil {
		c.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	f := &follower{w, c.T, cancel, make(chan error, 1), make(chan Change, 100000)}
	w.Subscribe(func(ch Change) { f.changes <- ch })
	go func() { f.done <- w.Follow(ctx) }()
	c.Cleanup(f.stop)
	return f
}

func (f *follower) stop() {
	f.t.Helper()
	if f.cancel == nil {
		return
	}
	f.cancel()
	f.cancel = nil
	if err := <-f.done; err != nil {
		f.t.Errorf("follow: %v", err)
	}
	if err := f.Close(); err != nil {
		f.t.Errorf("close: %v", err)
	}
}

func (f *follower) wait() {
	f.t.Helper()
	select {
	case <-f.Ready():
	case <-time.After(patience):
		f.t.Fatalf("not ready: %+v", f.Status())
	}
}

// until waits for a condition on the status.
func (f *follower) until(what string, ok func(Status) bool) {
	f.t.Helper()
	for end := time.Now().Add(patience); !ok(f.Status()); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			f.t.Fatalf("%s did not happen: %+v", what, f.Status())
		}
	}
}

// equal holds the warehouse against the record store.
func (f *follower) equal() Report {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), patience)
	defer cancel()
	r, err := f.Verify(ctx)
	if err != nil {
		f.t.Fatalf("verify: %v (%+v)", err, f.Status())
	}
	if !r.Equal {
		var b strings.Builder
		for _, t := range r.Tables {
			if !t.Equal {
				fmt.Fprintf(&b, "\n%+v", t)
			}
		}
		f.t.Fatalf("the warehouse differs from the record store:%s", b.String())
	}
	return r
}

// number reads one integer.
func (f *follower) number(query string) int64 {
	f.t.Helper()
	var n int64
	err := f.Read(f.t.Context(), func(ctx context.Context, c *sql.Conn, _ Position) error {
		return c.QueryRowContext(ctx, query).Scan(&n)
	})
	if err != nil {
		f.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// followed reads what there is to follow from the catalogue.
func followed(t *testing.T, conn *pgx.Conn) []Table {
	t.Helper()
	rows, err := conn.Query(t.Context(), `
		SELECT t.tablename, c.relkind = 'p', EXISTS (SELECT FROM pg_attribute k WHERE k.attrelid = c.oid AND k.attname = 'valid_from'),
			a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
			a.attnum = ANY (SELECT unnest(i.indkey) FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary),
			coalesce((SELECT f.confrelid::regclass::text FROM pg_constraint f WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum]
				AND EXISTS (SELECT FROM pg_attribute k WHERE k.attrelid = f.confrelid AND k.attname = 'valid_from') LIMIT 1), '')
		FROM pg_publication_tables t JOIN pg_class c ON c.oid = ('public.' || t.tablename)::regclass
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = ANY (t.attnames)
		WHERE t.pubname = $1 ORDER BY 3 DESC, 1, a.attnum`, schema.Publication)
	if err != nil {
		t.Fatal(err)
	}
	var tables []Table
	for rows.Next() {
		var table, name, postgres, codes string
		var partitioned, isCodes, null, key bool
		if err := rows.Scan(&table, &partitioned, &isCodes, &name, &postgres, &null, &key, &codes); err != nil {
			t.Fatal(err)
		}
		if len(tables) == 0 || tables[len(tables)-1].Name != table {
			tables = append(tables, Table{Name: table, Codes: isCodes, Partitioned: partitioned})
		}
		last := &tables[len(tables)-1]
		c := NewColumn(name, postgres, codes, null)
		if key {
			last.Key = append(last.Key, name)
			if c.Type == Date {
				last.DateColumn = name
			}
		}
		last.Columns = append(last.Columns, c)
	}
	if err := rows.Err(); err != nil || len(tables) == 0 {
		t.Fatal(len(tables), err)
	}
	return tables
}
