// The replication connection: starting the stream, reading messages, acknowledging
// positions.

package warehouse

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// feed is a replication connection that streams. One goroutine reads it ahead
// of the follower, which alone writes to it.
type feed struct {
	conn     net.Conn
	messages chan []byte // bodies of CopyData: 'w' or 'k'
	done     chan struct{}
	err      error // why messages was closed
}

// ahead is how many messages are read before they are looked at.
const ahead = 1 << 15

// startFeed begins to stream from where the slot was last acknowledged: what
// was applied already comes again and is recognised.
func startFeed(ctx context.Context, repl *pgconn.PgConn, slot, publication string) (*feed, error) {
	if e := watchdogOf(repl); e != nil {
		e.stream.Store(true)
	}
	repl.Frontend().SendQuery(&pgproto3.Query{String: "START_REPLICATION SLOT " + quote(slot) + " LOGICAL 0/0 (proto_version '1', publication_names " +
		literal(quote(publication)) + ", binary 'true')"})
	if err := repl.Frontend().Flush(); err != nil {
		return nil, fmt.Errorf("start to stream: %w", err)
	}
	for {
		message, err := repl.ReceiveMessage(ctx)
		if err != nil {
			return nil, fmt.Errorf("start to stream: %w", err)
		}
		switch m := message.(type) {
		case *pgproto3.ErrorResponse:
			return nil, fmt.Errorf("start to stream: %w", pgconn.ErrorResponseToPgError(m))
		case *pgproto3.CopyBothResponse:
			h, err := repl.Hijack()
			if err != nil {
				return nil, fmt.Errorf("start to stream: %w", err)
			}
			f := &feed{conn: h.Conn, messages: make(chan []byte, ahead), done: make(chan struct{})}
			h.Conn.SetDeadline(time.Time{})
			go f.read(h.Frontend)
			return f, nil
		}
	}
}

func (f *feed) read(frontend *pgproto3.Frontend) {
	defer close(f.messages)
	for {
		message, err := frontend.Receive()
		if err != nil {
			f.err = fmt.Errorf("the stream broke off: %w", err)
			if errors.Is(err, io.ErrUnexpectedEOF) {
				f.err = errors.New("the stream broke off: the server closed the connection")
			}
			return
		}
		switch m := message.(type) {
		case *pgproto3.CopyData:
			body := append(make([]byte, 0, len(m.Data)), m.Data...)
			select {
			case f.messages <- body:
			case <-f.done:
				return
			}
		case *pgproto3.ErrorResponse:
			f.err = fmt.Errorf("the server ended the stream: %w", pgconn.ErrorResponseToPgError(m))
			return
		case *pgproto3.CopyDone:
			f.err = errors.New("the server ended the stream")
			return
		}
	}
}

// acknowledge tells the server what has come and what need never be sent again.
// ask wants a keepalive in answer.
func (f *feed) acknowledge(received, kept uint64, ask bool) error {
	b := make([]byte, 0, 39)
	b = append(b, 'd', 0, 0, 0, 38, 'r')
	b = binary.BigEndian.AppendUint64(b, received)
	b = binary.BigEndian.AppendUint64(b, kept)
	b = binary.BigEndian.AppendUint64(b, kept)
	b = binary.BigEndian.AppendUint64(b, uint64(time.Since(pgEpoch).Microseconds()))
	if ask {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	f.conn.SetWriteDeadline(time.Now().Add(30 * time.Second))
	if _, err := f.conn.Write(b); err != nil {
		return fmt.Errorf("acknowledge to the record store: %w", err)
	}
	return nil
}

// close ends the stream; PostgreSQL frees the slot when it notices.
func (f *feed) close() {
	close(f.done)
	f.conn.SetWriteDeadline(time.Now().Add(time.Second))
	f.conn.Write([]byte{'c', 0, 0, 0, 4, 'X', 0, 0, 0, 4}) // CopyDone, Terminate; a courtesy
	f.conn.Close()
	for range f.messages { // until the reader has ended
	}
}
