// A warehouse of a measurement's own: in a temporary folder, followed by a slot of
// its own, so that those of the program are not touched.

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/warehouse"
)

type trial struct {
	*warehouse.Warehouse
	o    warehouse.Options
	conn *pgx.Conn // an administrator's
}

// newTrial opens one, with nothing in it yet.
func newTrial(ctx context.Context, admin string, o warehouse.Options) (*trial, error) {
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return nil, err
	}
	t := &trial{conn: conn, o: o}
	t.o.Slot += "_bench"
	if t.o.Dir, err = os.MkdirTemp("", "onevision-bench-"); err == nil {
		t.Warehouse, err = warehouse.Open(ctx, t.o)
	}
	if err != nil {
		t.done()
		return nil, err
	}
	return t, nil
}

// done leaves nothing of the trial behind. A failure shows in the next run.
func (t *trial) done() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if t.Warehouse != nil {
		t.Close()
	}
	dropSlot(ctx, t.conn, t.o.Slot)
	t.conn.Exec(ctx, `/* bench.trial */ DELETE FROM follow_epoch WHERE slot = $1`, t.o.Slot)
	t.conn.Close(ctx)
	if t.o.Dir != "" {
		os.RemoveAll(t.o.Dir)
	}
}

// dropSlot drops a slot that its user has just let go of.
func dropSlot(ctx context.Context, conn *pgx.Conn, name string) error {
	_, err := conn.Exec(ctx, `/* bench.dropSlot */ SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE slot_name = $1 AND active`, name)
	if err == nil {
		_, err = conn.Exec(ctx, `/* bench.dropSlot */ SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1`, name)
	}
	return err
}

// build loads everything.
func (t *trial) build(ctx context.Context) error { return t.Rebuild(ctx, "to be measured") }

// flushed is how far the record store's log reaches.
func (t *trial) flushed(ctx context.Context) (lsn uint64, err error) {
	var n int64
	err = t.conn.QueryRow(ctx, `/* bench.flushed */ SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint`).Scan(&n)
	return uint64(n), err
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

// file is the size in bytes of the file of the build that serves.
func (t *trial) file() (int64, error) {
	info, err := os.Stat(fmt.Sprintf("%s/warehouse-%d.duckdb", t.o.Dir, t.Status().Build))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
