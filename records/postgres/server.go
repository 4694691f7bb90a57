// Package postgres runs a private PostgreSQL for demonstration, development
// and tests: a server of the program's own, made from the server programs that
// the machine has, reachable only through a unix socket in a private folder,
// with a password that only the program knows.
//
// A server belongs to one program at a time. It stops with Stop; if the
// program is killed the server goes on, and the next Start on the same
// directory takes it over, so there are never two of them on the same data.
// It runs on Linux and macOS.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// Server is a running private PostgreSQL.
type Server struct {
	dir     string // real path
	data    string
	account account
	bin     binaries
	secrets secrets
	args    []string
	log     *slog.Logger

	mu     sync.Mutex // guards what follows, and one start or stop at a time
	lock   *lock      // nil after Stop
	socket string     // folder
	pid    int
	exited <-chan struct{} // closed when our own child has ended; nil for an adopted server
}

// Start returns a server that accepts connections. It makes the data if there
// is none, takes over a server that a killed program has left running, and
// lets a crashed one recover, however long that takes: ctx is the bound.
//
// Errors are sentences for the person at the terminal: ErrNoBinaries if there
// is nothing to start, ErrInUse if another program has the directory,
// *UnreachableError if the server's user cannot get to it; if the server does
// not come up, with the last lines of its log.
func Start(ctx context.Context, o Options) (*Server, error) {
	began := time.Now()
	s := &Server{log: o.Log}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.prepare(o); err != nil {
		return nil, err
	}
	var err error
	if s.lock, err = takeLock(s.dir); err != nil {
		return nil, err
	}
	how, err := s.begin(ctx, o)
	if err != nil {
		s.lock.release()
		return nil, err
	}
	s.log.Info("private PostgreSQL "+how, "dir", s.dir, "pid", s.pid, "version",
		fmt.Sprintf("%d.%d", s.bin.major, s.bin.minor), "took", time.Since(began).Round(time.Millisecond))
	return s, nil
}

// prepare finds everything that a start needs and touches nothing until it
// knows that the server could run, so that a refusal leaves nothing behind.
func (s *Server) prepare(o Options) error {
	var err error
	if s.dir, err = o.place(); err != nil {
		return err
	}
	s.data = filepath.Join(s.dir, "data")
	if s.account, err = chooseAccount(s.data); err != nil {
		return err
	}
	major, err := madeBy(s.data)
	if err != nil {
		return err
	}
	if s.bin, err = findBinaries(o.BinDir, major); err != nil {
		return err
	}
	s.socket = socketPath(s.dir, s.account)
	if s.args, err = o.arguments(s.data, s.socket); err != nil {
		return err
	}
	if err := errors.Join(s.account.reaches(s.dir), s.account.reaches(s.bin.dir)); err != nil {
		return err
	}
	return makeFolder(s.dir)
}

// begin, under the lock, says in a word how the server came to run.
func (s *Server) begin(ctx context.Context, o Options) (string, error) {
	_, err := os.Stat(filepath.Join(s.data, "PG_VERSION"))
	fresh := errors.Is(err, os.ErrNotExist)
	if s.secrets, err = readSecrets(s.dir, fresh); err != nil {
		return "", err
	}
	how := "started"
	if fresh {
		how = "made and started"
		if err := s.initialise(ctx, o.Settings["fsync"] != "off"); err != nil {
			return "", fmt.Errorf("making a private PostgreSQL in %s: %w", s.dir, err)
		}
	} else if adopted, err := s.adopt(ctx); err != nil {
		return "", err
	} else if adopted {
		return "taken over", nil
	}
	return how, s.launch(ctx)
}

// URL returns the superuser's address of a database, for pgx and libpq, with
// its password: it must not be logged.
func (s *Server) URL(database string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url(database)
}

func (s *Server) url(database string) string {
	u := url.URL{
		Scheme: "postgres",
		User:   url.UserPassword(Superuser, s.secrets[Superuser]),
		Path:   "/" + database,
		RawQuery: url.Values{
			"host":    {s.socket},
			"port":    {strconv.Itoa(port)},
			"sslmode": {"disable"}, // a unix socket has nothing to encrypt
		}.Encode(),
	}
	return u.String()
}

// Dir returns the server's directory with symbolic links resolved.
func (s *Server) Dir() string { return s.dir }

// Port returns the number in the name of the socket; there is no network port.
func (s *Server) Port() int { return port }

// SocketDir returns the folder of the socket, for a client's "host".
func (s *Server) SocketDir() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.socket
}

// PID returns the process number of the postmaster, 0 if none runs.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.alive() {
		return 0
	}
	return s.pid
}
