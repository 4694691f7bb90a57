// Copying tables under one snapshot into a build, by several connections.

package warehouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// loader copies tables under one snapshot into a build.
type loader struct {
	w            *Warehouse
	b            *build
	raw          *duck // its own connection
	snapshot     string
	tables       []*Table // code tables before what refers to them
	suffix       string   // behind a table's name, of the relation that it is copied to
	dictionaries *dictionaries
	othersRead   bool // a build is read meanwhile
	rows         atomic.Int64

	mu     sync.Mutex
	counts map[string]int64 // rows of each table in the source
	left   map[string]int   // of a partitioned table, partitions that are not counted yet
}

// counted notes rows that the source says a table has, or sent of a partition of
// it: to count tens of millions of rows a second time takes a tenth of the load.
func (l *loader) counted(t *Table, rows int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[t.Name] += rows
	l.left[t.Name]--
	if l.left[t.Name] <= 0 {
		l.w.setLoad(func(p *Load) { p.TablesDone++ })
	}
}

// newLoader is one of all tables of a new build.
func (w *Warehouse) newLoader(b *build, snapshot string) *loader {
	return &loader{w: w, b: b, raw: b.raw, snapshot: snapshot, tables: b.ordered, dictionaries: b.dictionaries,
		othersRead: w.Status().Serving}
}

func (l *loader) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	streams := l.w.o.Streams
	if l.othersRead && l.suffix == "" { // whoever reads meanwhile needs a processor; the follower waits for a single table
		streams = max(1, streams/2)
	}
	workers := make([]*worker, streams)
	for i := range workers {
		wk, err := l.begin(ctx)
		if err != nil {
			return err
		}
		defer wk.close()
		workers[i] = wk
	}
	leaves, err := l.leaves(ctx, workers[0])
	if err != nil {
		return err
	}
	if err := l.w.source.checkRowSecurity(ctx, workers[0].conn, l.tables, leaves); err != nil {
		return err
	}
	for _, leaf := range leaves {
		if err := l.raw.notePartition(leaf.oid); err != nil {
			return err
		}
	}
	l.plan(leaves)
	stop := l.tell(ctx)
	defer stop()
	if err := l.codes(ctx, workers[0], leaves); err != nil {
		return err
	}
	if err := l.facts(ctx, cancel, workers, leaves); err != nil {
		return err
	}
	if err := l.sameLeaves(ctx, leaves); err != nil {
		return err
	}
	if err := l.notRewritten(ctx, workers[0], leaves); err != nil {
		return err
	}
	return l.compare()
}

// sameLeaves refuses a load in which a partition was attached or detached: its rows
// are counted by COPY, which takes a detached partition's all the same.
func (l *loader) sameLeaves(ctx context.Context, copied []leaf) error {
	conn, err := l.w.source.connect(ctx) // the workers' see the catalogue of the snapshot
	if err != nil {
		return err
	}
	defer closeConn(conn)
	now, err := l.w.source.leaves(ctx, conn)
	if err != nil {
		return err
	}
	oids := func(leaves []leaf) (all []string) {
		for _, f := range leaves {
			if slices.Contains(l.tables, f.table) {
				all = append(all, f.oid)
			}
		}
		slices.Sort(all)
		return all
	}
	if !slices.Equal(oids(copied), oids(now)) {
		return errors.New("a partition was attached or detached while its table was copied: the load begins again")
	}
	return nil
}

// notRewritten refuses a load in which a table was rewritten (ALTER TABLE with another
// type) or emptied (TRUNCATE) between the snapshot and its copy: the snapshot then sees
// none of its rows, and the stream never sends them. The snapshot still sees the old
// file's number; the new one is looked up outside of it. Nothing can be rewritten
// after its copy, because the workers' transactions keep their locks until they are closed.
func (l *loader) notRewritten(ctx context.Context, wk *worker, leaves []leaf) error {
	oids := []string{"0"}
	for _, f := range leaves {
		oids = append(oids, f.oid)
	}
	rows, err := query(ctx, wk.conn, `/* loader.notRewritten */ SELECT relname FROM pg_class
		WHERE oid IN (`+strings.Join(oids, ", ")+`) AND relfilenode IS DISTINCT FROM pg_relation_filenode(oid) ORDER BY relname`)
	if err != nil {
		return fmt.Errorf("see whether a table was rewritten: %w", err)
	}
	if len(rows) > 0 {
		return fmt.Errorf("%s was rewritten or emptied while it was to be copied: the load begins again", rows[0][0])
	}
	return nil
}

// leaves are those of the loader's tables.
func (l *loader) leaves(ctx context.Context, wk *worker) ([]leaf, error) {
	leaves, err := l.w.source.leaves(ctx, wk.conn)
	return slices.DeleteFunc(leaves, func(f leaf) bool { return !slices.Contains(l.tables, f.table) }), err
}

// into is the relation of schema facts that a table is copied to.
func (l *loader) into(t *Table) string { return t.Name + l.suffix }

func (l *loader) plan(leaves []leaf) {
	var rows int64
	l.counts, l.left = map[string]int64{}, map[string]int{}
	for _, leaf := range leaves {
		rows += leaf.rows
		if leaf.table.Partitioned {
			l.left[leaf.table.Name]++
		}
	}
	l.w.setLoad(func(p *Load) { p.Tables, p.RowsPlanned = len(l.tables), rows })
}

// tell puts the count of rows into the status while the load runs.
func (l *loader) tell(ctx context.Context) func() {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				l.w.setLoad(func(p *Load) { p.Rows = l.rows.Load() })
			}
		}
	}()
	return func() {
		cancel()
		l.w.setLoad(func(p *Load) { p.Rows = l.rows.Load() })
	}
}

// codes copies the code tables one after the other: each makes an ENUM that
// later tables need.
func (l *loader) codes(ctx context.Context, wk *worker, leaves []leaf) error {
	for _, t := range l.tables {
		if !t.Codes {
			continue
		}
		if err := wk.create(t); err != nil {
			return err
		}
		for i := range leaves {
			if leaves[i].table == t {
				if err := wk.copy(ctx, &leaves[i]); err != nil {
					return err
				}
			}
		}
		if err := l.dictionaries.read(l.raw, t, l.into(t)); err != nil {
			return err
		}
		if t.Partitioned { // by its copies
			continue
		}
		if err := wk.count(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// facts copies all other leaves, the largest first, and counts in the source, under
// the same snapshot, every table that its copies do not count.
func (l *loader) facts(ctx context.Context, cancel context.CancelFunc, workers []*worker, leaves []leaf) error {
	var tasks []func(*worker) error
	for _, leaf := range bySize(leaves) {
		tasks = append(tasks, func(wk *worker) error { return wk.copy(ctx, leaf) })
	}
	for _, t := range l.tables {
		if t.Codes {
			continue
		}
		if err := workers[0].create(t); err != nil {
			return err
		}
		if l.left[t.Name] == 0 {
			tasks = append(tasks, func(wk *worker) error { return wk.count(ctx, t) })
		}
	}
	return share(workers, tasks, cancel)
}

// compare refuses a build that holds another number of rows than the source
// counted under the same snapshot.
func (l *loader) compare() error {
	for _, t := range l.tables {
		got, err := l.raw.integers("/* loader.compare */ SELECT count(*) FROM facts." + quote(l.into(t)))
		if err != nil {
			return err
		}
		if got[0] != l.counts[t.Name] {
			return fmt.Errorf("the record store has %d rows of %s and %d were copied", l.counts[t.Name], t.Name, got[0])
		}
	}
	return nil
}
