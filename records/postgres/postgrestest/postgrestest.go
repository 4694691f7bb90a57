// Package postgrestest gives tests a real PostgreSQL: one private server for all
// test programs of a run, with a database for each test, and servers of their
// own for tests that follow, kill or restart one. Without server programs on the
// machine the tests fail; they are never skipped in silence.
package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"onevision/records/postgres"
)

// careless are settings that lose data in a power cut and make tests quick.
// Statements and details are logged, since tests hold no real children.
var careless = map[string]string{
	"autovacuum":              "off", // the servers of tests live for seconds
	"fsync":                   "off",
	"full_page_writes":        "off",
	"shared_buffers":          "64MB",
	"max_connections":         "200",
	"log_error_verbosity":     "default",
	"log_min_error_statement": "error",
}

// Main runs the tests of a package and exits: func TestMain(m *testing.M) {
// postgrestest.Main(m) }. Servers that the tests started end with them; if the
// program ends in another way (a panic, a timeout, Ctrl-C, kill -9) a watcher
// ends each and removes its files.
func Main(m *testing.M) {
	mainRuns = true
	if dir := os.Getenv(keeperVariable); dir != "" {
		if err := keep(dir); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Server gives the test a private server of its own, for tests that follow (a
// new slot waits for the open transactions of every database of a server), kill
// or restart one. Its database Prepared holds the schema, its database postgres
// nothing. All such servers are copies of one. What a transaction has committed there survives Kill,
// though not a power cut. Settings win over the package's own.
func Server(t testing.TB, settings map[string]string) *postgres.Server {
	t.Helper()
	return start(t, settings, theRun(t).copyPrepared)
}

func start(t testing.TB, settings map[string]string, prepare func(dir string) (bin string, err error)) *postgres.Server {
	t.Helper()
	dir, err := os.MkdirTemp(Scratch(), "postgrestest-*")
	if err != nil {
		t.Fatal(err)
	}
	o, err := begin(dir, settings, prepare)
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

// Bare is a server that nobody has prepared: no roles, no schema, no passwords,
// and an identity of its own.
func Bare(t testing.TB, settings map[string]string) *postgres.Server {
	t.Helper()
	return start(t, settings, func(string) (string, error) { return "", nil })
}

// ours is a server in a temporary directory, with its watcher.
type ours struct {
	*postgres.Server
	dir     string
	dismiss func() error
}

// copyPrepared fills a server's folder with the run's prepared data.
func (r *run) copyPrepared(dir string) (bin string, err error) {
	return "", copyServer(r.prepared(), dir)
}

// copyServer copies a stopped server, its files' owners with them.
func copyServer(from, to string) error {
	if out, err := exec.Command("cp", "-Rp", filepath.Join(from, "data"), filepath.Join(from, "secrets"), to).CombinedOutput(); err != nil {
		return fmt.Errorf("copying the data of a server: %w: %s", err, out)
	}
	return nil
}

// Scratch is where the servers of tests live: in memory, if there is plenty,
// since hundreds of databases of hundreds of files each are made and thrown away.
func Scratch() string {
	const memory, plenty = "/dev/shm", 4 << 30
	var s syscall.Statfs_t
	if os.Getenv("TMPDIR") == "" && syscall.Statfs(memory, &s) == nil && uint64(s.Bavail)*uint64(s.Bsize) > plenty {
		return memory
	}
	return os.TempDir()
}

// begin starts a server in a directory that prepare may fill; it says where the
// server's programs are, "" for the usual ones.
func begin(dir string, settings map[string]string, prepare func(dir string) (bin string, err error)) (*ours, error) {
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return nil, fmt.Errorf("making a directory for a test server: %w", err)
	}
	var err error
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
