package warehouse

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// pulse is how far the server's log reached at a time of the server.
type pulse struct {
	lsn uint64
	at  time.Time
}

// and is the later one of two, by the log: a clock can be set back, the log
// cannot. The time that a transaction tells was taken a moment before its place
// in the log, so a moment back is none.
func (p pulse) and(o pulse) pulse {
	if o.lsn < p.lsn {
		p, o = o, p
	}
	if back := p.at.Sub(o.at); back > 0 && back < 10*time.Second {
		o.at = p.at
	}
	return o
}

// beat asks the server every second how far its log reaches.
func (s *stream) beat(ctx context.Context, conn *pgconn.PgConn, to chan<- pulse) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		row, err := one(ctx, conn, `/* stream.beat */ SELECT pg_current_wal_insert_lsn(), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`)
		if err != nil {
			return err
		}
		p, err := parsePulse(row)
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

func parsePulse(row []string) (pulse, error) {
	lsn, err := parseLSN(row[0])
	if err != nil {
		return pulse{}, err
	}
	// At the edge of a page, the next record's place is behind the page's
	// header while the last one's end is before it.
	if page := lsn % 8192; page == 24 || page == 40 {
		lsn -= page
	}
	n, err := strconv.ParseInt(row[1], 10, 64)
	return pulse{lsn, time.UnixMicro(n).UTC()}, err
}
