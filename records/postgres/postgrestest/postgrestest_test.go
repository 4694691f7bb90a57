package postgrestest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { Main(m) }

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	var urls []string
	for _, name := range []string{"first", "Second with spaces and é"} {
		t.Run(name, func(t *testing.T) {
			url := New(t)
			urls = append(urls, url)
			conn := connect(t, url) // left open: the drop must cope
			if _, err := conn.Exec(t.Context(), `CREATE TABLE child (id bigint)`); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Exec(t.Context(), `SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, "s"+strconv.Itoa(len(urls))); err != nil {
				t.Fatal(err)
			}
		})
	}
	for _, url := range urls {
		if _, err := pgx.Connect(t.Context(), url); err == nil || !strings.Contains(err.Error(), "does not exist") {
			t.Errorf("after the test its database is still there: %v", err)
		}
	}
}

var prepared atomic.Int32

func prepare(url string) error {
	prepared.Add(1)
	return run(url, `CREATE TABLE child (id bigint)`, `INSERT INTO child VALUES (1)`)
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	for range 3 {
		t.Run("clone", func(t *testing.T) {
			t.Parallel()
			conn := connect(t, Template(t, prepare))
			var n int
			if err := conn.QueryRow(t.Context(), `INSERT INTO child SELECT id + 1 FROM child RETURNING id`).Scan(&n); err != nil || n != 2 {
				t.Errorf("id %d, %v; want 2 in a clone of its own", n, err)
			}
			if prepared.Load() != 1 {
				t.Errorf("prepared %d times", prepared.Load())
			}
		})
	}
}

func TestServerOfItsOwn(t *testing.T) {
	t.Parallel()
	server := Server(t, map[string]string{"work_mem": "5MB"})
	if err := run(server.URL("postgres"), `CREATE TABLE child (id bigint)`); err != nil {
		t.Fatal(err)
	}
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, server.URL("postgres"))
	defer conn.Close(t.Context())
	var memory string
	if err := conn.QueryRow(t.Context(), `SELECT current_setting('work_mem') FROM (SELECT count(id) FROM child) c`).Scan(&memory); err != nil || memory != "5MB" {
		t.Errorf("work_mem %s, %v", memory, err)
	}
}

// TestAbandoned is run by TestKilledTests in a process of its own.
func TestAbandoned(t *testing.T) {
	report := os.Getenv("POSTGRESTEST_ABANDONED")
	if report == "" {
		return // not a test but a part of one
	}
	server := Server(t, nil)
	text := strconv.Itoa(server.PID()) + "\n" + server.Dir() + "\n" + server.SocketDir()
	if err := errors.Join(os.WriteFile(report+".new", []byte(text), 0o600), os.Rename(report+".new", report)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Minute)
}

func TestKilledTests(t *testing.T) {
	t.Parallel()
	report := filepath.Join(t.TempDir(), "report")
	cmd := exec.Command(os.Args[0], "-test.run=^TestAbandoned$")
	cmd.Env = append(os.Environ(), "POSTGRESTEST_ABANDONED="+report)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var text []byte
	for deadline := time.Now().Add(time.Minute); len(text) == 0 && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		text, _ = os.ReadFile(report)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	lines := strings.Split(string(text), "\n")
	if len(lines) != 3 {
		t.Fatalf("the other program said %q", text)
	}
	pid, err := strconv.Atoi(lines[0])
	if err != nil || pid < 2 {
		t.Fatalf("no process number in %q", text)
	}
	left := func() (left []string) {
		if running(pid) {
			left = append(left, "process "+lines[0])
		}
		for _, path := range lines[1:] {
			if _, err := os.Stat(path); err == nil {
				left = append(left, path)
			}
		}
		return left
	}
	for deadline := time.Now().Add(20 * time.Second); len(left()) > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("20 s after kill -9 of the tests there are still %v", left())
		}
	}
}

// running says whether a process runs that is not a zombie.
func running(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(string(out), "Z")
}
