package postgrestest

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"onevision/records/schema"
)

// A run is what the test programs of one `go test` share: a folder with the data
// of a server that is prepared (roles, the schema, the passwords of tests) and a
// server on a copy of it. The first program that needs it starts a keeper, which
// is that program once more and outlives it; the keeper ends when nobody has held
// the folder's lock for a while, which the kernel sees however a program ends.
// Two checkouts, and two states of the schema, have a folder each.
type run struct {
	Dir      string   `json:"dir"`       // of everything
	AdminURL string   `json:"admin_url"` // the server's database postgres, as its superuser
	Database string   `json:"database"`  // the same, with %s for the database's name
	users    *os.File // locked for as long as this program runs
}

const (
	keeperVariable = "ONEVISION_TEST_KEEPER" // the run's folder, to a keeper
	lingerVariable = "ONEVISION_TEST_LINGER" // how long a keeper waits for another program of the run
)

// mainRuns says that Main was called: a keeper is this program started again,
// and only Main knows that it is to keep and not to test.
var mainRuns bool

// joined is this program's part in the run.
var joined = sync.OnceValues(join)

// theRun returns the run and fails the test without one.
func theRun(t testing.TB) *run {
	t.Helper()
	r, err := joined()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func join() (*run, error) {
	if !mainRuns {
		return nil, errors.New("postgrestest: this package has no TestMain that calls postgrestest.Main")
	}
	dir, err := runFolder()
	if err != nil {
		return nil, err
	}
	users, err := lockFile(dir+".users", syscall.LOCK_SH) // waits for a keeper that is ending
	if err != nil {
		return nil, fmt.Errorf("joining the servers of this test run: %w", err)
	}
	r := &run{users: users}
	start, err := lockFile(dir+".start", syscall.LOCK_EX)
	if err != nil {
		return nil, fmt.Errorf("joining the servers of this test run: %w", err)
	}
	defer start.Close()
	if r.read(dir) == nil && r.answers() {
		return r, nil
	}
	if err := startKeeper(dir); err != nil {
		return nil, err
	}
	if err := r.read(dir); err != nil {
		return nil, fmt.Errorf("joining the servers of this test run: %w", err)
	}
	return r, nil
}

func (r *run) read(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, "run.json"))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, r)
}

func (r *run) answers() bool {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, r.AdminURL)
	if err != nil {
		return false
	}
	return conn.Close(ctx) == nil
}

func (r *run) url(database string) string { return fmt.Sprintf(r.Database, database) }

// prepared is the folder of a stopped server whose database Prepared holds the
// schema.
func (r *run) prepared() string { return filepath.Join(r.Dir, "prepared") }

// startKeeper starts a keeper and waits until its server answers.
func startKeeper(dir string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	in, out, err := os.Pipe()
	if err != nil {
		return err
	}
	defer in.Close()
	cmd := exec.Command(program)
	cmd.Dir, cmd.Env, cmd.ExtraFiles = "/", append(os.Environ(), keeperVariable+"="+dir), []*os.File{out}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C is for the tests
	err = cmd.Start()
	out.Close()
	if err != nil {
		return fmt.Errorf("starting the servers of this test run: %w", err)
	}
	go cmd.Wait()
	said, err := io.ReadAll(in) // to the end of the pipe: the keeper's word, or its death
	if err == nil && string(said) != "ready" {
		err = fmt.Errorf("%s", said)
	}
	if err != nil {
		return fmt.Errorf("starting the servers of this test run: %w", err)
	}
	return nil
}

// runFolder is where the run of this checkout, user and schema has its servers.
func runFolder() (string, error) {
	root, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := root; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			root = dir
			break
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	sum := sha256.Sum256([]byte(root + "\n" + schema.Fingerprint()))
	return filepath.Join(Scratch(), fmt.Sprintf("onevision-tests-%d-%x", os.Getuid(), sum[:6])), nil
}

// lockFile opens a file under a lock that ends with the program at the latest. A
// keeper that ends removes the file, and a lock on a removed file is none.
func lockFile(path string, how int) (*os.File, error) {
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		for err = syscall.EINTR; err == syscall.EINTR; {
			err = syscall.Flock(int(file.Fd()), how)
		}
		if err != nil {
			file.Close()
			return nil, err
		}
		ours, err := file.Stat()
		if now, e := os.Stat(path); err == nil && e == nil && os.SameFile(ours, now) {
			return file, nil
		}
		file.Close()
	}
}
