package warehouse

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"
)

// asAt is as at when the data are, by each of the two ways to learn it.
type asAt struct{ read, status time.Time }

// watchAsAt asks again and again as at when the data are, until stop, and holds each
// answer against the one before, which may be an earlier follower's.
func (f *follower) watchAsAt(was asAt) (stop func() asAt) {
	f.t.Helper()
	f.wait()
	ended, asked := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(asked)
		for {
			select {
			case <-ended:
				return
			default:
			}
			now := asAt{f.readAsAt(), f.Status().Position.AsAt}
			if now.read.Before(was.read) || now.status.Before(was.status) {
				f.t.Errorf("data as at %+v, and before as at %+v", now, was)
				return
			}
			was = now
		}
	}()
	return sync.OnceValue(func() asAt {
		close(ended)
		<-asked
		return was
	})
}

func (f *follower) readAsAt() (at time.Time) {
	for { // a file that is being opened again refuses for a moment
		err := f.Read(context.Background(), func(_ context.Context, _ *sql.Conn, p Position) error {
			at = p.AsAt
			return nil
		})
		if err == nil {
			return at
		}
		if classOf(err) != instanceLost {
			f.t.Errorf("read: %v", err)
			return at
		}
	}
}

// Whatever becomes of the stream and of the file, an answer is never as at an earlier
// time than the one before, although the file's own row is written every two seconds.
func TestDataAsAtNeverGoesBack(t *testing.T) {
	c := newCounty(t, nil)
	o := c.options(t.TempDir())
	o.Heartbeat = 20 * time.Millisecond
	heartbeats := o.steps("heartbeat")
	f := c.follow(o)
	stop := f.watchAsAt(asAt{})
	defer func() { stop() }()
	facts := 0
	goesOn := func() {
		t.Helper()
		heartbeats.more(t, 3)
		facts++
		c.exec(`UPDATE ks4_result SET attainment8 = $1 WHERE id = 1`, facts)
		f.current()
		heartbeats.more(t, 3)
	}
	goesOn()
	for _, application := range []string{"the stream", "everything"} {
		c.exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'onevision_follow' AND (backend_type = 'walsender' OR $1 = 'everything')`, application)
		goesOn()
	}
	f.mu.Lock()
	b := f.serving
	f.mu.Unlock()
	f.noteInstanceLost(b, errInstanceLost)
	goesOn()
	c.exec(`ALTER TABLE ks4_result DROP CONSTRAINT ks4_result_maths_grade_fkey; UPDATE ks4_result SET maths_grade = 'no code' WHERE id = 2`)
	f.until("a stale table", func(s Status) bool { return len(s.Stale) == 1 })
	c.exec(`UPDATE child SET date_of_death = '2026-01-01' WHERE id = 1`)
	heartbeats.more(t, 3)
	c.exec(`UPDATE ks4_result SET maths_grade = '9' WHERE id = 2`)
	f.until("the table loaded again", func(s Status) bool { return s.Reloads == 1 && len(s.Stale) == 0 })
	goesOn()
	was := stop()
	f.stop()
	f = c.follow(o)
	stop = f.watchAsAt(was)
	goesOn()
	if err := f.Rebuild(t.Context(), "a test"); err != nil {
		t.Fatal(err)
	}
	goesOn()
	stop()
	f.equal()
}
