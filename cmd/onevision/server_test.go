package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/cmd/onevision/onevisiontest"
)

// pupil is somebody on a school's roll.
type pupil struct{ laestab, upn, date string }

// TestBesideADemo uses the command line as people do while a demo runs and after
// it has stopped.
func TestBesideADemo(t *testing.T) {
	p := onevisiontest.New(t)
	server := p.Run("demo", "--children", "800", "--listen", "127.0.0.1:0")
	// Whoever asks while it starts must not be in its way.
	for deadline := time.Now().Add(onevisiontest.Patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(p.Data, "connection.json")); err == nil {
			break
		}
	}
	early := p.Run("warehouse", "verify")
	if code := p.Wait(early); code != 0 && !strings.Contains(early.Stderr.String(), "does not answer yet") {
		t.Errorf("asked while the demo starts, verify ended with %d:\n%s", code, early.Stderr.String())
	}
	url := p.AwaitURL(server, "The demo county is at")
	if out := server.Stdout.String(); !strings.Contains(out, "director") {
		t.Errorf("the demo does not print its sign-ins:\n%s", out)
	}
	try(t, p,
		command{args: []string{"demo", "--listen", "127.0.0.1:0"}, code: exitFailed, says: "another program runs on .*data"},
		command{args: []string{"serve", "--listen", "127.0.0.1:0"}, code: exitFailed, says: "another program runs on .*data"},
		command{args: []string{"demo", "--fresh"}, code: exitFailed, says: `in use: process \d+ has .*data|a program runs on .*data`},
		command{args: []string{"warehouse", "status"}, says: `state +following`},
		command{args: []string{"indicators", "run", "--periods", "2", "open-cases"}, says: `open-cases +37 +\d+ +\d+ \w+ 20`},
		command{args: []string{"indicators", "explain", "unauthorised-absence"}, says: `(?s)computed +\d+ \w+ 20.*FROM period_attendance a`},
		command{args: []string{"indicators", "run", "open-case"}, code: exitFailed, says: `there is no indicator "open-case"`},
	)
	t.Run("accounts", func(t *testing.T) { accounts(t, p.For(t), url) })
	t.Run("import", func(t *testing.T) { imports(t, p.For(t)) })
	t.Run("verify", func(t *testing.T) { verify(t, p.For(t)) })
	if err := server.Terminate(); err != nil {
		t.Fatal(err)
	}
	if code := p.Wait(server); code != 0 {
		t.Errorf("a demo that is asked to stop ended with %d:\n%s", code, server.Stderr.Tail(20))
	}
	if left := p.Postmasters(); len(left) > 0 {
		t.Errorf("PostgreSQL servers %v outlived the demo", left)
	}
	// The difference that was made is still there for the command on its own.
	differs := command{args: []string{"warehouse", "verify"}, code: exitFailed, says: `(?s)attendance .*DIFFERENT.*attendance id = [0-9]+, date = '[0-9-]+' is not in the record store.*DIFFERS`}
	try(t, p, differs,
		command{args: []string{"warehouse", "rebuild"}, says: "asked for on the command line"},
		command{args: []string{"warehouse", "verify"}, says: "is equal to the record store"},
		command{args: []string{"indicators", "explain", "open-cases"}, says: "computed +not yet"},
		command{args: []string{"indicators", "run"}, says: `(?s)gcse-attainment8-in-care .*unauthorised-absence +\d\d`},
		command{args: []string{"indicators", "explain", "open-cases"}, says: `kept +\d+ values of 37 periods`},
		command{args: []string{"serve", "--listen", "127.0.0.1:0"}, code: exitFailed, says: "demo county's invented children: serve needs another data folder"},
	)
	if left := p.Postmasters(); len(left) > 0 {
		t.Errorf("PostgreSQL servers %v outlived a command", left)
	}
}

func accounts(t *testing.T, p *onevisiontest.Program, url string) {
	try(t, p,
		command{args: []string{"user", "add", "anna", "--name", "Anna Example", "--role", "welfare-officer"}, input: "short\n", code: exitFailed, says: "at least 12"},
		command{args: []string{"user", "add", "anna", "--name", "Anna Example", "--role", "queen"}, input: "a long enough password\n", code: exitFailed, says: "role"},
		command{args: []string{"user", "add", "anna", "--name", "Anna Example", "--role", "welfare-officer"}, input: "a long enough password\n", says: "Added account .*anna"},
		command{args: []string{"user", "add", "anna", "--name", "Anna Example", "--role", "welfare-officer"}, input: "a long enough password\n", code: exitFailed, says: "taken"},
		command{args: []string{"user", "list"}, says: `anna +welfare-officer +Anna Example +enabled`},
		command{args: []string{"user", "token", "nobody"}, code: exitFailed, says: "no such account"},
		command{args: []string{"user", "disable", "nobody"}, code: exitFailed, says: "no such account"},
	)
	token := strings.TrimSpace(p.Must("user", "token", "anna"))
	status := func() int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/v1/schools", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		return response.StatusCode
	}
	if s := status(); s != http.StatusOK {
		t.Errorf("a token of the command line gets %d", s)
	}
	try(t, p,
		command{args: []string{"user", "disable", "anna"}, says: "Disabled anna"},
		command{args: []string{"user", "list"}, says: `anna +welfare-officer +Anna Example +disabled since `},
		command{args: []string{"user", "token", "anna"}, code: exitFailed, says: "no such account|disabled"},
	)
	if s := status(); s != http.StatusUnauthorized {
		t.Errorf("a token of a disabled account gets %d", s)
	}
	var all []json.RawMessage
	if err := json.Unmarshal([]byte(p.Must("user", "list", "--json")), &all); err != nil || len(all) < 7 {
		t.Errorf("user list --json gives %d accounts: %v", len(all), err)
	}
}

func imports(t *testing.T, p *onevisiontest.Program) {
	head := "laestab,upn,date,session,code,minutes_late\n"
	var rows []string
	for _, s := range pupils(t, p, 6) {
		for _, session := range []string{"AM", "PM"} {
			rows = append(rows, fmt.Sprintf("%s,%s,%s,%s,I,\n", s.laestab, s.upn, s.date, session))
		}
	}
	file := func(name, text string) string {
		t.Helper()
		path := filepath.Join(p.Dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole := file("whole.csv", head+strings.Join(rows[:8], ""))
	nobody := "A123456789012"
	part := file("part.csv", head+rows[8]+strings.Replace(rows[9], ",I,", ",ZZ,", 1)+strings.Replace(rows[10], strings.Split(rows[10], ",")[1], nobody, 1))
	rejects := part + ".rejects.csv"
	try(t, p,
		command{args: []string{"import", "attendance", file("letter.csv", "Dear all,\n")}, code: exitFailed, says: `letter\.csv: .*another format`},
		command{args: []string{"import", "attendance", file("empty.csv", "")}, code: exitFailed, says: `empty\.csv: the file is empty`},
		command{args: []string{"import", "attendance", file("cut.csv", head+rows[0]+"8732001,A87")}, code: exitFailed, says: "cut off"},
		command{args: []string{"import", "attendance", file("latin.csv", head+strings.Replace(rows[0], ",I,", ",\xe9,", 1))}, code: exitPartial, says: `(?s)1 rejected.*read as Windows-1252.*value "é": is not an attendance code`},
		command{args: []string{"import", "ks4-results", whole}, code: exitFailed, says: "import it as attendance"},
		command{args: []string{"import", "registers", whole}, code: exitFailed, says: `no format "registers"`},
		command{args: []string{"import", "attendance", whole}, says: "8 rows: 8 added, 0 changed, 0 already there, 0 match nobody, 0 rejected"},
		command{args: []string{"import", "attendance", whole}, says: "8 rows: 0 added, 0 changed, 8 already there, 0 match nobody, 0 rejected"},
		command{args: []string{"import", "attendance", part}, code: exitPartial, says: `(?s)3 rows: 1 added, 0 changed, 0 already there, 1 match nobody, 1 rejected.*line 3, column code, value "ZZ"`},
	)
	if _, err := os.Stat(whole + ".rejects.csv"); err == nil {
		t.Error("a file without rejects made a file of them")
	}
	text, err := os.ReadFile(rejects)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(rejects); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file of rejects, which holds children's identifiers: %v, %v", info.Mode(), err)
	}
	corrected := strings.Replace(string(text), ",ZZ,", ",O,", 1)

	// Rejects over what is to be imported would destroy it, by whatever name.
	linked := filepath.Join(p.Dir, "linked.csv")
	if err := os.Symlink(part, linked); err != nil {
		t.Fatal(err)
	}
	second := filepath.Join(p.Dir, "second.csv")
	if err := os.Link(part, second); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(part)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"import", "attendance", part, "--rejects", part},
		{"import", "attendance", part, "--rejects", "part.csv"},
		{"import", "attendance", part, "--rejects", linked},
		{"import", "attendance", linked, "--rejects", second},
		{"import", "attendance", part, rejects}, // the first file's rejects are the second
	} {
		try(t, p, command{args: args, code: exitFailed, says: "would be written over"})
	}
	if after, err := os.ReadFile(part); err != nil || string(after) != string(before) {
		t.Errorf("a refused import changed its file: %v", err)
	}

	// The corrected afternoon goes into the row of its day's morning: undone, the
	// row stands as the morning left it.
	file("part.csv.rejects.csv", corrected)
	try(t, p,
		command{args: []string{"import", "attendance", rejects}, says: "1 rows: 1 added, 0 changed, 0 already there, 0 match nobody, 0 rejected"},
		command{args: []string{"import", "attendance", rejects}, says: "1 rows: 0 added, 0 changed, 1 already there"},
		command{args: []string{"import", "list"}, says: `(?s)id .*6 .*5 .*attendance +school .*part\.csv\.rejects\.csv +1 +1 +0 .*done`},
		command{args: []string{"import", "undo", "5"}, says: `(?s)Import 5 is undone.*attendance: 0 deleted, 1 put back as they were, 0 stay`},
		command{args: []string{"import", "undo", "5"}, code: exitFailed, says: "has been undone already"},
		command{args: []string{"import", "undo", "999"}, code: exitFailed, says: "there is no import 999"},
		command{args: []string{"import", "attendance", rejects}, says: "1 rows: 1 added, 0 changed, 0 already there"},
		command{args: []string{"warehouse", "verify"}, says: "is equal to the record store"},
	)
}

// verify makes a difference that the warehouse cannot hear of.
func verify(t *testing.T, p *onevisiontest.Program) {
	try(t, p, command{args: []string{"warehouse", "verify"}, says: "is equal to the record store"})
	admin := connect(t, p)
	for _, statement := range []string{
		`ALTER PUBLICATION onevision_facts SET (publish = 'insert, update, truncate')`,
		`DELETE FROM attendance WHERE id = (SELECT max(id) FROM attendance)`,
		`ALTER PUBLICATION onevision_facts SET (publish = 'insert, update, delete, truncate')`,
	} {
		tag, err := admin.Exec(t.Context(), statement)
		if err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		if tag.Delete() && tag.RowsAffected() != 1 {
			t.Fatalf("%d rows deleted", tag.RowsAffected())
		}
	}
	try(t, p,
		command{args: []string{"warehouse", "verify"}, code: exitFailed, says: `(?s)attendance .*DIFFERENT.*attendance id = [0-9]+, date = '[0-9-]+' is not in the record store.*DIFFERS.*onevision warehouse rebuild`},
		command{args: []string{"warehouse", "verify", "--json"}, code: exitFailed, says: `"Equal": false`},
	)
}

// pupils are on their schools' rolls on a Saturday some weeks ago, on which the
// demo county has no marks and, by exception, its schools are open.
func pupils(t *testing.T, p *onevisiontest.Program, n int) []pupil {
	t.Helper()
	conn := connect(t, p)
	if _, err := conn.Exec(t.Context(), `INSERT INTO school_day_exception (date, open, reason_code, recorded_by)
		SELECT date_trunc('week', current_date)::date - 23, true, 'extra', 0 ON CONFLICT DO NOTHING`); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(t.Context(), `SELECT s.laestab, c.upn, d::text
		FROM (SELECT date_trunc('week', current_date)::date - 23 AS d) day, enrolment e JOIN child c ON c.id = e.child_id JOIN school s ON s.id = e.school_id
		WHERE c.upn IS NOT NULL AND e.from_date <= d AND e.to_date IS NULL ORDER BY c.id LIMIT $1`, n)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s pupil, err error) {
		err = row.Scan(&s.laestab, &s.upn, &s.date)
		return s, err
	})
	if err != nil || len(all) != n {
		t.Fatalf("%d pupils: %v", len(all), err)
	}
	return all
}

func connect(t *testing.T, p *onevisiontest.Program) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), p.AdminURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// TestServe: a server of its own starts empty, takes accounts, keeps them over
// a stop, and does not start with a demo's.
func TestServe(t *testing.T) {
	p := onevisiontest.New(t)
	server := p.Run("serve", "--listen", "127.0.0.1:0")
	url := p.AwaitURL(server, "Serving at")
	response, err := http.Get(url + "/sign-in")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("the sign-in page gives %s", response.Status)
	}
	try(t, p,
		command{args: []string{"user", "add", "ben", "--name", "Ben Example", "--role", "director"}, input: "a long enough password\n", says: "Added"},
		command{args: []string{"demo", "--fresh"}, code: exitFailed, says: "does not hold a demo"},
	)
	stop := func() {
		t.Helper()
		if err := server.Terminate(); err != nil {
			t.Fatal(err)
		}
		if code := p.Wait(server); code != 0 {
			t.Errorf("a server that is asked to stop ended with %d:\n%s", code, server.Stderr.Tail(20))
		}
	}
	stop()
	server = p.Run("serve", "--listen", "127.0.0.1:0")
	p.AwaitURL(server, "Serving at")
	try(t, p, command{args: []string{"user", "list"}, says: `ben +director`})
	if _, err := connect(t, p).Exec(t.Context(), `UPDATE account SET demo = true WHERE username = 'ben'`); err != nil {
		t.Fatal(err)
	}
	stop()
	try(t, p, command{args: []string{"serve", "--listen", "127.0.0.1:0"}, code: exitFailed, says: "demo accounts, whose password is printed"})
}
