// Comparing the warehouse with the record store, at one position, by counts and
// checksums.

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
	ctx, done, err := w.use(ctx)
	if err != nil {
		return Report{}, err
	}
	defer done()
	stop := w.followMeanwhile(ctx)
	defer stop()
	free, err := w.takeFollowed(ctx)
	if err != nil {
		return Report{}, err
	}
	defer free()
	build := w.Status().Build
	paused, err := w.pauseFollower(ctx)
	if err != nil {
		return Report{}, err
	}
	defer paused.resume()
	conn, err := w.source.connect(ctx)
	if err != nil {
		return Report{}, err
	}
	defer closeConn(conn)
	if _, err := query(ctx, conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT "+literal(paused.snapshot)); err != nil {
		return Report{}, fmt.Errorf("take the snapshot to verify against: %w", err)
	}
	b, err := w.acquireServing(ctx)
	if err != nil {
		return Report{}, err
	}
	defer b.release()
	report := Report{Equal: true}
	err = w.watch(b, b.within(ctx, b.reads, "BEGIN TRANSACTION READ ONLY", false, func(ctx context.Context, c *sql.Conn, at Position) error {
		paused.resume() // the snapshot of DuckDB is taken
		if at.Build != build || len(w.Status().Stale) > 0 {
			return errors.New("the warehouse, or a table of it, had to be built again in between: verify again")
		}
		report.Position = at
		return compare(ctx, conn, c, tables, sums, &report)
	}))
	return report, err
}

// takeFollowed pauses the follower while every table is followed.
func (w *Warehouse) takeFollowed(ctx context.Context) (free func(), err error) {
	for {
		if err := w.awaitFollowed(ctx); err != nil {
			return nil, err
		}
		free, err := w.lockPause(ctx)
		if err != nil || len(w.Status().Stale) == 0 {
			return free, err
		}
		free() // to those who load the table again
	}
}

func (w *Warehouse) awaitFollowed(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		s := w.Status()
		if s.Serving && len(s.Stale) == 0 && (s.State == Following || s.State == CatchingUp) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%w before the record store was followed: %s", ctx.Err(), strings.Join(append(s.Stale, s.Error), "; "))
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
