package app

import (
	"strings"
	"testing"
	"time"

	"log/slog"
	"onevision/access"
	"onevision/alerts"
	"onevision/records/postgres/postgrestest"
)

// On an empty store everything is to do, each with a next step; what is done goes
// from the list.
func TestStartSteps(t *testing.T) {
	t.Parallel()
	server := postgrestest.Server(t, nil)
	env, err := Open(t.Context(), Place{Data: t.TempDir(), DatabaseURL: server.URL("postgres"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { env.Close() })
	lacking := func() string {
		t.Helper()
		steps, err := StartSteps(t.Context(), env.Pool, alerts.Mail{Host: "localhost", From: "onevision@localhost"}, time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		var titles []string
		for _, s := range steps {
			if s.Have == "" || s.Missing != "" && s.Command == "" {
				t.Errorf("%+v", s)
			}
			if s.Missing != "" {
				titles = append(titles, s.Title)
			}
		}
		return strings.Join(titles, ", ")
	}
	if got, want := lacking(), "Authority, Half terms, Schools, Postcodes, Population, People, Responsibilities, Pupils and enrolments, Marks, Returns, Targets, Alert rules, Mail"; got != want {
		t.Errorf("empty: %s, want %s", got, want)
	}
	if err := env.NameAuthority(t.Context(), "Exampleshire County Council", "E10000003"); err != nil {
		t.Fatal(err)
	}
	operator := access.System(access.Operating)
	accounts, responsible := access.NewAccounts(env.Pool, time.Now), access.NewResponsibilities(env.Pool)
	for username, role := range map[string]access.Role{"it": access.Administrator, "director": access.Director} {
		if _, err := accounts.Add(t.Context(), operator, access.NewAccount{Username: username, DisplayName: "Pat Invented", Email: username + "@example.org", Role: role}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := responsible.AssignNamed(t.Context(), operator, access.NamedResponsibility{Username: "director", AnswersFor: "authority", From: "2026-09-01"}); err != nil {
		t.Fatal(err)
	}
	if got, want := lacking(), "Half terms, Schools, Postcodes, Population, Pupils and enrolments, Marks, Returns, Targets, Alert rules, Mail"; got != want {
		t.Errorf("with people: %s, want %s", got, want)
	}
}
