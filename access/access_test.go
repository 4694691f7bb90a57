package access_test

import (
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
	"onevision/records/postgres/postgrestest"
	"onevision/records/schema"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// pool is the program's own login to a migrated database of the test's own.
func pool(t *testing.T, connections int32) *pgxpool.Pool {
	t.Helper()
	return connect(t, postgrestest.New(t), connections)
}

func connect(t *testing.T, admin string, connections int32) *pgxpool.Pool {
	t.Helper()
	url, err := schema.RoleURL(admin, schema.App, postgrestest.Passwords.App)
	if err != nil {
		t.Fatal(err)
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = connections
	p, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 9, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

var operator = access.System(access.Operating)

const goodPassword = "seven grey herons"

func add(t *testing.T, a *access.Accounts, username string, role access.Role) access.Account {
	t.Helper()
	account, err := a.Add(t.Context(), operator, access.NewAccount{
		Username: username, DisplayName: "Somebody", Email: username + "@example.org", Role: role, Password: goodPassword,
	})
	if err != nil {
		t.Fatal(err)
	}
	return account
}

// one reads one value as the program.
func one[T any](t *testing.T, p *pgxpool.Pool, sql string, args ...any) T {
	t.Helper()
	var v T
	if err := p.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}
