package warehouse

import (
	"context"
	"database/sql"
	"sync/atomic"
	"testing"
	"time"

	"onevision/records/postgres/postgrestest"
)

// The clock of the machine, which is the program's and PostgreSQL's, is set back
// by an hour while records are written, and later set right. Nothing is lost,
// and "data as at" follows: it is never the hour that the server's clock has not
// reached yet, and what was committed before it shows.
func TestFaultTheClockIsSetBack(t *testing.T) {
	t.Parallel()
	server, setServer := postgrestest.ServerWithClock(t, nil)
	c := countyOn(t, server)
	var program atomic.Int64
	o := c.options(t.TempDir())
	o.Now = func() time.Time { return time.Now().Add(time.Duration(program.Load())) }
	o.SlotInterval = 100 * time.Millisecond
	f := c.follow(o)
	f.wait()
	clock := func() (now time.Time) {
		t.Helper()
		if err := c.conn.QueryRow(t.Context(), `SELECT clock_timestamp()`).Scan(&now); err != nil {
			t.Fatal(err)
		}
		return now
	}
	reached := func(moment time.Time) func(Status) bool {
		return func(s Status) bool {
			return s.Position.AsAt.After(moment) && s.Position.AsAt.Before(moment.Add(20*time.Second))
		}
	}
	mark := 0
	for i := range times(1, 4) {
		f.until("data as at the clock's time", reached(clock()))
		back := -time.Hour
		if i%2 == 1 {
			back = -26 * time.Hour // another day
		}
		for _, more := range []time.Duration{back, 0} {
			setServer(more)
			program.Store(int64(more))
			if is := time.Until(clock()) - more; is.Abs() > 10*time.Second {
				t.Fatalf("the server's clock is off by %s", is)
			}
			began := clock()
			c.exec(`UPDATE ks4_result SET attainment8 = 7 WHERE id = 1`)
			f.until("data as at what the clock shows now", reached(began))
			for range 20 {
				mark++
				c.exec(`INSERT INTO attendance (child_id, school_id, date, am, recorded_by) VALUES (1, 1, DATE '2021-01-01' + $1::int, '/', 0)`, mark)
				committed := clock()
				time.Sleep(20 * time.Millisecond)
				now := clock()
				err := f.Read(t.Context(), func(ctx context.Context, conn *sql.Conn, at Position) error {
					var n int
					if err := conn.QueryRowContext(ctx, `SELECT count(*) FROM facts.attendance WHERE date BETWEEN '2021-01-01' AND '2021-12-31'`).Scan(&n); err != nil {
						return err
					}
					if at.AsAt.After(committed) && n < mark {
						t.Errorf("data as at %s has %d marks of the %d committed at %s", at.AsAt, n, mark, committed)
					}
					if at.AsAt.After(now.Add(time.Second)) {
						t.Errorf("data as at %s, and the clock shows %s", at.AsAt, now)
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	f.equal()
	f.stop()
	// Also when nobody followed meanwhile.
	setServer(-2 * time.Hour)
	program.Store(int64(-2 * time.Hour))
	c.exec(marks, "2026-03-01", "I")
	f = c.follow(o)
	f.until("data as at what the clock shows now", reached(clock()))
	f.equal()
	if s := f.Status(); s.Rebuilds != 0 || s.Error != "" {
		t.Errorf("a clock made a new build necessary: %+v", s)
	}
}
