// Package postgrestest gives tests a real PostgreSQL: one private server for
// each test program, started when the first test asks for it, and an empty
// database for each test. Without server programs on the machine the tests
// fail; they are never skipped in silence.
package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"sync"
	"testing"
	"time"

	"onevision/records/postgres"
)

// careless are settings that lose data in a power cut and make tests quick.
// Statements and details are logged, since tests hold no real children.
var careless = map[string]string{
	"fsync":                   "off",
	"full_page_writes":        "off",
	"shared_buffers":          "64MB",
	"max_connections":         "200",
	"log_error_verbosity":     "default",
	"log_min_error_statement": "error",
}

// shared is the server of this test program.
var shared struct {
	sync.Mutex
	server *ours
	err    error // of the one attempt to start it
}

// Main runs the tests of a package, stops the server that they shared, if any,
// and exits: func TestMain(m *testing.M) { postgrestest.Main(m) }.
//
// If the program ends in another way (a panic, a timeout, Ctrl-C, kill -9) a
// watcher stops the server and removes its files.
func Main(m *testing.M) {
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.server != nil {
		if err := shared.server.end(); err != nil {
			fmt.Fprintln(os.Stderr, "postgrestest:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// Server gives the test a private server of its own, for tests that follow,
// kill or restart one. What a transaction has committed there survives Kill,
// though not a power cut. Settings win over the package's own.
func Server(t testing.TB, settings map[string]string) *postgres.Server {
	t.Helper()
	return start(t, settings, nothing)
}

func start(t testing.TB, settings map[string]string, prepare func(dir string) (bin string, err error)) *postgres.Server {
	t.Helper()
	o, err := begin(settings, prepare)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.end(); err != nil {
			t.Error(err)
		}
	})
	return o.Server
}

// nothing is what most servers find prepared.
func nothing(string) (string, error) { return "", nil }

// common returns the shared server and starts it at the first call.
func common(t testing.TB) *postgres.Server {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = begin(map[string]string{"synchronous_commit": "off"}, nothing)
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server.Server
}

// ours is a server in a temporary directory, with its watcher.
type ours struct {
	*postgres.Server
	dir     string
	dismiss func() error
}

// begin starts a server in a new directory that prepare may fill; it says where
// the server's programs are, "" for the usual ones.
func begin(settings map[string]string, prepare func(dir string) (bin string, err error)) (*ours, error) {
	dir, err := os.MkdirTemp("", "postgrestest-*")
	if err != nil {
		return nil, fmt.Errorf("making a directory for a test server: %w", err)
	}
	o := &ours{dir: dir}
	if err := os.Chmod(dir, 0o711); err != nil { // the server's user must pass
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if o.dismiss, err = watch(dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	all := maps.Clone(careless)
	maps.Copy(all, settings)
	bin, err := prepare(dir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("preparing a test server: %w", err), o.dismiss())
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	o.Server, err = postgres.Start(ctx, postgres.Options{Dir: dir, Settings: all, BinDir: bin})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting a test server: %w", err), o.dismiss())
	}
	return o, nil
}

// end stops the server, lets the watcher remove what is left, and waits.
func (o *ours) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return errors.Join(o.Stop(ctx), o.dismiss())
}
