// Asking the server every second how far its log reaches, so that "data as at" moves
// on while nothing changes.

package warehouse

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// heartbeat is how far the server's log reached at a time by the server's clock.
type heartbeat struct {
	lsn uint64
	at  time.Time
}

// and is the later one of two, by the log: a clock can be set back, the log
// cannot. The time that a transaction tells was taken a moment before its place
// in the log, so a moment back is none.
func (p heartbeat) and(o heartbeat) heartbeat {
	if o.lsn < p.lsn {
		p, o = o, p
	}
	if back := p.at.Sub(o.at); back > 0 && back < 10*time.Second {
		o.at = p.at
	}
	return o
}

// askHeartbeats asks the server every Options.Heartbeat how far its log reaches.
func (s *stream) askHeartbeats(ctx context.Context, conn *pgconn.PgConn, to chan<- heartbeat) error {
	tick := time.NewTicker(s.w.o.Heartbeat)
	defer tick.Stop()
	for {
		row, err := one(ctx, conn, `/* stream.askHeartbeats */ SELECT pg_current_wal_insert_lsn(), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`)
		if err != nil {
			return err
		}
		p, err := parseHeartbeat(row)
		if err != nil {
			return err
		}
		select {
		case to <- p:
		case <-ctx.Done():
			return ctx.Err()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func parseHeartbeat(row []string) (heartbeat, error) {
	lsn, err := parseLSN(row[0])
	if err != nil {
		return heartbeat{}, err
	}
	// At the edge of a page, the next record's place is behind the page's
	// header while the last one's end is before it.
	if page := lsn % 8192; page == 24 || page == 40 {
		lsn -= page
	}
	n, err := strconv.ParseInt(row[1], 10, 64)
	return heartbeat{lsn, time.UnixMicro(n).UTC()}, err
}
