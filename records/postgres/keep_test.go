package postgres

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// answers waits until the server answers a question with this value.
func answers(t *testing.T, s *Server, question, want string) {
	t.Helper()
	var got string
	var err error
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		got, err = func() (value string, err error) {
			conn, err := pgx.Connect(t.Context(), s.URL("postgres"))
			if err != nil {
				return "", err
			}
			defer conn.Close(context.Background())
			return value, conn.QueryRow(t.Context(), question).Scan(&value)
		}()
		if err == nil && got == want {
			return
		}
	}
	t.Fatalf("%s: %q, %v", question, got, err)
}

// A server that ends by itself is started again, with everything committed; one
// that cannot be started is, once it can; one that was told to stop stays so.
func TestFaultServerThatEndsIsStartedAgain(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: filepath.Join(reachable(t), "pg")})
	kept := make(chan struct{})
	go func() { s.Keep(t.Context()); close(kept) }()
	ask(t, s, `CREATE TABLE kept (n int)`)
	for _, end := range []func() error{
		s.Kill,
		func() error { return syscall.Kill(s.PID(), syscall.SIGKILL) }, // its children live a moment longer
		func() error { return syscall.Kill(s.PID(), syscall.SIGINT) },
	} {
		answers(t, s, `INSERT INTO kept VALUES (1) RETURNING 'in'`, "in")
		before := s.PID()
		if err := end(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(30 * time.Second); s.PID() == before; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the server did not end")
			}
		}
	}
	answers(t, s, `SELECT count(*)::text FROM kept`, "3")
	// What is in the way of a start goes.
	control := filepath.Join(s.Dir(), "data", "global", "pg_control")
	if err := os.Rename(control, control+".away"); err != nil {
		t.Fatal(err)
	}
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1500 * time.Millisecond)
	if pid := s.PID(); pid != 0 {
		t.Errorf("process %d runs without its control file", pid)
	}
	if err := os.Rename(control+".away", control); err != nil {
		t.Fatal(err)
	}
	answers(t, s, `SELECT count(*)::text FROM kept`, "3")
	stop(t, s)
	select {
	case <-kept:
	case <-time.After(10 * time.Second):
		t.Error("a server that was told to stop is still kept")
	}
	if s.PID() != 0 {
		t.Error("a server that was told to stop runs")
	}
}
