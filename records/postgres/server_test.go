package postgres

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// quick are settings for tests that do not cut the power.
var quick = map[string]string{"fsync": "off", "shared_buffers": "32MB"}

// reachable returns a temporary folder that the server's user can pass, which
// t.TempDir is not.
func reachable(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "postgres-test-*")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// ask runs statements and returns the last one's value as text.
func ask(t *testing.T, s *Server, statements ...string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var value string
	for _, statement := range statements {
		results, err := conn.PgConn().Exec(t.Context(), statement).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		if last := results[len(results)-1]; len(last.Rows) > 0 {
			value = string(last.Rows[0][0])
		}
	}
	return value
}

func TestStart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(reachable(t), "made", "by the program")
	s := start(t, Options{Dir: dir, Settings: map[string]string{"work_mem": "7MB"}})
	for setting, want := range map[string]string{
		"wal_level": "logical", "max_replication_slots": "10", "max_slot_wal_keep_size": "4GB", "listen_addresses": "",
		"server_encoding": "UTF8", "password_encryption": "scram-sha-256", "work_mem": "7MB", "fsync": "on", "data_checksums": "on",
	} {
		if got := ask(t, s, `SHOW `+setting); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	if who := ask(t, s, `SELECT current_user || ' ' || usesuper FROM pg_user WHERE usename = current_user`); who != "onevision_admin true" {
		t.Errorf("the address belongs to %q", who)
	}
	if got := ask(t, s, `SELECT string_agg(DISTINCT auth_method, ' ') FROM pg_hba_file_rules`); got != "scram-sha-256" {
		t.Errorf("ways in: %s", got)
	}

	wrong, err := pgx.ParseConfig(s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	wrong.Password = "guess"
	if conn, err := pgx.ConnectConfig(t.Context(), wrong); err == nil {
		conn.Close(t.Context())
		t.Error("a wrong password was let in")
	}

	folder := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		folder = 0o711
	}
	for path, want := range map[string]struct {
		mode os.FileMode
		uid  uint32
	}{
		filepath.Dir(dir):                  {folder, uint32(os.Geteuid())},
		dir:                                {folder, uint32(os.Geteuid())},
		filepath.Join(dir, "secrets"):      {0o600, uint32(os.Geteuid())},
		filepath.Join(dir, "lock"):         {0o600, uint32(os.Geteuid())},
		filepath.Join(dir, "postgres.log"): {0o600, uint32(os.Geteuid())},
		filepath.Join(dir, "data"):         {0o700, s.account.uid},
		s.SocketDir():                      {0o700, s.account.uid},
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if uid := info.Sys().(*syscall.Stat_t).Uid; info.Mode().Perm() != want.mode || uid != want.uid {
			t.Errorf("%s has mode %o and owner %d, want %o and %d", path, info.Mode().Perm(), uid, want.mode, want.uid)
		}
	}
	if leftovers, _ := filepath.Glob(filepath.Join(dir, "data.new*")); len(leftovers) > 0 {
		t.Errorf("left behind: %v", leftovers)
	}
	if info, err := os.Stat("/proc/self"); err == nil && info.IsDir() {
		status, err := os.Stat(filepath.Join("/proc", itoa(s.PID())))
		if err != nil || status.Sys().(*syscall.Stat_t).Uid == 0 {
			t.Errorf("the server runs as root: %v", err)
		}
	}
}

func TestStopAndStartKeepsData(t *testing.T) {
	t.Parallel()
	o := Options{Dir: reachable(t), Settings: quick}
	s := start(t, o)
	ask(t, s, `CREATE TABLE mark (code text)`, `INSERT INTO mark VALUES ('é')`)
	stop(t, s)
	if s.PID() != 0 {
		t.Errorf("after Stop process %d is there", s.PID())
	}
	if _, err := os.Stat(s.SocketDir()); err == nil {
		t.Error("after Stop the folder of the socket is there")
	}
	stop(t, s) // again, to no effect
	again := start(t, o)
	if got := ask(t, again, `SELECT upper(code) FROM mark`); got != "É" {
		t.Errorf("read %q", got)
	}
	if err := s.Restart(t.Context()); !errors.Is(err, ErrInUse) {
		t.Errorf("a stopped server came back beside its successor: %v", err)
	}
}

func TestFaultKillLosesNothingCommitted(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: reachable(t)}) // fsync on
	url := s.URL("postgres")
	for round := range 3 {
		ask(t, s, `CREATE TABLE IF NOT EXISTS mark (n int)`,
			`INSERT INTO mark VALUES (1)`)
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
		if left := family(0, s.data); s.PID() != 0 || len(left) > 0 {
			t.Fatalf("after Kill there are %d and %v", s.PID(), left)
		}
		if err := s.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := ask(t, s, `SELECT count(*) FROM mark`); got != itoa(round+1) {
			t.Errorf("%s rows after crash %d", got, round+1)
		}
	}
	if s.URL("postgres") != url {
		t.Error("the address changed")
	}
}

// The kernel may kill the postmaster alone, when memory runs out. A process
// that is computing does not notice and would keep the next server from starting.
func TestFaultBusyProcessOfAKilledPostmaster(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: reachable(t), Settings: quick})
	ask(t, s, `CREATE TABLE mark (n int)`, `INSERT INTO mark VALUES (1)`)
	conn, err := pgx.Connect(t.Context(), s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	go conn.Exec(context.WithoutCancel(t.Context()), `SELECT count(*) FROM generate_series(1, 10000) a, generate_series(1, 10000000) b`)
	busy := `SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%10000000%' AND pid <> pg_backend_pid()`
	for ask(t, s, busy) == "0" {
		time.Sleep(10 * time.Millisecond)
	}
	if err := syscall.Kill(s.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for s.PID() != 0 {
		time.Sleep(10 * time.Millisecond)
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, s, `SELECT n FROM mark`); got != "1" {
		t.Errorf("read %q", got)
	}
}

func TestStopWithoutTimeRecovers(t *testing.T) {
	t.Parallel()
	o := Options{Dir: reachable(t), Settings: quick}
	s := start(t, o)
	ask(t, s, `CREATE TABLE mark (n int)`, `INSERT INTO mark VALUES (1)`)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Stop(over); !errors.Is(err, context.Canceled) || s.PID() != 0 {
		t.Fatalf("Stop gave %v and process %d", err, s.PID())
	}
	if got := ask(t, start(t, o), `SELECT n FROM mark`); got != "1" {
		t.Errorf("read %q", got)
	}
}

func TestSecondStartIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: reachable(t), Settings: quick})
	_, err := Start(t.Context(), Options{Dir: s.Dir(), Settings: quick})
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "process "+itoa(os.Getpid())) {
		t.Errorf("a second Start gave %v", err)
	}
	ask(t, s, `SELECT 1`)
}

func TestStalePostmasterPid(t *testing.T) {
	t.Parallel()
	o := Options{Dir: reachable(t), Settings: quick}
	s := start(t, o)
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	s.lock.release() // as if the program had been killed too
	s.lock = nil
	// Another process of the same user now has the number.
	stranger := exec.Command("sleep", "60")
	stranger.Dir, stranger.SysProcAttr = "/", s.account.attributes()
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { stranger.Process.Kill(); stranger.Wait() }()
	for _, path := range []string{filepath.Join(s.data, "postmaster.pid"), filepath.Join(s.socket, ".s.PGSQL.5432.lock")} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), "\n")
		if err := os.WriteFile(path, []byte(itoa(stranger.Process.Pid)+"\n"+rest), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := start(t, o)
	if again.PID() == stranger.Process.Pid {
		t.Error("the stranger was taken for PostgreSQL")
	}
	ask(t, again, `SELECT 1`)
	stop(t, again)
	if err := stranger.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the stranger did not survive: %v", err)
	}
}
