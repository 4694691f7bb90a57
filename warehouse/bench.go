package warehouse

import (
	"context"
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

// Drain is how a backlog was worked off.
type Drain struct {
	Rows   int64         // rows that the backlog's transactions changed
	Decode time.Duration // to have it decoded and read, and thrown away
	Follow time.Duration // to have it followed into the warehouse
}

// MeasureDrain loads a warehouse of its own, stops following, has write commit
// a backlog, and then measures how long decoding it alone takes and how long
// following it does, each by a slot of its own. The folder and slot of the
// options are not touched.
func MeasureDrain(ctx context.Context, o Options, write func(ctx context.Context) error) (Drain, error) {
	o.Slot += "_bench"
	w, clean, err := scratch(o)
	if err != nil {
		return Drain{}, err
	}
	defer clean()
	conn, err := w.source.connect(ctx)
	if err != nil {
		return Drain{}, err
	}
	defer closeConn(conn)
	bare := *w.source
	bare.slot = o.Slot + "_bare"
	defer func() {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		w.source.dropSlot(late, conn)
		bare.dropSlot(late, conn)
		query(late, conn, "/* warehouse.MeasureDrain */ DELETE FROM follow_epoch WHERE slot = "+literal(o.Slot))
	}()
	b, err := w.load(ctx)
	if err != nil {
		return Drain{}, err
	}
	w.built(b)
	if err := bare.dropSlot(ctx, conn); err != nil {
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
	row, err := one(ctx, conn, "/* warehouse.MeasureDrain */ SELECT pg_current_wal_flush_lsn()")
	if err != nil {
		return Drain{}, err
	}
	end, err := parseLSN(row[0])
	if err != nil {
		return Drain{}, err
	}
	var d Drain
	began := time.Now()
	if err := w.drain(ctx, end); err != nil {
		return Drain{}, err
	}
	d.Follow = time.Since(began)
	began = time.Now()
	if d.Rows, err = bare.decode(ctx, repl, end); err != nil {
		return Drain{}, err
	}
	d.Decode = time.Since(began)
	return d, nil
}

// drain follows until everything up to end is applied.
func (w *Warehouse) drain(ctx context.Context, end uint64) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- w.Follow(ctx) }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s := w.Status()
			if s.Position.LSN >= end {
				cancel()
				return <-done
			}
			if s.Error != "" {
				cancel()
				<-done
				return errors.New(s.Error)
			}
		case <-ctx.Done():
			<-done
			return ctx.Err()
		}
	}
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
