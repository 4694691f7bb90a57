package app_test

import (
	"net/url"
	"strings"
	"testing"

	"onevision/cmd/app"
	"onevision/records/postgres/postgrestest"
)

// A command with a data folder of its own stands on the same PostgreSQL as a
// server, and does not shut the server out.
func TestTwoFoldersOnOnePostgreSQL(t *testing.T) {
	t.Parallel()
	admin := postgrestest.Server(t, nil).URL(postgrestest.Prepared)
	first := open(t, admin)
	second := open(t, admin)
	first.Pool.Reset() // as after a restart of PostgreSQL: connections are made anew
	for _, g := range []*app.Environment{first, second} {
		if err := g.Pool.Ping(t.Context()); err != nil {
			t.Errorf("a program is shut out: %v", err)
		}
	}
}

// Wherever the superuser stands in the address, the program is not one.
func TestProgramIsUnderRowSecurity(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(postgrestest.Server(t, nil).URL(postgrestest.Prepared))
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	query := u.Query()
	query.Set("user", u.User.Username())
	query.Set("password", password)
	query.Set("options", "-c role="+u.User.Username())
	u.User, u.RawQuery = nil, strings.ReplaceAll(query.Encode(), "+", "%20")
	g := open(t, u.String())
	var who string
	if err := g.Pool.QueryRow(t.Context(), `SELECT current_user || ' ' || session_user`).Scan(&who); err != nil || who != "onevision_app onevision_app" {
		t.Errorf("the program is %q: %v", who, err)
	}
}

func open(t *testing.T, admin string) *app.Environment {
	t.Helper()
	g, err := app.Open(t.Context(), app.Place{Data: t.TempDir(), DatabaseURL: admin})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}
