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

// ear is a connection to the record store that notices when nobody speaks at
// its other end any more: a network that loses every packet, or a machine that
// is gone, never says so. From a stream something must come at least every
// Options.Silence, since the follower asks for a word every second. The answer
// to a question may take as long as the server works on it; whether it does is
// asked of the server itself, by another connection.
type ear struct {
	net.Conn
	silence time.Duration
	works   func(ctx context.Context, pid uint32) bool

	pid    atomic.Uint32 // of the server's process, once it is known
	stream atomic.Bool
	silent atomic.Bool // it was given up

	mu   sync.Mutex
	due  time.Time // the deadline that the connection's user has set
	stop func()    // ends the asking; nil while nobody asks
}

// unheard says of a connection that was given up why it was: pgconn only says
// that it is closed.
func unheard(conn *pgconn.PgConn, err error) error {
	if e := earOf(conn); e != nil && e.silent.Load() {
		return e.given()
	}
	return err
}

func (e *ear) given() error {
	return fmt.Errorf("the record store has been silent for %s", e.silence)
}

// dialEar is how the record store is reached.
func (s *source) dialEar(ctx context.Context, network, address string) (net.Conn, error) {
	// The kernel finds out by itself where it can.
	probe := max(s.silence/4, time.Second)
	d := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: probe, Interval: probe, Count: 3}}
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &ear{Conn: conn, silence: s.silence, works: s.works}, nil
}

// earOf is the ear of a connection, nil if it has none.
func earOf(conn *pgconn.PgConn) *ear {
	c := conn.Conn()
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	e, _ := c.(*ear)
	return e
}

// Read waits for words, and is an error when none come and none are to come.
func (e *ear) Read(b []byte) (int, error) {
	for doubts := 0; ; {
		patience, streams := e.silence/2, e.stream.Load()
		if streams {
			patience = e.silence
		}
		e.listen(patience)
		n, err := e.Conn.Read(b)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) || e.over() {
			return n, err
		}
		if !streams && e.pid.Load() == 0 { // the time of connecting is bounded by itself
			continue
		}
		if streams != e.stream.Load() || !streams && e.ask() {
			doubts = 0
			continue
		}
		// A server that has just finished has its answer on the way.
		if doubts++; streams || doubts == 2 {
			if e.over() {
				return 0, os.ErrDeadlineExceeded
			}
			e.silent.Store(true)
			return 0, e.given()
		}
	}
}

// listen sets the next moment to look up.
func (e *ear) listen(patience time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	next := time.Now().Add(patience)
	if !e.due.IsZero() && e.due.Before(next) {
		next = e.due
	}
	e.Conn.SetReadDeadline(next) // fails on a closed connection only, which Read says
}

// over says whether the user's own deadline has passed.
func (e *ear) over() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.due.IsZero() && !time.Now().Before(e.due)
}

// ask asks whether the server still works on what this connection waits for.
func (e *ear) ask() bool {
	ctx, cancel := context.WithTimeout(context.Background(), max(e.silence/4, time.Second))
	defer cancel()
	e.mu.Lock()
	e.stop = cancel
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		e.stop = nil
		e.mu.Unlock()
	}()
	return e.works(ctx, e.pid.Load())
}

func (e *ear) SetReadDeadline(t time.Time) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.due = t
	if e.stop != nil {
		e.stop()
	}
	return e.Conn.SetReadDeadline(t)
}

func (e *ear) SetDeadline(t time.Time) error {
	return errors.Join(e.SetReadDeadline(t), e.SetWriteDeadline(t))
}

// works asks the server whether its process still works for us. One that is
// gone, or that waits for another question, will say nothing more; neither will
// one that waits for us to take its answer, when none of it comes.
func (s *source) works(ctx context.Context, pid uint32) bool {
	config := s.settings("")
	config.DialFunc = (&net.Dialer{}).DialContext // ctx bounds it: nobody need listen
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return sqlState(err) == "53300" // too many connections: it is there, and cannot say
	}
	defer closeConn(conn)
	rows, err := query(ctx, conn, `/* source.works */ SELECT FROM pg_stat_activity WHERE pid = `+strconv.FormatUint(uint64(pid), 10)+`
		AND application_name = `+literal(s.application)+` AND state = 'active' AND coalesce(wait_event, '') <> 'ClientWrite'`)
	return err == nil && len(rows) == 1
}
