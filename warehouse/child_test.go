package warehouse

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const childEnvironment = "ONEVISION_WAREHOUSE_CHILD"

// following is the program that a test starts and kills: the test binary
// itself, which then only follows.
func following() bool {
	file := os.Getenv(childEnvironment)
	if file == "" {
		return false
	}
	var plain childOptions
	b, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(b, &plain)
	}
	o := Options{Dir: plain.Dir, SourceURL: plain.SourceURL, Slot: plain.Slot, Publication: plain.Publication, Tables: plain.Tables, Buffer: plain.Buffer, Heartbeat: 100 * time.Millisecond}
	o.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	if plain.DieAt != "" {
		o.onStep = func(step string) {
			if step == plain.DieAt {
				syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {} // the signal is on its way
			}
		}
	}
	var w *Warehouse
	if err == nil {
		w, err = Open(context.Background(), o)
	}
	if err == nil && plain.DieAt != "" {
		go w.Rebuild(context.Background(), "a test wants it")
	}
	if err == nil {
		err = w.Follow(context.Background())
	}
	fmt.Fprintln(os.Stderr, "the child ended:", err)
	os.Exit(1)
	return true
}

type childOptions struct {
	Dir, SourceURL, Slot, Publication string
	Tables                            []Table
	Buffer                            int
	DieAt                             string // the step of a new build at which it kills itself
}

// child is a program that follows until it is killed, or has come to a step of a
// new build.
func (c *county) child(o Options, buffer int, dieAt string) *exec.Cmd {
	c.Helper()
	b, err := json.Marshal(childOptions{o.Dir, o.SourceURL, o.Slot, o.Publication, o.Tables, buffer, dieAt})
	if err != nil {
		c.Fatal(err)
	}
	file := filepath.Join(c.TempDir(), "options.json")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		c.Fatal(err)
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childEnvironment+"="+file)
	child.Stderr = c.Output()
	if err := child.Start(); err != nil {
		c.Fatal(err)
	}
	return child
}

// applies waits until a child applies changes: the log beside its file grows.
func (c *county) applies(o Options) {
	c.Helper()
	size := func() int64 {
		i, err := os.Stat(c.current(o.Dir) + ".wal")
		if err != nil {
			return 0
		}
		return i.Size()
	}
	was := size()
	for end := time.Now().Add(patience); size() <= was; time.Sleep(5 * time.Millisecond) {
		if now := size(); now < was {
			was = now // it was taken into the file
		}
		if time.Now().After(end) {
			c.Fatal("the child applies nothing")
		}
	}
}

// numbered is the number that the last build begun has.
func (c *county) numbered(dir string) string {
	b, _ := os.ReadFile(filepath.Join(dir, "last")) // none yet: ""
	return string(b)
}

// writer changes records until stop is called.
func (c *county) write() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- func() error {
			conn, err := pgx.Connect(ctx, c.admin)
			if err != nil {
				return err
			}
			defer conn.Close(context.Background())
			for i := 0; ctx.Err() == nil; i++ {
				for _, s := range []string{
					fmt.Sprintf(`INSERT INTO attendance (child_id, school_id, date, am, recorded_by)
						SELECT 1 + g, 1, DATE '2026-09-01' + (SELECT count(DISTINCT date) FROM attendance WHERE date >= '2026-09-01')::int, '/', 0 FROM generate_series(0, %d) g`, rand.IntN(150)),
					fmt.Sprintf(`UPDATE attendance SET am = CASE am WHEN '/' THEN 'O' ELSE '/' END WHERE child_id = %d`, 1+rand.IntN(150)),
					fmt.Sprintf(`DELETE FROM attendance WHERE date >= '2026-09-01' AND child_id = %d`, 1+rand.IntN(150)),
					fmt.Sprintf(`UPDATE child SET version = version + 1 WHERE id = %d`, 1+rand.IntN(150)),
					fmt.Sprintf(`UPDATE ks4_result SET attainment8 = %d WHERE child_id = %d`, rand.IntN(90), 1+rand.IntN(90)),
				} {
					if _, err := conn.Exec(context.Background(), s); err != nil {
						return fmt.Errorf("%s: %w", s, err)
					}
				}
			}
			return nil
		}()
	}()
	return func() {
		c.Helper()
		cancel()
		if err := <-done; err != nil && ctx.Err() == nil {
			c.Errorf("writing: %v", err)
		}
	}
}

func (c *county) glob(pattern string) []string {
	c.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		c.Fatalf("%s: %v %v", pattern, names, err)
	}
	return names
}
