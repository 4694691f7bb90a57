package warehouse

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// said is a log that a test can read.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
	to io.Writer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.b.Write(p)
	return s.to.Write(p)
}

func (s *said) count(what string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.b.String(), what)
}

func (s *said) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// stuck is a follower whose first batch does not end until release.
func (c *county) stuck(bound int64) (f *follower, log *said, release func()) {
	c.Helper()
	o := c.options(c.TempDir())
	log = &said{to: c.Output()}
	o.Log = slog.New(slog.NewTextHandler(log, nil))
	o.MaxRetained, o.SlotInterval = bound, 20*time.Millisecond
	f = c.follow(o)
	f.wait()
	held, entered := make(chan struct{}), make(chan struct{}, 1)
	f.Subscribe(func(Change) {
		select {
		case entered <- struct{}{}:
		default:
		}
		<-held
	})
	release = sync.OnceFunc(func() { close(held) })
	c.Cleanup(release) // before the follower is stopped
	c.exec(marks, "2026-03-01", "I")
	<-entered
	return f, log, release
}

// logBytes adds so many bytes to PostgreSQL's log and nothing to the facts.
func (c *county) logBytes(bytes int) {
	c.Helper()
	c.exec(`SELECT pg_logical_emit_message(false, 'test', repeat('x', $1))`, bytes)
}

func (c *county) slots() (n int) {
	c.Helper()
	if err := c.conn.QueryRow(c.Context(), `SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'onevision_test'`).Scan(&n); err != nil {
		c.Fatal(err)
	}
	return n
}

// A follower that moves on in time keeps its slot, and the warning ends.
func TestTheWarningEnds(t *testing.T) {
	c := newCounty(t, nil)
	f, log, release := c.stuck(16 << 20)
	c.logBytes(10 << 20)
	f.until("a warning", func(s Status) bool { return s.Slot.Warning != "" })
	release()
	for end := time.Now().Add(patience); f.Status().Slot.Warning != ""; time.Sleep(50 * time.Millisecond) {
		c.exec(`CHECKPOINT`) // PostgreSQL then says how far back the slot must reach
		if time.Now().After(end) {
			t.Fatalf("%+v", f.Status().Slot)
		}
	}
	f.equal()
	if s := f.Status(); s.Rebuilds != 1 || s.Slot.Dropped != 0 {
		t.Errorf("%+v", s)
	}
	if n := log.count("holds much"); n != 1 {
		t.Errorf("the warning was logged %d times", n)
	}
}

// The server's own bound counts where it is the lower one.
func TestTheServersBoundIsTold(t *testing.T) {
	c := newCounty(t, map[string]string{"max_slot_wal_keep_size": "64MB"})
	o := c.options(t.TempDir())
	o.SlotInterval = 20 * time.Millisecond
	f := c.follow(o)
	f.wait()
	f.until("the server's bound", func(s Status) bool {
		h := s.Slot
		return h.Exists && h.Active && h.WAL == "reserved" && h.ServerBound == 64<<20 && h.Limit() == 64<<20 && h.Bound == 4<<30 && h.SafeWAL > 0 && h.Error == ""
	})
}
