package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/alerts"
	"onevision/alerts/receiver"
	"onevision/cmd/app"
	"onevision/records/postgres/postgrestest"
)

func examine(t *testing.T, d app.Doctor) app.Examination {
	t.Helper()
	if d.Data == "" {
		d.Data = t.TempDir()
	}
	e, err := d.Examine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// lacks gives what must be mended, by subject.
func lacks(e app.Examination) map[string]app.Finding {
	all := map[string]app.Finding{}
	for _, f := range e.Findings {
		if f.Verdict == app.Lacks {
			all[f.Subject] = f
		}
	}
	return all
}

func post(t *testing.T) alerts.Mail {
	t.Helper()
	r, err := receiver.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return alerts.Mail{Host: "127.0.0.1", Port: r.Port(), TLS: alerts.TLSNone, From: "alerts@example.invalid"}
}

// A server as PostgreSQL comes, and worse: each thing that it lacks is said,
// with the statement that mends it.
func TestDoctorOfAServerThatWillNotDo(t *testing.T) {
	t.Parallel()
	server := postgrestest.Server(t, map[string]string{"wal_level": "replica", "max_replication_slots": "1", "max_wal_senders": "1", "max_slot_wal_keep_size": "-1", "max_connections": "20"})
	admin := connect(t, server.URL("postgres"))
	exec(t, admin, `CREATE ROLE clerk LOGIN CREATEROLE PASSWORD 'paper clip'`)
	address := strings.Replace(server.URL("postgres"), server.URL("postgres")[len("postgres://"):strings.Index(server.URL("postgres"), "@")], "clerk:paper%20clip", 1)
	e := examine(t, app.Doctor{Place: app.Place{DatabaseURL: address}, Mail: post(t), Now: func() time.Time { return time.Now().Add(time.Minute) }})
	found := lacks(e)
	for subject, want := range map[string]struct {
		mend    string
		restart bool
	}{
		"rights":            {"onevision doctor --sql", false},
		"write-ahead log":   {"ALTER SYSTEM SET wal_level = 'logical';", true},
		"replication slots": {"ALTER SYSTEM SET max_replication_slots = 2;", true},
		"WAL senders":       {"ALTER SYSTEM SET max_wal_senders = 2;", true},
		"bound of slots":    {"ALTER SYSTEM SET max_slot_wal_keep_size = '4GB';\nSELECT pg_reload_conf();", false},
		"connections":       {"ALTER SYSTEM SET max_connections = 44;", true},
		"clocks":            {"timedatectl set-ntp true", false},
	} {
		f, ok := found[subject]
		if !ok || f.Mend != want.mend || f.Restart != want.restart {
			t.Errorf("%s: %+v", subject, f)
		}
		delete(found, subject)
		for statement := range strings.SplitSeq(want.mend, "\n") {
			if strings.HasSuffix(statement, ";") {
				exec(t, admin, statement) // it is one that PostgreSQL takes
			}
		}
	}
	if len(found) > 0 {
		t.Errorf("also lacking: %+v", found)
	}
	var text bytes.Buffer
	if err := e.Print(&text); err != nil || !strings.Contains(text.String(), "To be mended: 7.") || !strings.Contains(text.String(), "-- and restart PostgreSQL") || strings.Contains(text.String(), "paper") {
		t.Errorf("%v\n%s", err, &text)
	}
	text.Reset()
	var back app.Examination
	if err := e.PrintJSON(&text); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text.Bytes(), &back); err != nil || back.Healthy || len(back.Findings) != len(e.Findings) {
		t.Errorf("%v %+v", err, back)
	}
}

// What somebody changed behind the program's back is found, and the statements
// that the doctor prints mend it.
func TestDoctorMendsWhatIsMended(t *testing.T) {
	t.Parallel()
	server := postgrestest.Server(t, nil).URL("postgres")
	d := app.Doctor{Place: app.Place{DatabaseURL: server}, Mail: post(t)}
	if e := examine(t, d); !e.Healthy { // before the first start
		t.Fatalf("an empty server: %+v", lacks(e))
	}
	open(t, server)
	if e := examine(t, d); !e.Healthy {
		t.Fatalf("a server that the program prepared: %+v", lacks(e))
	}
	admin := connect(t, server)
	for _, harm := range []string{
		`ALTER ROLE onevision_follow BYPASSRLS`,
		`ALTER PUBLICATION onevision_facts DROP TABLE bank_holiday`,
		`ALTER PUBLICATION onevision_facts SET (publish = 'insert, update')`,
		`ALTER PUBLICATION onevision_facts DROP TABLE child`,
		`ALTER PUBLICATION onevision_facts ADD TABLE child`, // every column: the names too
		`REVOKE SELECT (date) ON attendance FROM onevision_follow`,
		`GRANT SELECT ON child TO onevision_follow`,
		`GRANT SELECT ON child_name TO onevision_follow`,
		`ALTER TABLE enrolment DISABLE ROW LEVEL SECURITY`,
		`ALTER TABLE attendance_2024 DISABLE ROW LEVEL SECURITY`,
		`GRANT SELECT ON attendance_2025 TO onevision_app`,
		`ALTER EVENT TRIGGER guard_partitions_drop DISABLE`,
	} {
		exec(t, admin, harm)
	}
	e := examine(t, d)
	found := lacks(e)
	for subject, words := range map[string]string{
		"roles":                   "onevision_follow",
		"publication":             "bank_holiday.day",
		"the follower's rights":   "child_name",
		"row-level security":      "attendance_2025",
		"guard of the partitions": "guard_partitions_drop",
	} {
		if !strings.Contains(found[subject].Found, words) {
			t.Errorf("%s: %+v", subject, found[subject])
		}
	}
	for _, f := range e.Findings {
		if f.Verdict == app.Lacks {
			for statement := range strings.SplitSeq(f.Mend, "\n") {
				exec(t, admin, statement)
			}
		}
	}
	if e := examine(t, d); !e.Healthy {
		t.Errorf("after every statement was run: %+v", lacks(e))
	}
	exec(t, admin, `ALTER PUBLICATION onevision_facts DROP TABLE bank_holiday; ALTER TABLE bank_holiday RENAME COLUMN name TO called`)
	if f := lacks(examine(t, d))["columns"]; !strings.Contains(f.Found, "bank_holiday.name") {
		t.Errorf("%+v", f)
	}
	exec(t, admin, `ALTER TABLE bank_holiday RENAME COLUMN called TO name`)
	exec(t, admin, lacks(examine(t, d))["publication"].Mend)
	exec(t, admin, `DROP EVENT TRIGGER guard_partitions_alter`)
	if f := lacks(examine(t, d))["guard of the partitions"]; f.Mend != "onevision serve" {
		t.Errorf("%+v", f)
	}
	open(t, server)
	if e := examine(t, d); !e.Healthy {
		t.Errorf("after another start: %+v", lacks(e))
	}
}

// A slot that holds much back is named, with what becomes of it.
func TestDoctorOfSlots(t *testing.T) {
	t.Parallel()
	server := postgrestest.Server(t, map[string]string{"max_slot_wal_keep_size": "16MB"}).URL("postgres")
	admin := connect(t, server)
	exec(t, admin, `SELECT pg_create_logical_replication_slot('`+app.Slot+`', 'pgoutput')`)
	exec(t, admin, `SELECT pg_logical_emit_message(false, 'test', repeat('x', 10000000))`)
	exec(t, admin, `CHECKPOINT`) // the position that is asked for is that of what is written, not of what is in memory
	d := app.Doctor{Place: app.Place{DatabaseURL: server}, Mail: post(t)}
	f := lacks(examine(t, d))["the warehouse's slot"]
	if !strings.Contains(f.Found, "more than half of the 16.0 MB") {
		t.Fatalf("%+v", f)
	}
	exec(t, admin, f.Mend)
	if e := examine(t, d); !e.Healthy {
		t.Errorf("%+v", lacks(e))
	}
}

func TestDoctorOfPlaces(t *testing.T) {
	t.Parallel()
	// A private PostgreSQL that does not run is started for the time only.
	data := t.TempDir()
	for _, folder := range []string{data, filepath.Dir(data)} { // for the user that PostgreSQL runs as
		if err := os.Chmod(folder, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	g, err := app.Open(t.Context(), app.Place{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	d := app.Doctor{Place: app.Place{Data: data}, Mail: post(t)}
	if e := examine(t, d); !e.Healthy {
		t.Errorf("beside a program that runs: %+v", lacks(e))
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if e := examine(t, d); !e.Healthy {
		t.Errorf("with none running: %+v", lacks(e))
	}
	if g, err = app.Open(t.Context(), app.Place{Data: data}); err != nil || g.Shared() {
		t.Errorf("the doctor kept the PostgreSQL: %v", err)
	} else {
		g.Close()
	}
	nowhere := app.Doctor{Place: app.Place{Data: data, DatabaseURL: "postgres://jo:a-secret@127.0.0.1:1/x"}}
	f, ok := lacks(examine(t, nowhere))["record store"]
	if !ok || strings.Contains(f.Found, "a-secret") {
		t.Errorf("%+v", f)
	}
	nowhere.DatabaseURL = "postgres://jo:a-secret@[::1/x"
	if f, ok = lacks(examine(t, nowhere))["record store"]; !ok || strings.Contains(f.Found, "a-secret") {
		t.Errorf("%+v", f)
	}
}

// A mail server must speak the protocol, and STARTTLS where it is required.
func TestDoctorOfMail(t *testing.T) {
	t.Parallel()
	m := post(t)
	d := app.Doctor{Place: app.Place{Data: t.TempDir()}, Mail: m}
	if f, ok := lacks(examine(t, d))["mail server"]; ok {
		t.Errorf("%+v", f)
	}
	d.Mail.TLS = alerts.TLSRequired
	if f := lacks(examine(t, d))["mail server"]; !strings.Contains(f.Found, "STARTTLS") {
		t.Errorf("%+v", f)
	}
	other, err := net.Listen("tcp", "127.0.0.1:0") // a service, but not of mail
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	go func() {
		for {
			c, err := other.Accept()
			if err != nil {
				return
			}
			c.Write([]byte("HTTP/1.0 400 no\r\n\r\n"))
			c.Close()
		}
	}()
	d.Mail.Port = other.Addr().(*net.TCPAddr).Port
	if f := lacks(examine(t, d))["mail server"]; !strings.Contains(f.Found, "does not greet") {
		t.Errorf("%+v", f)
	}
	d.Mail = alerts.Mail{}
	e := examine(t, d)
	if _, ok := lacks(e)["mail server"]; ok {
		t.Error("no mail server is a lack")
	}
}

func connect(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func exec(t *testing.T, conn *pgx.Conn, statement string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Errorf("%s: %v", statement, err)
	}
}
