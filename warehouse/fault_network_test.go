package warehouse

import (
	"context"
	"database/sql"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"onevision/records/postgres/postgrestest"
)

// far is a county whose follower reaches PostgreSQL by a network.
func (c *county) far(o Options) (*postgrestest.Proxy, Options) {
	c.Helper()
	p := postgrestest.NewProxy(c, c.server)
	o.SourceURL, o.SilenceTimeout = p.URL(o.SourceURL), 3*time.Second
	return p, o
}

// PostgreSQL cannot be reached for a while, in each of the ways in which
// networks fail. Where nobody says so, the follower notices by itself.
func TestFaultPostgresUnreachable(t *testing.T) {
	for name, test := range map[string]struct {
		happen func(*postgrestest.Proxy)
		words  string
	}{
		"refused":                 {(*postgrestest.Proxy).Refuse, ""},
		"cut":                     {(*postgrestest.Proxy).Cut, ""},
		"lost":                    {(*postgrestest.Proxy).Lose, "silent for 3s"},
		"lost, and new ones pass": {(*postgrestest.Proxy).LoseThese, "silent for 3s"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounty(t, nil)
			p, o := c.far(c.options(t.TempDir()))
			log := &said{to: t.Output()}
			o.Log, o.SlotInterval = slog.New(slog.NewTextHandler(log, nil)), 100*time.Millisecond
			f := c.follow(o)
			f.wait()
			w := c.witness(f)
			for range max(1, times(1, 20)/3) {
				w.more(20)
				f.current()
				began, before := time.Now(), log.count("was interrupted")
				test.happen(p)
				for log.count("was interrupted") == before {
					if time.Sleep(10 * time.Millisecond); time.Since(began) > 3*o.SilenceTimeout {
						t.Fatalf("not noticed for %s: %+v", time.Since(began), f.Status())
					}
				}
				w.more(20) // the record store itself goes on
				if strings.HasPrefix(name, "lost") {
					f.until("a slot that cannot be seen", func(s Status) bool {
						return strings.Contains(s.Slot.Error, test.words) || s.Slot.At.After(began.Add(o.SilenceTimeout))
					})
				}
				p.Heal()
				f.current()
				f.until("the slot seen again", func(s Status) bool { return s.Slot.Error == "" && s.Slot.Exists })
			}
			w.hold(f)
			if s := f.Status(); s.Rebuilds != 1 || s.Error != "" {
				t.Errorf("a new build was made, or the error stays: %+v", s)
			}
			if test.words != "" && log.count(test.words) == 0 {
				t.Errorf("the log does not say %q", test.words)
			}
		})
	}
}

// PostgreSQL is lost, or killed, in the middle of a load: what serves goes on,
// and the load begins again.
func TestFaultPostgresLostDuringALoad(t *testing.T) {
	c := newCounty(t, nil)
	c.exec(`INSERT INTO attendance (child_id, school_id, date, am, recorded_by) SELECT c, 1, d, '/', 0
		FROM generate_series(1, 200) c, generate_series(DATE '2024-09-01', DATE '2025-05-31', '1 day') d`)
	p, o := c.far(c.options(t.TempDir()))
	f := c.follow(o)
	f.wait()
	w := c.witness(f)
	kill := func() {
		if err := c.server.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	for _, fault := range []struct {
		happen, heal func()
		words        []string
	}{
		{p.Lose, p.Heal, []string{"silent for 3s", "timeout"}},
		{p.LoseThese, p.Heal, []string{"silent for 3s"}},
		{kill, func() { c.restart(); p.Heal() }, []string{"EOF", "closed", "reset", "starting up"}},
	} {
		f.current()
		before := f.Status().Build
		p.Slow(0, 400_000)
		rebuilt := make(chan error, 1)
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			rebuilt <- f.Rebuild(ctx, "a test")
		}()
		f.until("a load", func(s Status) bool { return s.Load.Step == "copying" && s.Load.Rows > 10_000 })
		fault.happen()
		f.until("an error", func(s Status) bool {
			return slices.ContainsFunc(fault.words, func(words string) bool { return strings.Contains(s.Error, words) })
		})
		if s := f.Status(); s.Build != before || !s.Serving {
			t.Errorf("the build before does not answer: %+v", s)
		}
		fault.heal()
		if err := <-rebuilt; err != nil {
			t.Fatal(err)
		}
	}
	w.hold(f)
}

// A server that works long on one answer is not taken for one that is gone.
func TestFaultPostgresIsBusy(t *testing.T) {
	c := newCounty(t, nil)
	_, o := c.far(c.options(t.TempDir()))
	o.SilenceTimeout = 2 * time.Second // which bounds connecting too, on a machine that is busy
	tx, err := c.conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `UPDATE child SET version = version + 1 WHERE id = 1`); err != nil {
		t.Fatal(err)
	}
	f := c.follow(o)
	for end := time.Now().Add(4 * o.SilenceTimeout); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if s := f.Status(); s.Error != "" {
			t.Fatalf("the load was given up: %s", s.Error)
		}
	}
	if step := f.Status().Load.Step; !strings.Contains(step, "open transactions") {
		t.Errorf("the load does not wait for the transaction but is at %q", step)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.wait()
	f.equal()
}

// PostgreSQL is slow: everything arrives in the end, and meanwhile nobody is
// told that it had.
func TestFaultPostgresSlow(t *testing.T) {
	c := newCounty(t, nil)
	p, o := c.far(c.options(t.TempDir()))
	f := c.follow(o)
	f.wait()
	w := c.witness(f)
	for i := range times(1, 4) {
		f.current()
		p.Slow(150*time.Millisecond, 100_000)
		c.exec(`UPDATE attendance SET am_minutes = $1 WHERE date BETWEEN '2025-09-01' AND '2025-09-20'`, 20+i)
		committed := time.Now()
		late := 0
		for arrived := false; !arrived; time.Sleep(20 * time.Millisecond) {
			if time.Since(committed) > patience {
				t.Fatalf("it does not arrive: %+v", f.Status())
			}
			err := f.Read(t.Context(), func(ctx context.Context, conn *sql.Conn, at Position) error {
				var n int
				if err := conn.QueryRowContext(ctx, `SELECT count(*) FROM facts.attendance WHERE am_minutes = $1`, 20+i).Scan(&n); err != nil {
					return err
				}
				if arrived = n == 4000; !arrived {
					late++
					if at.AsAt.After(committed) || n != 0 {
						t.Errorf("data as at %s has %d rows of what was committed at %s", at.AsAt, n, committed)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if late == 0 {
			t.Error("the network was not slow")
		}
		t.Logf("it took %s", time.Since(committed))
		f.current() // on the slow network
		p.Heal()
	}
	w.hold(f)
	if s := f.Status(); s.Rebuilds != 1 || s.Error != "" {
		t.Errorf("slowness made a new build necessary: %+v", s)
	}
}
