// Up to where in which server's log a file holds the facts, as a row of the file.

package warehouse

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Position says which state of the record store a build holds.
type Position struct {
	System   string // PostgreSQL's system identifier
	Timeline int
	Database string
	Slot     string
	Epoch    string // of the follower's last start
	LSN      uint64 // everything committed up to here is in
	AsAt     time.Time
	Build    int
}

// String is the position in one word for logs and results: build, epoch's
// first part and LSN.
func (p Position) String() string {
	epoch, _, _ := strings.Cut(p.Epoch, "-")
	return fmt.Sprintf("%d:%s:%s", p.Build, epoch, formatLSN(p.LSN))
}

// applied identifies the last transaction that was applied. When the server
// sends it again, it must be the same; else the server's history is another
// one than the warehouse followed.
type applied struct {
	end    uint64 // end of its commit record; nothing before it is applied again
	commit uint64 // start of its commit record; 0: none since the load
	xid    uint32
	at     int64 // microseconds since 2000, PostgreSQL's own
}

// position is the stored row.
type position struct {
	Position
	next        string // epoch being renewed, "" if none
	last        applied
	fingerprint string
}

func parseLSN(s string) (uint64, error) {
	hi, lo, ok := strings.Cut(s, "/")
	h, err1 := strconv.ParseUint(hi, 16, 32)
	l, err2 := strconv.ParseUint(lo, 16, 32)
	if !ok || err1 != nil || err2 != nil {
		return 0, fmt.Errorf("not a position in the write-ahead log: %q", s)
	}
	return h<<32 | l, nil
}

func formatLSN(lsn uint64) string { return fmt.Sprintf("%X/%X", lsn>>32, uint32(lsn)) }

// pgEpoch is PostgreSQL's zero instant.
var pgEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func pgTime(microseconds int64) time.Time {
	return pgEpoch.Add(time.Duration(microseconds) * time.Microsecond)
}

const positionTable = `CREATE TABLE warehouse.position (
	build INTEGER, system VARCHAR, timeline INTEGER, database VARCHAR, slot VARCHAR,
	epoch VARCHAR, next_epoch VARCHAR, lsn UBIGINT, as_at BIGINT,
	last_end UBIGINT, last_commit UBIGINT, last_xid UINTEGER, last_at BIGINT,
	fingerprint VARCHAR)`

// writePosition replaces the row, in the transaction of the connection if one
// is open.
func writePosition(c *duck, p position) error {
	return c.exec(`/* warehouse.writePosition */ UPDATE warehouse.position SET
		epoch = ` + literal(p.Epoch) + `, next_epoch = ` + literal(p.next) + `,
		lsn = ` + u(p.LSN) + `, as_at = ` + strconv.FormatInt(p.AsAt.UnixMicro(), 10) + `,
		last_end = ` + u(p.last.end) + `, last_commit = ` + u(p.last.commit) + `,
		last_xid = ` + u(uint64(p.last.xid)) + `, last_at = ` + strconv.FormatInt(p.last.at, 10))
}

// insertPosition is the statement that writes the first row.
func insertPosition(p position) string {
	return `/* warehouse.insertPosition */ INSERT INTO warehouse.position VALUES (` + strings.Join([]string{
		strconv.Itoa(p.Build), literal(p.System), strconv.Itoa(p.Timeline), literal(p.Database), literal(p.Slot),
		literal(p.Epoch), literal(p.next), u(p.LSN), strconv.FormatInt(p.AsAt.UnixMicro(), 10),
		u(p.last.end), u(p.last.commit), u(uint64(p.last.xid)), strconv.FormatInt(p.last.at, 10), literal(p.fingerprint),
	}, ", ") + `)`
}

func u(n uint64) string { return strconv.FormatUint(n, 10) }

func readPosition(ctx context.Context, conn *sql.Conn) (position, error) {
	var p position
	var asAt int64
	err := conn.QueryRowContext(ctx, `/* warehouse.readPosition */ SELECT build, system, timeline, database, slot,
		epoch, next_epoch, lsn, as_at, last_end, last_commit, last_xid, last_at, fingerprint
		FROM warehouse.position`).Scan(&p.Build, &p.System, &p.Timeline, &p.Database, &p.Slot,
		&p.Epoch, &p.next, &p.LSN, &asAt, &p.last.end, &p.last.commit, &p.last.xid, &p.last.at, &p.fingerprint)
	if err != nil {
		return p, fmt.Errorf("read the position: %w", err)
	}
	p.AsAt = time.UnixMicro(asAt).UTC()
	return p, nil
}
