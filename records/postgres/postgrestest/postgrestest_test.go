package postgrestest

import (
	"encoding/json"
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
			url := Empty(t)
			urls = append(urls, url)
			conn := connect(t, url) // left open: the drop must cope
			if _, err := conn.Exec(t.Context(), `CREATE TABLE apple (id bigint)`); err != nil {
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
	return execute(url, `CREATE TABLE apple (id bigint)`, `INSERT INTO apple VALUES (1)`)
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	for range 3 {
		t.Run("clone", func(t *testing.T) {
			t.Parallel()
			conn := connect(t, Template(t, prepare))
			var n int
			if err := conn.QueryRow(t.Context(), `INSERT INTO apple SELECT id + 1 FROM apple RETURNING id`).Scan(&n); err != nil || n != 2 {
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
	if err := execute(server.URL("postgres"), `CREATE TABLE apple (id bigint)`); err != nil {
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
	if err := conn.QueryRow(t.Context(), `SELECT current_setting('work_mem') FROM (SELECT count(id) FROM apple) c`).Scan(&memory); err != nil || memory != "5MB" {
		t.Errorf("work_mem %s, %v", memory, err)
	}
}

// abandoned is what a test program left when it was killed.
type abandoned struct {
	PIDs  []int
	Paths []string
}

// TestAbandoned is run by TestKilledTests in a process of its own.
func TestAbandoned(t *testing.T) {
	report := os.Getenv("POSTGRESTEST_ABANDONED")
	if report == "" {
		return // not a test but a part of one
	}
	own, r := Server(t, nil), theRun(t)
	conn := connect(t, New(t))
	var shared string
	if err := conn.QueryRow(t.Context(), `SELECT setting FROM pg_settings WHERE name = 'data_directory'`).Scan(&shared); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(shared, "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(file), "\n")
	pid, err := strconv.Atoi(lines[0])
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(abandoned{[]int{pid, own.PID()}, []string{own.Dir(), own.SocketDir(), r.Dir, r.Dir + ".users", r.Dir + ".start", lines[4]}})
	if err := errors.Join(err, os.WriteFile(report+".new", text, 0o600), os.Rename(report+".new", report)); err != nil {
		t.Fatal(err)
	}
	<-t.Context().Done() // never: it is killed
}

// Test programs of one run share a server, and of killed ones nothing is left.
func TestKilledTests(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), nil, 0o600); err != nil { // a checkout, and so a run, of its own
		t.Fatal(err)
	}
	var programs []*exec.Cmd
	var all []abandoned
	for i := range 2 {
		report := filepath.Join(dir, strconv.Itoa(i))
		cmd := exec.Command(os.Args[0], "-test.run=^TestAbandoned$")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "POSTGRESTEST_ABANDONED="+report, lingerVariable+"=1ms")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		programs = append(programs, cmd)
		defer cmd.Process.Kill()
	}
	for i := range programs {
		var a abandoned
		for deadline := time.Now().Add(2 * time.Minute); len(a.PIDs) == 0 && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			if text, err := os.ReadFile(filepath.Join(dir, strconv.Itoa(i))); err == nil {
				if err := json.Unmarshal(text, &a); err != nil {
					t.Fatal(err)
				}
			}
		}
		if all = append(all, a); len(a.PIDs) != 2 || a.PIDs[0] < 2 || !running(a.PIDs[0]) || !running(a.PIDs[1]) {
			t.Fatalf("a test program has no servers: %+v", a)
		}
	}
	if all[0].PIDs[0] != all[1].PIDs[0] || all[0].PIDs[1] == all[1].PIDs[1] {
		t.Errorf("two programs do not share one server, or not only one: %v", all)
	}
	for _, cmd := range programs {
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
	}
	left := func() (left []string) {
		for _, a := range all {
			for _, pid := range a.PIDs {
				if running(pid) {
					left = append(left, "process "+strconv.Itoa(pid))
				}
			}
			for _, path := range a.Paths {
				if _, err := os.Stat(path); err == nil {
					left = append(left, path)
				}
			}
		}
		return left
	}
	for deadline := time.Now().Add(time.Minute); len(left()) > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("a minute after kill -9 of the tests there are still %v", left())
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
