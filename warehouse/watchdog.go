// A network connection that notices when nobody speaks at its other end any more.

package warehouse

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// watchdogConn is a connection to the record store that notices when nobody speaks at
// its other end any more: a network that loses every packet, or a machine that is
// gone, never says so, and without it the follower waited for ever, with a "data as
// at" that stood still. (TCP keepalive is on, and finds what the kernel can find; a
// proxy or a stopped server answers it all the same.)
//
// On a stream something must come within Options.SilenceTimeout, since the follower
// asks for an answer at every heartbeat. The answer to a query may take as long as the
// server works on it: whether it still does is asked of the server, by another
// connection, after half of that time.
type watchdogConn struct {
	net.Conn
	silenceTimeout time.Duration
	isWorking      func(ctx context.Context, pid uint32) bool

	pid    atomic.Uint32 // of the server's process, once it is known
	stream atomic.Bool
	silent atomic.Bool // it was given up

	mu   sync.Mutex
	due  time.Time // the deadline that the connection's user has set
	stop func()    // ends the asking; nil while nobody asks
}

// explainSilence says of a connection that was given up why it was: pgconn only says
// that it is closed.
func explainSilence(conn *pgconn.PgConn, err error) error {
	if e := watchdogOf(conn); e != nil && e.silent.Load() {
		return e.silentError()
	}
	return err
}

func (e *watchdogConn) silentError() error {
	return fmt.Errorf("the record store has been silent for %s", e.silenceTimeout)
}

// dialWatched is how the record store is reached.
func (s *source) dialWatched(ctx context.Context, network, address string) (net.Conn, error) {
	// The kernel finds out by itself where it can.
	probe := max(s.silenceTimeout/4, time.Second)
	d := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: probe, Interval: probe, Count: 3}}
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &watchdogConn{Conn: conn, silenceTimeout: s.silenceTimeout, isWorking: s.isWorking}, nil
}

// watchdogOf is the watchdogConn of a connection, nil if it has none.
func watchdogOf(conn *pgconn.PgConn) *watchdogConn {
	c := conn.Conn()
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	e, _ := c.(*watchdogConn)
	return e
}

// Read waits for words, and is an error when none come and none are to come.
func (e *watchdogConn) Read(b []byte) (int, error) {
	for doubts := 0; ; {
		patience, streams := e.silenceTimeout/2, e.stream.Load()
		if streams {
			patience = e.silenceTimeout
		}
		e.setDeadline(patience)
		n, err := e.Conn.Read(b)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) || e.expired() {
			return n, err
		}
		if !streams && e.pid.Load() == 0 { // the time of connecting is bounded by itself
			continue
		}
		if streams != e.stream.Load() || !streams && e.askServer() {
			doubts = 0
			continue
		}
		// A server that has just finished has its answer on the way.
		if doubts++; streams || doubts == 2 {
			if e.expired() {
				return 0, os.ErrDeadlineExceeded
			}
			e.silent.Store(true)
			return 0, e.silentError()
		}
	}
}

// setDeadline sets the next moment at which Read looks up.
func (e *watchdogConn) setDeadline(patience time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	next := time.Now().Add(patience)
	if !e.due.IsZero() && e.due.Before(next) {
		next = e.due
	}
	e.Conn.SetReadDeadline(next) // fails on a closed connection only, which Read says
}

// expired says whether the user's own deadline has passed.
func (e *watchdogConn) expired() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.due.IsZero() && !time.Now().Before(e.due)
}

// askServer asks whether the server still works on what this connection waits for.
func (e *watchdogConn) askServer() bool {
	ctx, cancel := context.WithTimeout(context.Background(), max(e.silenceTimeout/4, time.Second))
	defer cancel()
	e.mu.Lock()
	e.stop = cancel
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		e.stop = nil
		e.mu.Unlock()
	}()
	return e.isWorking(ctx, e.pid.Load())
}

func (e *watchdogConn) SetReadDeadline(t time.Time) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.due = t
	if e.stop != nil {
		e.stop()
	}
	return e.Conn.SetReadDeadline(t)
}

func (e *watchdogConn) SetDeadline(t time.Time) error {
	return errors.Join(e.SetReadDeadline(t), e.SetWriteDeadline(t))
}

// isWorking asks the server whether its process still works for us. One that is
// gone, or that waits for another question, will say nothing more; neither will
// one that waits for us to take its answer, when none of it comes.
func (s *source) isWorking(ctx context.Context, pid uint32) bool {
	config := s.settings("")
	config.DialFunc = (&net.Dialer{}).DialContext // ctx bounds it: it need not be watched
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return sqlState(err) == "53300" // too many connections: it is there, and cannot say
	}
	defer closeConn(conn)
	rows, err := query(ctx, conn, `/* source.isWorking */ SELECT FROM pg_stat_activity WHERE pid = `+strconv.FormatUint(uint64(pid), 10)+`
		AND application_name = `+literal(s.application)+` AND state = 'active' AND coalesce(wait_event, '') <> 'ClientWrite'`)
	return err == nil && len(rows) == 1
}
