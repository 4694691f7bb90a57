package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// Following is stopped at any moment and goes on in the same program: in the
// middle of a commit too, after which only the file knows whether it was made.
func TestFaultStoppedInTheMiddleOfACommit(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	f.stop()
	w, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	f = &follower{Warehouse: w, t: t}
	defer func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}()
	stop := c.write()
	for range times(8, 200) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond+rand.N(100*time.Millisecond))
		if err := w.Follow(ctx); err != nil {
			t.Error(err)
		}
		cancel()
	}
	stop()
	f.equal()
	if s := f.Status(); s.Rebuilds != 0 {
		t.Errorf("stopping made a new build necessary: %+v", s)
	}
}

// The warehouse is closed while it is written and read: whoever uses it is
// cancelled and waited for, and what is closed is used by nobody. The race
// detector sees whoever does.
func TestFaultClosedWhileItIsUsed(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	f := c.follow(o)
	f.wait()
	f.stop()
	said := &said{to: io.Discard}
	o.Log = slog.New(slog.NewTextHandler(said, &slog.HandlerOptions{Level: slog.LevelWarn}))
	for n := range times(10, 1000) {
		w, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		var users sync.WaitGroup
		begun := make(chan struct{}, 100)
		use := func(what func(context.Context, func(context.Context, *sql.Conn, Position) error) error, statement string) {
			users.Go(func() {
				for {
					err := what(t.Context(), func(ctx context.Context, c *sql.Conn, _ Position) error {
						select {
						case begun <- struct{}{}:
						default:
						}
						_, err := c.ExecContext(ctx, statement)
						return err
					})
					if errors.Is(err, ErrClosed) {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		use(w.Write, `CREATE OR REPLACE TABLE results.n AS SELECT * FROM facts.attendance`)
		use(w.Write, `CREATE OR REPLACE TABLE results.m AS SELECT count(*) AS n FROM range(100000000)`)
		use(w.Read, `SELECT count(*) FROM facts.attendance, range(10000)`)
		if n%2 == 0 {
			users.Go(func() {
				if err := w.Follow(t.Context()); err != nil && !errors.Is(err, ErrClosed) {
					t.Error(err)
				}
			})
		}
		<-begun
		<-begun
		time.Sleep(rand.N(5 * time.Millisecond))
		if err := w.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		users.Wait()
		if t.Failed() {
			break
		}
	}
	if text := said.text(); text != "" {
		t.Errorf("an ordinary end was logged:\n%s", text)
	}
	f = c.follow(c.options(o.Dir))
	f.equal()
	if s := f.Status(); s.Rebuilds != 0 {
		t.Errorf("closing made a new build necessary: %+v", s)
	}
}
