package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Report is what Verify found, table by table, both sides at one position.
type Report struct {
	Equal    bool
	Position Position
	Tables   []TableReport
}

// TableReport compares one table. A sum is that of a number made from each
// row's text by MD5: it does not depend on the order of the rows.
type TableReport struct {
	Name           string
	SourceRows     int64
	Rows           int64
	SourceSum, Sum string
	Equal          bool
	Differences    []Difference // the keys that differ, up to a hundred
	More           bool         // there are others
}

// Verify compares counts and checksums of every followed table between the
// record store and the warehouse, both as they were at one and the same
// position, while writing goes on, and names the keys that differ. It follows by itself if Follow does not
// run. It waits for the record store's open transactions to end; the follower
// is held still meanwhile, so ctx should have a deadline.
func (w *Warehouse) Verify(ctx context.Context) (Report, error) {
	return w.verify(ctx, w.o.Tables, true)
}

// verify is Verify for some tables, with or without checksums.
func (w *Warehouse) verify(ctx context.Context, tables []Table, sums bool) (Report, error) {
	// Not a mutex: a verification that follows by itself ends its follower before
	// it lets the next one in, and that follower may be waiting here.
	select {
	case w.verifying <- struct{}{}:
		defer func() { <-w.verifying }()
	case <-ctx.Done():
		return Report{}, fmt.Errorf("%w while waiting for another verification", ctx.Err())
	}
	stop, err := w.ensureFollowed(ctx)
	if err != nil {
		return Report{}, err
	}
	defer stop()
	repl, err := w.source.replication(ctx)
	if err != nil {
		return Report{}, err
	}
	defer closeConn(repl)
	conn, err := w.source.connect(ctx)
	if err != nil {
		return Report{}, err
	}
	defer closeConn(conn)

	// Held first, so that nothing beyond the slot's position is applied before
	// the position is known.
	build := w.Status().Build
	w.gate.hold()
	held := true
	release := func() {
		if held {
			held = false
			w.gate.open()
			w.nudge()
		}
	}
	defer release()
	name := "onevision_verify_" + strings.ReplaceAll(newEpoch(), "-", "")[:12]
	lsn, snapshot, err := createSlot(ctx, repl, name, "TEMPORARY ")
	if err != nil {
		return Report{}, err
	}
	if _, err := query(ctx, conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT "+literal(snapshot)); err != nil {
		return Report{}, fmt.Errorf("take the snapshot to verify against: %w", err)
	}
	reached := w.gate.allow(lsn)
	w.nudge()
	select {
	case <-reached:
	case <-ctx.Done():
		return Report{}, fmt.Errorf("%w while waiting for the warehouse to reach %s: %s", ctx.Err(), formatLSN(lsn), w.Status().Error)
	}
	b, err := w.holdServing()
	if err != nil {
		return Report{}, err
	}
	defer b.release()
	report := Report{Equal: true}
	err = b.within(ctx, b.reads, "BEGIN TRANSACTION READ ONLY", false, func(ctx context.Context, c *sql.Conn, at Position) error {
		release() // the snapshot of DuckDB is taken
		if at.Build != build {
			return errors.New("a new build came in between: verify again")
		}
		report.Position = at
		return compare(ctx, conn, c, tables, sums, &report)
	})
	return report, err
}

// ensureFollowed starts to follow for the time of a verification if nobody does.
func (w *Warehouse) ensureFollowed(ctx context.Context) (stop func(), err error) {
	stop = w.followMeanwhile(ctx)
	for tick := time.NewTicker(10 * time.Millisecond); ; {
		s := w.Status()
		if s.Serving && (s.State == Following || s.State == CatchingUp) {
			tick.Stop()
			return stop, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tick.Stop()
			stop()
			return nil, fmt.Errorf("%w before the record store was followed: %s", ctx.Err(), s.Error)
		}
	}
}

func compare(ctx context.Context, conn *pgconn.PgConn, c *sql.Conn, tables []Table, sums bool, report *Report) error {
	for i := range tables {
		t := &tables[i]
		r := TableReport{Name: t.Name}
		source, fact := "0", "'0'"
		if sums {
			source, fact = t.sourceSum(), t.factSum()+"::VARCHAR"
		}
		row, err := one(ctx, conn, "/* warehouse.compare */ SELECT count(*), "+source+" FROM public."+quote(t.Name))
		if err != nil {
			return fmt.Errorf("sum up %s in the record store: %w", t.Name, err)
		}
		if r.SourceRows, err = strconv.ParseInt(row[0], 10, 64); err != nil {
			return err
		}
		r.SourceSum = row[1]
		err = c.QueryRowContext(ctx, "/* warehouse.compare */ SELECT count(*), "+fact+" FROM facts."+quote(t.Name)).Scan(&r.Rows, &r.Sum)
		if err != nil {
			return fmt.Errorf("sum up %s in the warehouse: %w", t.Name, err)
		}
		r.Equal = r.Rows == r.SourceRows && r.Sum == r.SourceSum
		if !r.Equal && sums {
			if r.Differences, r.More, err = (comparison{t, conn, c}).differences(ctx); err != nil {
				return err
			}
		}
		report.Equal = report.Equal && r.Equal
		report.Tables = append(report.Tables, r)
	}
	return nil
}

// sourceSum and factSum are the sum of a table's rows on either side.
func (t *Table) sourceSum() string {
	return "coalesce(sum(('x0' || substr(md5(convert_to(" + t.text(sourceText) + ", 'UTF8')), 1, 15))::bit(64)::bigint), 0)"
}

func (t *Table) factSum() string {
	return "coalesce(sum(('0x' || substr(md5(" + t.text(factText) + "), 1, 15))::BIGINT), 0)"
}

// fieldEnd parts the columns in a row's text.
const fieldEnd = "\x1f"

// text is an expression for a row's text, the same on both sides: columns in
// order, a control character between them and another for NULL.
func (t *Table) text(column func(*Column) string) string {
	parts := make([]string, len(t.Columns))
	for i := range t.Columns {
		parts[i] = "coalesce(" + column(&t.Columns[i]) + ", chr(1))"
	}
	return "concat_ws(chr(31), " + strings.Join(parts, ", ") + ")"
}

func sourceText(c *Column) string {
	if c.Type == Timestamp {
		return "(extract(epoch FROM " + quote(c.Name) + ") * 1000000)::bigint::text"
	}
	return quote(c.Name) + "::text"
}

func factText(c *Column) string {
	if c.Type == Timestamp {
		return "epoch_us(" + quote(c.Name) + ")::VARCHAR"
	}
	return quote(c.Name) + "::VARCHAR"
}
