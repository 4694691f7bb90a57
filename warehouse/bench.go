package warehouse

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// MeasureLoad measures, under one snapshot, a first load of the partitioned
// tables (with the code tables that they need, counting, comparing and writing
// the file) and the floor below it: the same columns copied leaf by leaf by as
// many connections, and thrown away. rows is what each of the two moved. The
// folder of the options is not touched; the files are temporary.
func MeasureLoad(ctx context.Context, o Options) (ours, floor time.Duration, rows int64, err error) {
	o.Tables = needed(o.Tables)
	w, clean, err := scratch(o)
	if err != nil {
		return 0, 0, 0, err
	}
	defer clean()
	conn, err := w.source.connect(ctx)
	if err != nil {
		return 0, 0, 0, err
	}
	defer closeConn(conn)
	row, err := one(ctx, conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT pg_export_snapshot()")
	if err != nil {
		return 0, 0, 0, err
	}
	b, err := createBuild(w.folder, &w.o)
	if err != nil {
		return 0, 0, 0, err
	}
	defer b.close()
	l := w.newLoader(b, row[0])
	// Once without a clock, so that both find the pages where they will be.
	if _, err := l.discard(ctx); err != nil {
		return 0, 0, 0, err
	}
	began := time.Now()
	if err := l.run(ctx); err != nil {
		return 0, 0, 0, err
	}
	if err := b.raw.exec("CHECKPOINT"); err != nil {
		return 0, 0, 0, err
	}
	ours = time.Since(began)
	began = time.Now()
	rows, err = l.discard(ctx)
	return ours, time.Since(began), rows, err
}

// needed are the partitioned tables and the code tables that they refer to.
func needed(tables []Table) []Table {
	codes := map[string]bool{}
	for _, t := range tables {
		if t.Partitioned {
			for _, c := range t.Columns {
				codes[c.Codes] = true
			}
		}
	}
	var kept []Table
	for _, t := range tables {
		if t.Partitioned || t.Codes && codes[t.Name] {
			kept = append(kept, t)
		}
	}
	return kept
}

// discard copies every leaf of the facts to nowhere.
func (l *loader) discard(ctx context.Context) (int64, error) {
	workers := make([]*worker, l.w.o.Streams)
	for i := range workers {
		wk, err := l.begin(ctx)
		if err != nil {
			return 0, err
		}
		defer wk.close()
		workers[i] = wk
	}
	leaves, err := l.leaves(ctx, workers[0])
	if err != nil {
		return 0, err
	}
	var rows atomic.Int64
	var tasks []func(*worker) error
	for _, leaf := range bySize(leaves) {
		tasks = append(tasks, func(wk *worker) error {
			tag, err := wk.conn.CopyTo(ctx, io.Discard, leaf.copyOut())
			rows.Add(tag.RowsAffected())
			return err
		})
	}
	err = share(workers, tasks, func() {})
	return rows.Load(), err
}

// trial is a warehouse of a measurement's own: its folder and its slot go with
// it.
type trial struct {
	*Warehouse
	conn *pgconn.PgConn
	done func()
}

// newTrial opens one, with nothing in it yet.
func newTrial(ctx context.Context, o Options) (*trial, error) {
	o.Slot += "_bench"
	w, clean, err := scratch(o)
	if err != nil {
		return nil, err
	}
	conn, err := w.source.connect(ctx)
	if err != nil {
		clean()
		return nil, err
	}
	return &trial{w, conn, func() {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		w.source.dropSlot(late, conn)
		query(late, conn, "/* warehouse.trial */ DELETE FROM follow_epoch WHERE slot = "+literal(o.Slot))
		closeConn(conn)
		clean()
	}}, nil
}

// build loads everything.
func (t *trial) build(ctx context.Context) error {
	b, err := t.load(ctx)
	if err != nil {
		return err
	}
	t.built(b)
	return nil
}

// flushed is how far the record store's log reaches.
func (t *trial) flushed(ctx context.Context) (uint64, error) {
	row, err := one(ctx, t.conn, "/* warehouse.trial */ SELECT pg_current_wal_flush_lsn()")
	if err != nil {
		return 0, err
	}
	return parseLSN(row[0])
}

// MeasureBuild loads a warehouse as the program does. The folder and slot of the
// options are not touched, here and below.
func MeasureBuild(ctx context.Context, o Options) error {
	t, err := newTrial(ctx, o)
	if err != nil {
		return err
	}
	defer t.done()
	return t.build(ctx)
}

// MeasureSize is the size in bytes of the file of a new build.
func MeasureSize(ctx context.Context, o Options) (int64, error) {
	t, err := newTrial(ctx, o)
	if err != nil {
		return 0, err
	}
	defer t.done()
	if err := t.build(ctx); err != nil {
		return 0, err
	}
	info, err := os.Stat(t.folder.file(t.serving.number))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// MeasureWriter has run write to the record store, so many times while nobody
// follows and so many while a warehouse does, in turns, and sums up how long
// that took.
func MeasureWriter(ctx context.Context, o Options, turns int, run func(ctx context.Context) (time.Duration, error)) (followed, alone time.Duration, err error) {
	t, err := newTrial(ctx, o)
	if err != nil {
		return 0, 0, err
	}
	defer t.done()
	if err := t.build(ctx); err != nil {
		return 0, 0, err
	}
	for range turns {
		took, err := run(ctx) // the slot is there, and nobody streams from it
		if err != nil {
			return 0, 0, err
		}
		alone += took
		end, err := t.flushed(ctx)
		if err != nil {
			return 0, 0, err
		}
		err = t.following(ctx, end, func() error {
			took, err := run(ctx)
			followed += took
			return err
		})
		if err != nil {
			return 0, 0, err
		}
	}
	return followed, alone, nil
}

// MeasureReaders times small reads, one after the other, while nothing else
// happens and then while a whole new build is loaded beside the one they read.
func MeasureReaders(ctx context.Context, o Options, read func(ctx context.Context, c *sql.Conn) error) (idle, loading []time.Duration, err error) {
	t, err := newTrial(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	defer t.done()
	if err := t.build(ctx); err != nil {
		return nil, nil, err
	}
	sample := func(to *[]time.Duration) error {
		began := time.Now()
		err := t.Read(ctx, func(ctx context.Context, c *sql.Conn, _ Position) error { return read(ctx, c) })
		*to = append(*to, time.Since(began))
		time.Sleep(2 * time.Millisecond)
		return err
	}
	for range 3000 {
		if err := sample(&idle); err != nil {
			return nil, nil, err
		}
	}
	idle = idle[1000:] // the first ones warm up
	for len(loading) < 2000 {
		rebuilt := make(chan error, 1)
		go func() { rebuilt <- t.Rebuild(ctx, "to be measured") }()
		for done := false; !done; {
			select {
			case err := <-rebuilt:
				if err != nil {
					return nil, nil, err
				}
				done = true
			default:
				if err := sample(&loading); err != nil {
					return nil, nil, err
				}
			}
		}
	}
	return idle, loading, nil
}

// Drain is how a backlog was worked off.
type Drain struct {
	Rows   int64         // rows that the backlog's transactions changed
	Decode time.Duration // to have it decoded and read, and thrown away
	Follow time.Duration // to have it followed into the warehouse
}

// MeasureDrain loads a warehouse, stops following, has write commit a backlog,
// and then measures how long decoding it alone takes and how long following it
// does, each by a slot of its own.
func MeasureDrain(ctx context.Context, o Options, write func(ctx context.Context) error) (Drain, error) {
	t, err := newTrial(ctx, o)
	if err != nil {
		return Drain{}, err
	}
	defer t.done()
	bare := *t.source
	bare.slot += "_bare"
	defer func() {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		bare.dropSlot(late, t.conn)
	}()
	if err := t.build(ctx); err != nil {
		return Drain{}, err
	}
	if err := bare.dropSlot(ctx, t.conn); err != nil {
		return Drain{}, err
	}
	repl, err := bare.replication(ctx)
	if err != nil {
		return Drain{}, err
	}
	defer closeConn(repl)
	if _, _, err := createSlot(ctx, repl, bare.slot, ""); err != nil {
		return Drain{}, err
	}
	if err := write(ctx); err != nil {
		return Drain{}, fmt.Errorf("write the backlog: %w", err)
	}
	end, err := t.flushed(ctx)
	if err != nil {
		return Drain{}, err
	}
	var d Drain
	began := time.Now()
	if err := t.following(ctx, end, func() error { d.Follow = time.Since(began); return nil }); err != nil {
		return Drain{}, err
	}
	began = time.Now()
	if d.Rows, err = bare.decode(ctx, repl, end); err != nil {
		return Drain{}, err
	}
	d.Decode = time.Since(began)
	return d, nil
}

// following follows, and calls fn once everything up to end is applied.
func (t *trial) following(ctx context.Context, end uint64, fn func() error) error {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- t.Follow(ctx) }()
	err := func() error {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s := t.Status()
				if s.Position.LSN >= end {
					return fn()
				}
				if s.Error != "" {
					return errors.New(s.Error)
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}()
	cancel()
	return errors.Join(err, <-done)
}

// decode reads the stream up to end, throws it away and counts its rows.
func (s *source) decode(ctx context.Context, repl *pgconn.PgConn, end uint64) (rows int64, err error) {
	f, err := startFeed(ctx, repl, s.slot, s.publication)
	if err != nil {
		return 0, err
	}
	defer f.close()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var reached uint64
	for reached < end {
		select {
		case m, ok := <-f.messages:
			switch {
			case !ok:
				return rows, f.err
			case m[0] == 'k':
				reached = max(reached, binary.BigEndian.Uint64(m[1:]))
			case m[25] == 'I' || m[25] == 'U' || m[25] == 'D':
				rows++
			case m[25] == 'C':
				reached = max(reached, binary.BigEndian.Uint64(m[35:]))
			}
		case <-tick.C:
			if err := f.acknowledge(reached, reached, true); err != nil {
				return rows, err
			}
		case <-ctx.Done():
			return rows, ctx.Err()
		}
	}
	return rows, nil
}

// scratch is a warehouse in a temporary folder.
func scratch(o Options) (*Warehouse, func(), error) {
	dir, err := os.MkdirTemp("", "onevision-bench-")
	if err != nil {
		return nil, nil, err
	}
	o.Dir = dir
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	w, err := Open(context.Background(), o)
	if err != nil {
		os.RemoveAll(dir)
		return nil, nil, err
	}
	return w, func() {
		w.Close()
		os.RemoveAll(dir)
	}, nil
}
