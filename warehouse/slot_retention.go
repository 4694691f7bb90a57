// How much of PostgreSQL's log the slot keeps from being removed: told in Status,
// warned of, and bounded by dropping the slot.

package warehouse

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// SlotRetention is what PostgreSQL said of the slot when it was last asked: how much
// of its log it must keep because the warehouse has not read it yet, and the bounds.
type SlotRetention struct {
	At          time.Time // zero: not asked yet
	Exists      bool
	Active      bool   // somebody streams from it
	WAL         string // PostgreSQL's wal_status: reserved, extended, unreserved, lost
	Retained    int64  // bytes of log that cannot be removed because of the slot
	Bound       int64  // beyond which the program drops the slot itself (Options.MaxRetained)
	ServerBound int64  // the server's own bound (max_slot_wal_keep_size) in bytes; -1: it has none
	SafeWAL     int64  // bytes that may still be written before the server lets the slot go; -1: no end
	Warning     string // in words, while more than half of the bound is held; "" when all is well
	Error       string // why it could not be asked the last time; the rest is older then
	Dropped     int    // slots that this process dropped because they held too much
	DroppedAt   time.Time
}

// megabytes is a size for people.
func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20)) }

// Limit is the lower one of the two bounds.
func (h SlotRetention) Limit() int64 {
	if h.ServerBound >= 0 && h.ServerBound < h.Bound {
		return h.ServerBound
	}
	return h.Bound
}

// watchSlot looks after the slot until ctx ends, on a connection of its own: it
// must go on when the follower is stuck, or waits for something else.
func (w *Warehouse) watchSlot(ctx context.Context) {
	var conn *pgconn.PgConn
	defer func() {
		if conn != nil {
			closeConn(conn)
		}
	}()
	tick := time.NewTicker(w.o.SlotInterval)
	defer tick.Stop()
	for {
		var err error
		if conn == nil {
			conn, err = w.source.connect(ctx)
		}
		if err == nil {
			err = w.checkSlot(ctx, conn)
		}
		if err != nil && ctx.Err() == nil {
			w.mu.Lock()
			w.status.Slot.Error = err.Error()
			w.mu.Unlock()
			if conn != nil {
				closeConn(conn)
				conn = nil
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// checkSlot notes what the slot holds, warns, and drops it beyond the bound.
func (w *Warehouse) checkSlot(ctx context.Context, conn *pgconn.PgConn) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	h, err := w.source.slotRetention(ctx, conn)
	if err != nil {
		return err
	}
	h.At, h.Bound = w.o.Now(), w.o.MaxRetained
	var dropped error
	if h.Retained > h.Bound {
		reason := fmt.Sprintf("the slot %s held back %s of the record store's log, more than the %s allowed, and was dropped", w.o.Slot, megabytes(h.Retained), megabytes(h.Bound))
		// The reason first: a follower whose connection ends must not begin
		// again with the slot that is about to go.
		w.mu.Lock()
		w.reason, w.status.Reason = reason, reason
		w.mu.Unlock()
		gone, err := w.source.dropOverBound(ctx, conn, h.Bound)
		if dropped = err; gone {
			w.o.Log.Warn("the warehouse dropped its replication slot to protect the record store's disk, and will be built again", "slot", w.o.Slot, "retained_bytes", h.Retained, "bound_bytes", h.Bound)
			w.mu.Lock()
			w.status.Slot.Dropped++
			w.status.Slot.DroppedAt = h.At
			w.mu.Unlock()
			h.Exists, h.Active, h.WAL, h.Retained = false, false, "", 0
			w.wakeFollower()
		} else if err == nil {
			w.mu.Lock()
			if w.reason == reason { // the follower makes a new build already
				w.reason = ""
			}
			w.mu.Unlock()
		}
	}
	if h.Exists && h.Retained > h.Limit()/2 {
		h.Warning = fmt.Sprintf("the slot %s holds back %s of the record store's log, more than half of the %s allowed: if it goes on, the warehouse will be built again", w.o.Slot, megabytes(h.Retained), megabytes(h.Limit()))
	}
	w.mu.Lock()
	was := w.status.Slot
	h.Dropped, h.DroppedAt = was.Dropped, was.DroppedAt
	w.status.Slot = h
	w.mu.Unlock()
	switch {
	case h.Warning != "" && was.Warning == "":
		w.o.Log.Warn("the warehouse's replication slot holds much of the record store's log back", "slot", w.o.Slot, "retained_bytes", h.Retained, "bound_bytes", h.Limit())
	case h.Warning == "" && was.Warning != "" && h.Exists:
		w.o.Log.Info("the warehouse's replication slot holds little of the record store's log again", "slot", w.o.Slot, "retained_bytes", h.Retained)
	}
	return dropped
}

// slotRetention asks what the slot holds back. One that is lost holds nothing any more.
func (s *source) slotRetention(ctx context.Context, conn *pgconn.PgConn) (SlotRetention, error) {
	rows, err := query(ctx, conn, `/* source.slotRetention */ SELECT s.slot_name IS NOT NULL, coalesce(s.active, false), coalesce(s.wal_status, ''),
			CASE WHEN s.wal_status <> 'lost' THEN greatest(pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn), 0)::bigint ELSE 0 END,
			coalesce(s.safe_wal_size, -1), b.setting::bigint * CASE WHEN b.setting = '-1' THEN 1 ELSE 1048576 END
		FROM pg_settings b LEFT JOIN pg_replication_slots s ON s.slot_name = `+literal(s.slot)+` WHERE b.name = 'max_slot_wal_keep_size'`)
	if err != nil {
		return SlotRetention{}, fmt.Errorf("ask what the slot %s holds back: %w", s.slot, err)
	}
	if len(rows) != 1 {
		return SlotRetention{}, errors.New("the record store has no max_slot_wal_keep_size: it is older than PostgreSQL 13")
	}
	r := rows[0]
	h := SlotRetention{Exists: r[0] == "t", Active: r[1] == "t", WAL: r[2]}
	for i, to := range []*int64{&h.Retained, &h.SafeWAL, &h.ServerBound} {
		if v := r[3+i]; v != "" { // a slot being made has no position yet
			if *to, err = strconv.ParseInt(v, 10, 64); err != nil {
				return SlotRetention{}, fmt.Errorf("ask what the slot %s holds back: %w", s.slot, err)
			}
		}
	}
	return h, nil
}

// dropOverBound drops the slot if it holds back more than the bound at that very
// moment (a new one of the same name does not). It first ends our own backend that
// streams from it, as of a stuck follower; the slot of another follower is left alone.
func (s *source) dropOverBound(ctx context.Context, conn *pgconn.PgConn, bound int64) (gone bool, err error) {
	over := `slot_name = ` + literal(s.slot) + ` AND wal_status <> 'lost' AND pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) > ` + strconv.FormatInt(bound, 10)
	for try := 0; try < 100; try++ {
		rows, err := query(ctx, conn, `/* source.dropOverBound */ SELECT r.active_pid, a.pid IS NOT NULL, coalesce(a.application_name, '') FROM pg_replication_slots r
			LEFT JOIN pg_stat_activity a ON a.pid = r.active_pid WHERE r.active AND r.`+over)
		if err != nil {
			return false, fmt.Errorf("see who uses the slot %s: %w", s.slot, err)
		}
		if len(rows) == 1 {
			if rows[0][1] == "t" && rows[0][2] != s.application {
				return false, fmt.Errorf("the slot %s, which holds back too much, is in use by another follower (process %s, %q)", s.slot, rows[0][0], rows[0][2])
			}
			if _, err := query(ctx, conn, `/* source.dropOverBound */ SELECT pg_terminate_backend(`+rows[0][0]+`)`); err != nil {
				return false, fmt.Errorf("end the process %s that uses the slot %s: %w", rows[0][0], s.slot, err)
			}
		} else {
			rows, err := query(ctx, conn, `/* source.dropOverBound */ SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active AND `+over)
			switch state := sqlState(err); {
			case state == "55006" || state == "42704": // somebody took or dropped it meanwhile
			case err != nil:
				return false, fmt.Errorf("drop the slot %s: %w", s.slot, err)
			case len(rows) == 1:
				return true, nil
			default:
				rows, err := query(ctx, conn, `/* source.dropOverBound */ SELECT 1 FROM pg_replication_slots WHERE `+over)
				if err != nil || len(rows) == 0 { // the follower was quicker
					return false, err
				}
			}
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return false, fmt.Errorf("the slot %s, which holds back too much, is still in use", s.slot)
}
