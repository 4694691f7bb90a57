package postgrestest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience is how long one statement of this package may take.
const patience = time.Minute

var (
	program   = fmt.Sprintf("%x", rand.Uint32()) // tells this test program's databases from others'
	made      atomic.Int64                       // databases, for their names
	templates sync.Map                           // of *template, by the code of their prepare
)

// Empty gives the test an empty database of its own on the run's server and
// returns the superuser's address of it. It is dropped when the test ends,
// whoever is still connected.
func Empty(t testing.TB) string {
	t.Helper()
	return create(t, theRun(t), "template0")
}

// New is Empty with the schema in it; the passwords of its roles are Passwords.
func New(t testing.TB) string {
	t.Helper()
	return create(t, theRun(t), Prepared)
}

// template is a database that was prepared once.
type template struct {
	once sync.Once
	name string
	err  error
}

// Template gives the test a database of its own, copied from one with the schema
// that prepare has filled when the first test of the program asked.
// Two functions make two templates; a function literal is one function
// wherever it is called from, so prepare must not depend on what it captures.
func Template(t testing.TB, prepare func(adminURL string) error) string {
	t.Helper()
	r := theRun(t)
	found, _ := templates.LoadOrStore(reflect.ValueOf(prepare).Pointer(), &template{})
	tmpl := found.(*template)
	tmpl.once.Do(func() { tmpl.err = tmpl.fill(r, prepare) })
	if tmpl.err != nil {
		t.Fatal(tmpl.err)
	}
	return create(t, r, tmpl.name)
}

func (tmpl *template) fill(r *run, prepare func(string) error) error {
	tmpl.name = fmt.Sprintf("template_%s_%d", program, made.Add(1))
	if err := execute(r.AdminURL, `CREATE DATABASE `+tmpl.name+` TEMPLATE `+Prepared); err != nil {
		return fmt.Errorf("making a template database: %w", err)
	}
	if err := prepare(r.url(tmpl.name)); err != nil {
		return fmt.Errorf("preparing a template database: %w", err)
	}
	// A database with connections cannot be copied, and pools close late.
	if err := execute(r.AdminURL,
		`ALTER DATABASE `+tmpl.name+` ALLOW_CONNECTIONS false`,
		`SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '`+tmpl.name+`'`); err != nil {
		return fmt.Errorf("closing a template database: %w", err)
	}
	return nil
}

func create(t testing.TB, r *run, from string) string {
	t.Helper()
	name := databaseName(t.Name())
	if err := execute(r.AdminURL, `CREATE DATABASE `+name+` TEMPLATE `+from); err != nil {
		t.Fatalf("making a test database: %v", err)
	}
	t.Cleanup(func() {
		if err := execute(r.AdminURL,
			`ALTER DATABASE `+name+` ALLOW_CONNECTIONS false`,
			`DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			t.Errorf("dropping a test database: %v", err)
		}
	})
	return r.url(name)
}

// databaseName returns a name that needs no quotes and says whose it is.
func databaseName(test string) string {
	word := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '_'
	}, test)
	word = word[:min(len(word), 40)] // PostgreSQL's names end at 63 bytes
	return fmt.Sprintf("t_%s_%d_%s", program, made.Add(1), word)
}

// execute runs statements one by one, each in a transaction of its own.
func execute(url string, statements ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
