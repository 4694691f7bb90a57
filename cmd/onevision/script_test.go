package main

import (
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"onevision/cmd/onevision/onevisiontest"
	"onevision/records/postgres"
	"onevision/records/postgres/postgrestest"
)

// With what doctor --sql prints run once by a superuser, the server needs none: it
// migrates, serves and follows; before, it says what is lacking.
func TestServeWithoutASuperuser(t *testing.T) {
	t.Parallel()
	server := postgrestest.Bare(t, nil)
	admin, err := pgx.Connect(t.Context(), server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(t.Context())
	for _, statement := range []string{`CREATE DATABASE children`, `CREATE ROLE onevision LOGIN PASSWORD 'of the login'`} {
		if _, err := admin.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	address, err := url.Parse(server.URL("children"))
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword("onevision", "of the login")
	p := onevisiontest.New(t)
	p.Env = []string{"DATABASE_URL=" + address.String()}
	lacking := "no superuser, and what a superuser has to do is not done"
	try(t, p,
		command{args: []string{"serve", "--listen", "127.0.0.1:0"}, code: exitFailed, says: lacking + ".*doctor --sql"},
		command{args: []string{"doctor"}, code: exitFailed, says: lacking},
	)
	bin, _, err := postgres.Find("")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // it may be run again, and the passwords stay
		psql := exec.Command(filepath.Join(bin, "psql"), "-v", "ON_ERROR_STOP=1", "-q", "-f", "-", server.URL("children"))
		script := p.Run("doctor", "--sql")
		if code := p.Wait(script); code != 0 {
			t.Fatal(script.Stderr.String())
		}
		psql.Stdin = strings.NewReader(script.Stdout.String())
		if out, err := psql.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		one := p.Run("serve", "--listen", "127.0.0.1:0")
		p.AwaitURL(one, "Serving at")
		try(t, p,
			command{args: []string{"warehouse", "verify"}, says: "is equal to the record store"},
			command{args: []string{"doctor", "--json"}, code: exitFailed /* there is no mail server */, says: "is no superuser, and needs to be none"},
		)
		if err := one.Terminate(); err != nil {
			t.Fatal(err)
		}
		if code := p.Wait(one); code != 0 {
			t.Fatalf("%d: %s", code, one.Stderr.Tail(20))
		}
	}
	try(t, p, command{args: []string{"user", "list"}, says: "username"})
}
