package postgres

import (
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

// TestMain is the program that TestOrphan kills, when it is told a directory.
func TestMain(m *testing.M) {
	dir := os.Getenv("POSTGRES_TEST_PROGRAM")
	if dir == "" {
		os.Exit(m.Run())
	}
	s, err := Start(context.Background(), Options{Dir: dir, Settings: quick})
	text := itoa(0)
	if err != nil {
		text = err.Error()
	} else {
		text = itoa(s.PID())
	}
	report := filepath.Join(dir, "report")
	if err := errors.Join(os.WriteFile(report+".new", []byte(text), 0o600), os.Rename(report+".new", report)); err != nil {
		panic(err)
	}
	time.Sleep(time.Minute)
}

// program runs Start on dir in a process of its own and returns that process
// and the server's number.
func program(t *testing.T, dir string) (*exec.Cmd, int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "POSTGRES_TEST_PROGRAM="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill9(cmd) })
	report := filepath.Join(dir, "report")
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if text, err := os.ReadFile(report); err == nil {
			pid, err := strconv.Atoi(string(text))
			if err != nil {
				t.Fatalf("the other program: %s", text)
			}
			if err := os.Remove(report); err != nil {
				t.Fatal(err)
			}
			return cmd, pid
		}
	}
	t.Fatal("the other program did not start a server within a minute")
	return nil, 0
}

func kill9(cmd *exec.Cmd) {
	cmd.Process.Kill()
	cmd.Wait()
}

func TestOrphanIsTakenOver(t *testing.T) {
	t.Parallel()
	dir := reachable(t)
	other, pid := program(t, dir)
	_, err := Start(t.Context(), Options{Dir: dir, Settings: quick})
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "process "+itoa(other.Process.Pid)) {
		t.Fatalf("while the other program lives, Start gave %v", err)
	}
	kill9(other)

	s := start(t, Options{Dir: dir, Settings: quick})
	if s.PID() != pid {
		t.Errorf("process %d, want the orphan %d", s.PID(), pid)
	}
	ask(t, s, `CREATE TABLE mark (n int)`, `INSERT INTO mark VALUES (1)`)
	stop(t, s)
	if serves(pid, s.data) || len(family(pid, s.data)) > 0 {
		t.Error("the orphan outlived Stop")
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid")); err == nil {
		t.Error("the orphan was not shut down in order")
	}
	if got := ask(t, start(t, Options{Dir: dir, Settings: quick}), `SELECT n FROM mark`); got != "1" {
		t.Errorf("read %q", got)
	}
}

func TestFaultOrphanIsKilledAndRestarted(t *testing.T) {
	t.Parallel()
	dir := reachable(t)
	other, pid := program(t, dir)
	kill9(other)
	s := start(t, Options{Dir: dir, Settings: quick})
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if serves(pid, s.data) || s.PID() != 0 {
		t.Error("the orphan outlived Kill")
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	ask(t, s, `SELECT 1`)
}

func TestOrphanWithOtherSettingsIsReplaced(t *testing.T) {
	t.Parallel()
	dir := reachable(t)
	other, pid := program(t, dir)
	kill9(other)
	settings := maps.Clone(quick)
	settings["work_mem"] = "9MB"
	s := start(t, Options{Dir: dir, Settings: settings})
	if s.PID() == pid || serves(pid, s.data) {
		t.Error("the orphan still runs")
	}
	if got := ask(t, s, `SHOW work_mem`); got != "9MB" {
		t.Errorf("work_mem %s", got)
	}
}

// A program may be killed a moment before it would have had a server, too.
func TestFaultProgramKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	dir := reachable(t)
	for _, after := range []time.Duration{30, 100, 200, 400, 600, 700, 800, 1000} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "POSTGRES_TEST_PROGRAM="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after * time.Millisecond)
		kill9(cmd)
	}
	s := start(t, Options{Dir: dir, Settings: quick})
	ask(t, s, `SELECT 1`)
	stop(t, s)
	if left := family(0, s.data); len(left) > 0 {
		t.Errorf("processes left: %v", left)
	}
}
