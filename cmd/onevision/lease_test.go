package main

import (
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"onevision/cmd/onevision/onevisiontest"
	"onevision/records/postgres/postgrestest"
)

// A second program on one database is refused, and changes nothing there; told to
// take over, it has the first one stop.
func TestASecondProgramOnOneDatabase(t *testing.T) {
	t.Parallel()
	address := postgrestest.Server(t, nil).URL("postgres")
	first, second := onevisiontest.New(t), onevisiontest.New(t)
	for _, p := range []*onevisiontest.Program{first, second} {
		p.Env = []string{"DATABASE_URL=" + address}
	}
	one := first.Run("serve", "--listen", "127.0.0.1:0")
	url := first.AwaitURL(one, "Serving at")
	before := state(t, address)
	who := `process ` + strconv.Itoa(one.Cmd.Process.Pid) + ` on .*` + regexp.QuoteMeta(first.Data) + `, since \d`
	try(t, second,
		command{args: []string{"serve", "--listen", "127.0.0.1:0"}, code: exitFailed, says: who},
		command{args: []string{"user", "list"}, says: "username"}, // a command beside it may
	)
	if after := state(t, address); after != before {
		t.Errorf("a program that was refused changed\n%s\nto\n%s", before, after)
	}
	if s := status(t, url+"/sign-in"); s != http.StatusOK {
		t.Errorf("the first program answers %d", s)
	}

	two := second.Run("serve", "--listen", "127.0.0.1:0", "--take-over")
	url = second.AwaitURL(two, "Serving at")
	if code := first.Wait(one); code != exitFailed {
		t.Errorf("the first program ended with %d", code)
	}
	if last := one.Stderr.Tail(1); !strings.Contains(last, "has taken this database over") || !strings.Contains(last, second.Data) {
		t.Errorf("the first program's last word: %s", last)
	}
	if s := status(t, url+"/sign-in"); s != http.StatusOK {
		t.Errorf("the second program answers %d", s)
	}
	try(t, first, command{args: []string{"serve", "--listen", "127.0.0.1:0"}, code: exitFailed, says: regexp.QuoteMeta(second.Data)})

	two.Kill() // its session ends with it: nobody needs to take over
	one = first.Run("serve", "--listen", "127.0.0.1:0")
	first.AwaitURL(one, "Serving at")
	if err := one.Terminate(); err != nil {
		t.Fatal(err)
	}
	if code := first.Wait(one); code != 0 || strings.Contains(one.Stderr.String(), "level=ERROR") {
		t.Errorf("an ordinary stop ended with %d:\n%s", code, one.Stderr.Tail(20))
	}
}

// The private PostgreSQL of a running program is nobody else's.
func TestAPrivateDatabaseIsNotShared(t *testing.T) {
	t.Parallel()
	first, second := onevisiontest.New(t), onevisiontest.New(t)
	one := first.Run("serve", "--listen", "127.0.0.1:0")
	first.AwaitURL(one, "Serving at")
	address := first.AdminURL()
	second.Env = []string{"DATABASE_URL=" + address}
	before := state(t, address)
	try(t, second,
		command{args: []string{"serve", "--listen", "127.0.0.1:0"}, code: exitFailed, says: regexp.QuoteMeta(first.Data)},
		command{args: []string{"serve", "--listen", "127.0.0.1:0", "--take-over"}, code: exitFailed, says: "cannot be taken over"},
		command{args: []string{"user", "list"}, code: exitFailed, says: regexp.QuoteMeta(first.Data)},
	)
	if after := state(t, address); after != before {
		t.Errorf("a program that was refused changed\n%s\nto\n%s", before, after)
	}
	if left, err := filepath.Glob(filepath.Join(second.Data, "*.json")); err != nil || len(left) > 0 {
		t.Errorf("a refused program left %v: %v", left, err)
	}
	if err := one.Terminate(); err != nil {
		t.Fatal(err)
	}
	if code := first.Wait(one); code != 0 || strings.Contains(one.Stderr.String(), "level=ERROR") {
		t.Errorf("an ordinary stop ended with %d:\n%s", code, one.Stderr.Tail(20))
	}
}

// state is what a second program must not touch: the roles' passwords and who
// reads the slot.
func state(t *testing.T, address string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var s string
	if err := conn.QueryRow(t.Context(), `SELECT (SELECT string_agg(rolname || ' ' || coalesce(rolpassword, '-'), E'\n' ORDER BY rolname) FROM pg_authid)
		|| E'\n' || (SELECT host || ' ' || pid || ' ' || folder || ' ' || since FROM onevision_private.lease)`).Scan(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

func status(t *testing.T, url string) int {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	return r.StatusCode
}
