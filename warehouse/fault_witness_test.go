package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// witness writes while faults happen, and remembers what was acknowledged. It
// asks the warehouse all the while, which must answer, and must not claim a
// moment at which something was committed that it does not show.
//
// Its marks are those of days from 2020 on, pairs made in one transaction, in order.
type witness struct {
	*county
	url    string
	cancel context.CancelFunc
	all    sync.WaitGroup

	mu      sync.Mutex
	acked   []time.Time // when each pair was acknowledged
	looks   []look
	broken  int   // attempts that failed
	last    error // the last one's
	trouble []error
}

// look is what one snapshot of the warehouse showed.
type look struct {
	asAt  time.Time
	pairs int
}

const (
	witnessed = `date BETWEEN '2020-01-01' AND '2023-12-31'`
	perDay    = 100 // pairs
)

// witness begins; the follower must be ready.
func (c *county) witness(f *follower) *witness {
	c.Helper()
	return c.witnessBy(c.admin, f)
}

// witnessBy is a witness that writes by an address.
func (c *county) witnessBy(url string, f *follower) *witness {
	c.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w := &witness{county: c, url: url, cancel: cancel}
	w.all.Go(func() { w.write(ctx) })
	w.all.Go(func() { w.look(ctx, f) })
	c.Cleanup(func() { cancel(); w.all.Wait() })
	return w
}

func (w *witness) write(ctx context.Context) {
	var conn *pgx.Conn
	defer func() {
		if conn != nil {
			conn.Close(context.Background())
		}
	}()
	unsure := false
	for ctx.Err() == nil {
		err := func() error {
			bound, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if conn == nil {
				var err error
				if conn, err = pgx.Connect(bound, w.url); err != nil {
					return err
				}
			}
			n := w.count()
			day, child := n/perDay, 1+2*(n%perDay)
			if unsure { // the last answer did not come
				var there int
				if err := conn.QueryRow(bound, `SELECT count(*) FROM attendance WHERE date = DATE '2020-01-01' + $1::int AND child_id IN ($2::bigint, $2::bigint + 1)`, day, child).Scan(&there); err != nil {
					return err
				}
				unsure = false
				if there == 1 {
					w.tell(errors.New("half of a transaction is in the record store"))
				}
				if there == 2 {
					w.acknowledged()
					return nil
				}
			}
			unsure = true
			_, err := conn.Exec(bound, fmt.Sprintf(`BEGIN; INSERT INTO attendance (child_id, school_id, date, am, recorded_by) VALUES (%d, 1, DATE '2020-01-01' + %d, '/', 0);
				UPDATE ks4_result SET attainment8 = %d WHERE child_id = %d;
				INSERT INTO attendance (child_id, school_id, date, pm, recorded_by) VALUES (%d, 1, DATE '2020-01-01' + %d, '/', 0); COMMIT`, child, day, n%90, 1+n%90, child+1, day))
			if err != nil {
				return err
			}
			unsure = false
			w.acknowledged()
			return nil
		}()
		if err != nil {
			w.mu.Lock()
			w.broken++
			w.last = err
			w.mu.Unlock()
			if conn != nil {
				conn.Close(context.Background())
				conn = nil
			}
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (w *witness) look(ctx context.Context, f *follower) {
	for ctx.Err() == nil {
		var l look
		err := f.Read(context.Background(), func(ctx context.Context, c *sql.Conn, at Position) error {
			l.asAt = at.AsAt
			var marks int
			if err := c.QueryRowContext(ctx, `SELECT count(*) FROM facts.attendance WHERE `+witnessed).Scan(&marks); err != nil {
				return err
			}
			if marks%2 != 0 {
				return fmt.Errorf("half of a transaction is in the warehouse: %d marks", marks)
			}
			l.pairs = marks / 2
			return nil
		})
		if err != nil && ctx.Err() == nil {
			w.tell(fmt.Errorf("a question to the warehouse: %w", err))
		}
		if err == nil {
			w.mu.Lock()
			w.looks = append(w.looks, l)
			w.mu.Unlock()
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (w *witness) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.acked)
}

func (w *witness) failures() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken
}

func (w *witness) lastFailure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

func (w *witness) acknowledged() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.acked = append(w.acked, time.Now())
}

func (w *witness) tell(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trouble = append(w.trouble, err)
}

// more waits until so many more pairs were acknowledged: the record store works.
func (w *witness) more(pairs int) {
	w.Helper()
	for want, end := w.count()+pairs, time.Now().Add(patience); w.count() < want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			w.Fatalf("the record store takes nothing any more; %d attempts failed, the last: %v", w.failures(), w.lastFailure())
		}
	}
}

// hold holds the warehouse against what was acknowledged.
func (w *witness) hold(f *follower) {
	w.Helper()
	w.cancel()
	w.all.Wait()
	f.equal()
	// The last pair may be there though nobody was told.
	if n := int(f.number(`SELECT count(*) FROM facts.attendance WHERE ` + witnessed)); n != 2*len(w.acked) && n != 2*len(w.acked)+2 {
		w.Errorf("the warehouse has %d marks of the %d acknowledged", n, 2*len(w.acked))
	}
	if n := f.number(`SELECT count(*) - count(DISTINCT (child_id, date)) FROM facts.attendance WHERE ` + witnessed); n != 0 {
		w.Errorf("%d marks are doubled", n)
	}
	for _, err := range w.trouble {
		w.Error(err)
	}
	for _, l := range w.looks {
		if l.pairs < len(w.acked) && w.acked[l.pairs].Before(l.asAt) {
			w.Errorf("data as at %s did not show what was acknowledged at %s", l.asAt.Format(time.StampMicro), w.acked[l.pairs].Format(time.StampMicro))
			break
		}
	}
	w.Logf("%d pairs acknowledged, %d attempts failed, %d looks", len(w.acked), w.broken, len(w.looks))
}

// current waits until the warehouse claims to show all that was committed before
// it was asked.
func (f *follower) current() {
	f.t.Helper()
	now := time.Now()
	f.until("data as at now", func(s Status) bool { return s.State == Following && s.Position.AsAt.After(now) })
}
