// One connection of a load: it copies partitions, one after the other.

package warehouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
)

// worker is one connection of PostgreSQL and one of DuckDB.
type worker struct {
	l    *loader
	conn *pgconn.PgConn
	duck *duck
}

// begin opens a worker whose transaction sees the slot's snapshot.
func (l *loader) begin(ctx context.Context) (*worker, error) {
	conn, err := l.w.source.connect(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := query(ctx, conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT "+literal(l.snapshot)); err != nil {
		closeConn(conn)
		return nil, fmt.Errorf("take the slot's snapshot: %w", err)
	}
	d, err := l.raw.another()
	if err != nil {
		closeConn(conn)
		return nil, err
	}
	return &worker{l, conn, d}, nil
}

func (wk *worker) close() {
	closeConn(wk.conn)
	wk.duck.close()
}

func (wk *worker) create(t *Table) error {
	if err := wk.duck.exec("CREATE TABLE " + t.create("facts."+quote(wk.l.into(t)), wk.l.dictionaries)); err != nil {
		return fmt.Errorf("make the table %s: %w", t.Name, err)
	}
	return nil
}

// copy takes one leaf in one transaction of DuckDB.
func (wk *worker) copy(ctx context.Context, leaf *leaf) (err error) {
	wk.l.w.setLoad(func(p *Load) { p.Step, p.Table = "copying", leaf.name })
	if err := wk.duck.exec("BEGIN TRANSACTION"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			wk.duck.exec("ROLLBACK")
		}
	}()
	s, err := newSink(wk.duck, "", "facts", wk.l.into(leaf.table), leaf.table)
	if err != nil {
		return err
	}
	r := &copyReader{sink: s, leaf: leaf.name, columns: len(leaf.table.Columns), progress: &wk.l.rows}
	ahead := newReadAhead(r, wk.l.othersRead)
	tag, err := wk.conn.CopyTo(ctx, ahead, leaf.copyOut())
	if refused := ahead.close(); refused != nil {
		err = refused
	}
	if err == nil {
		err = r.end()
	}
	if err == nil && tag.RowsAffected() != r.rows {
		err = fmt.Errorf("PostgreSQL sent %d rows and %d came", tag.RowsAffected(), r.rows)
	}
	if err != nil {
		s.abandon()
		return fmt.Errorf("copy %s: %w", leaf.name, err)
	}
	if err := s.close(); err != nil {
		return err
	}
	if err := wk.duck.exec("COMMIT"); err != nil {
		return fmt.Errorf("commit the copy of %s: %w", leaf.name, err)
	}
	if leaf.table.Partitioned {
		wk.l.counted(leaf.table, tag.RowsAffected())
	}
	return nil
}

// count asks the source how many rows a table has.
func (wk *worker) count(ctx context.Context, t *Table) error {
	row, err := one(ctx, wk.conn, "/* loader.count */ SELECT count(*) FROM public."+quote(t.Name))
	if err != nil {
		return fmt.Errorf("count %s in the record store: %w", t.Name, err)
	}
	n, err := strconv.ParseInt(row[0], 10, 64)
	if err != nil {
		return err
	}
	wk.l.counted(t, n)
	return nil
}

// bySize are the leaves of facts, the largest first.
func bySize(leaves []leaf) []*leaf {
	var facts []*leaf
	for i := range leaves {
		if !leaves[i].table.Codes {
			facts = append(facts, &leaves[i])
		}
	}
	slices.SortStableFunc(facts, func(a, b *leaf) int { return cmp.Compare(b.bytes, a.bytes) })
	return facts
}

// share has the workers do the tasks in order; failed is called at the first
// error, since the others' work is in vain then.
func share(workers []*worker, tasks []func(*worker) error, failed func()) error {
	queue := make(chan func(*worker) error, len(tasks))
	for _, task := range tasks {
		queue <- task
	}
	close(queue)
	errs := make(chan error, len(workers))
	for _, wk := range workers {
		go func() {
			var err error
			for task := range queue {
				if err = task(wk); err != nil {
					failed()
					break
				}
			}
			errs <- err
		}()
	}
	var all []error
	for range workers {
		all = append(all, <-errs)
	}
	return firstCause(all)
}

// firstCause prefers an error to those that the cancelling made.
func firstCause(errs []error) error {
	var cancelled error
	for _, err := range errs {
		if err == nil {
			continue
		}
		if !errors.Is(err, context.Canceled) {
			return err
		}
		cancelled = err
	}
	return cancelled
}
