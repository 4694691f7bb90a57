package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// adopt takes over a server that a killed program left running, if it answers
// to the recorded password and runs with the settings asked for. Otherwise it
// stops it, and one of our own can start.
func (s *Server) adopt(ctx context.Context) (bool, error) {
	found, err := s.survivor(ctx)
	if err != nil || found == 0 {
		return false, err
	}
	s.pid, s.exited = found, nil
	was, would := commandLine(s.data, s.bin.postgres(), s.args)
	if was == would {
		patience, cancel := context.WithTimeout(ctx, 10*time.Second)
		err := s.ready(patience)
		cancel()
		if err == nil {
			return true, nil
		}
		s.log.Warn("a PostgreSQL left behind by a killed program does not answer and is stopped", "pid", s.pid, "error", err)
	} else {
		s.log.Info("a PostgreSQL left behind by a killed program has other settings and is stopped", "pid", s.pid)
	}
	patience, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := s.end(patience); err != nil && s.alive() {
		return false, fmt.Errorf("stopping the PostgreSQL (process %d) that a killed program left in %s: %w", s.pid, s.dir, err)
	}
	return false, ctx.Err()
}

// survivor returns the process number of a server of this data that still
// runs, or 0 when nothing of one is left that could be in the way of another.
func (s *Server) survivor(ctx context.Context) (int, error) {
	for deadline := time.Now().Add(5 * time.Second); ; {
		found, err := readPostmaster(s.data)
		if err != nil {
			return 0, err
		}
		if found != 0 && serves(found, s.data) {
			return found, nil
		}
		members := family(found, s.data)
		if len(members) == 0 {
			if found != 0 && exists(found) {
				// PostgreSQL itself would take the stranger, or a zombie, for
				// a server that still runs, and refuse to start.
				if err := os.Remove(filepath.Join(s.data, "postmaster.pid")); err != nil {
					return 0, fmt.Errorf("removing a stale postmaster.pid: %w", err)
				}
			}
			return 0, nil
		}
		// Either a postmaster that has not yet written its file, or processes
		// whose postmaster was killed, which end by themselves unless busy.
		if time.Now().After(deadline) {
			s.log.Warn("PostgreSQL processes that a crash left behind are killed", "pids", members)
			s.pid, s.exited = members[0], nil
			return 0, s.kill()
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("%w while PostgreSQL processes %v, which a crash left behind, still run", ctx.Err(), members)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// launch starts the server as a child and waits until it accepts connections.
func (s *Server) launch(ctx context.Context) error {
	if err := makeSocketFolder(s.socket, s.account); err != nil {
		return err
	}
	// Nothing serves this data now, so what is left of a socket is stale; its
	// lock file may hold a number that by now is somebody else's.
	for _, name := range []string{fmt.Sprintf(".s.PGSQL.%d", port), fmt.Sprintf(".s.PGSQL.%d.lock", port)} {
		if err := os.Remove(filepath.Join(s.socket, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("removing a stale socket: %w", err)
		}
	}
	journal, before, err := openJournal(filepath.Join(s.dir, "postgres.log"))
	if err != nil {
		return err
	}
	defer journal.Close() // the server has its own by then
	cmd := exec.Command(s.bin.postgres(), s.args...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = "/", environment, s.account.attributes()
	cmd.Stdout, cmd.Stderr = journal, journal
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting PostgreSQL: %w", err)
	}
	exited := make(chan struct{})
	go func() {
		cmd.Wait() // its status says nothing that the log does not
		close(exited)
	}()
	s.pid, s.exited = cmd.Process.Pid, exited
	if err := s.ready(ctx); err != nil {
		hurry, cancel := context.WithCancel(context.Background())
		cancel()
		s.end(hurry) // the first error is the one to tell
		if !s.alive() {
			os.RemoveAll(s.socket) // private and ours; a leftover does no harm
		}
		return fmt.Errorf("PostgreSQL in %s did not start: %w; the last lines of its log: %s", s.dir, err, journalSince(journal, before))
	}
	return nil
}

// ready waits until the server lets the superuser in. A server in recovery
// refuses for as long as that takes, which is no failure.
func (s *Server) ready(ctx context.Context) error {
	config, err := pgconn.ParseConfig(s.url("postgres"))
	if err != nil {
		return errors.New("the address of the private PostgreSQL cannot be read") // the parser's error may hold it
	}
	config.ConnectTimeout = 5 * time.Second
	told := time.Now()
	for pause := 5 * time.Millisecond; ; pause = min(pause*5/4, 200*time.Millisecond) {
		conn, err := pgconn.ConnectConfig(ctx, config)
		if err == nil {
			return conn.Close(ctx)
		}
		if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == "28P01" {
			return fmt.Errorf("it does not know the password in %s: put the file back from a backup", filepath.Join(s.dir, "secrets"))
		}
		if !s.alive() {
			return errors.New("it ended by itself")
		}
		if time.Since(told) > 5*time.Second {
			told = time.Now()
			s.log.Info("PostgreSQL is still starting, it may be recovering from a crash", "dir", s.dir)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w while waiting for it to accept connections", ctx.Err())
		case <-s.exited: // nil, so never, for an adopted server
		case <-time.After(pause):
		}
	}
}

// keep is the size beyond which a log is set aside at the next start; one
// older log is kept.
const keep = 16 << 20

// openJournal opens the server's log and returns how long it already is.
func openJournal(path string) (*os.File, int64, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > keep {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, 0, fmt.Errorf("setting the old log of PostgreSQL aside: %w", err)
		}
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, 0, fmt.Errorf("opening the log of PostgreSQL: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, 0, fmt.Errorf("opening the log of PostgreSQL: %w", err)
	}
	return file, info.Size(), nil
}

// journalSince returns the last lines that this start has written.
func journalSince(file *os.File, before int64) string {
	text, err := io.ReadAll(io.NewSectionReader(file, before, 1<<20))
	if err != nil || len(text) == 0 {
		return "(nothing)"
	}
	return lastLines(string(text), 8)
}
