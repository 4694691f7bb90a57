package warehouse

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// load makes a whole new build under the snapshot of a new slot and returns it
// open. The build that serves is not touched; the old slot is gone.
func (w *Warehouse) load(ctx context.Context) (*build, error) {
	w.setState(Loading)
	w.setLoad(func(l *Load) { *l = Load{Step: "connecting to the record store", Began: w.o.Now()} })
	defer w.setLoad(func(l *Load) { l.Step = "" })
	// Before anything is done after which the build that serves cannot be followed.
	if err := w.roomToLoad(); err != nil {
		return nil, err
	}
	repl, err := w.source.replication(ctx)
	if err != nil {
		return nil, err
	}
	defer closeConn(repl)
	conn, err := w.source.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer closeConn(conn)
	id, err := identify(ctx, repl)
	if err != nil {
		return nil, err
	}
	if err := w.source.fit(ctx, conn, pointers(w.o.Tables)); err != nil {
		return nil, err
	}
	p := position{fingerprint: fingerprint(w.o.Publication)}
	p.Position = Position{System: id.system, Timeline: id.timeline, Database: id.database, Slot: w.o.Slot, Epoch: newEpoch()}
	// Another follower's slot is refused before its epoch is touched.
	if _, err := w.source.freeSlot(ctx, conn); err != nil {
		return nil, err
	}
	// From here on no older build can be followed: they have another epoch.
	if err := w.source.setEpoch(ctx, conn, p.Epoch); err != nil {
		return nil, err
	}
	w.o.reach("epoch given")
	if err := w.source.dropSlot(ctx, conn); err != nil {
		return nil, err
	}
	if p.AsAt, err = serverTime(ctx, conn); err != nil {
		return nil, err
	}
	w.setLoad(func(l *Load) { l.Step = "waiting for PostgreSQL's open transactions to end" })
	lsn, snapshot, err := createSlot(ctx, repl, w.o.Slot, "")
	if err != nil {
		return nil, err
	}
	w.o.reach("slot made")
	p.LSN, p.last.end = lsn, lsn
	b, err := w.loadUnder(ctx, snapshot, p)
	if err != nil {
		// A slot that nobody follows would hold the server's log back.
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if tidy, failed := w.source.connect(late); failed == nil {
			closeConn(repl)
			w.source.dropSlot(late, tidy)
			closeConn(tidy)
		}
	}
	return b, err
}

func (w *Warehouse) loadUnder(ctx context.Context, snapshot string, p position) (_ *build, err error) {
	b, err := createBuild(w.folder, &w.o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			size := w.folder.size(b.number)
			b.discard()
			err = w.notFit(size, err)
		}
	}()
	w.o.reach("file made")
	if err := w.newLoader(b, snapshot).run(ctx); err != nil {
		return nil, fmt.Errorf("build %d: %w", b.number, err)
	}
	w.o.reach("loaded")
	w.setLoad(func(l *Load) { l.Step = "writing the file" })
	p.Build = b.number
	b.at = p
	notes := []string{insertPosition(p)}
	for _, t := range b.ordered {
		notes = append(notes, t.note())
	}
	if err := b.raw.transaction(notes...); err != nil {
		return nil, fmt.Errorf("build %d: write its position: %w", b.number, err)
	}
	if err := b.raw.exec("CHECKPOINT"); err != nil {
		return nil, fmt.Errorf("build %d: %w", b.number, err)
	}
	if err := b.finish(&w.o); err != nil {
		return nil, fmt.Errorf("build %d: %w", b.number, err)
	}
	w.o.reach("checkpointed")
	if err := w.folder.sync(b.number); err != nil {
		return nil, fmt.Errorf("build %d: %w", b.number, err)
	}
	w.o.reach("synced")
	if err := w.folder.point(b.number); err != nil {
		return nil, fmt.Errorf("build %d: point to it: %w", b.number, err)
	}
	return b, nil
}

// loader copies tables under one snapshot into a build.
type loader struct {
	w            *Warehouse
	b            *build
	raw          *duck // its own connection
	snapshot     string
	tables       []*Table // code tables before what refers to them
	suffix       string   // behind a table's name, of the relation that it is copied to
	dictionaries *dictionaries
	beside       bool // a build is read meanwhile
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
		beside: w.Status().Serving}
}

func (l *loader) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	streams := l.w.o.Streams
	if l.beside && l.suffix == "" { // whoever reads meanwhile needs a processor; the follower waits for a single table
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
	if err := l.w.source.walls(ctx, workers[0].conn, l.tables, leaves); err != nil {
		return err
	}
	for _, leaf := range leaves {
		if err := l.raw.know(leaf.oid); err != nil {
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
	return l.compare()
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

func serverTime(ctx context.Context, conn *pgconn.PgConn) (time.Time, error) {
	row, err := one(ctx, conn, "/* warehouse.serverTime */ SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
	if err != nil {
		return time.Time{}, fmt.Errorf("ask the record store's time: %w", err)
	}
	n, err := strconv.ParseInt(row[0], 10, 64)
	return time.UnixMicro(n).UTC(), err
}

func closeConn(conn *pgconn.PgConn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	conn.Close(ctx) // of no interest: it is not used again
}
