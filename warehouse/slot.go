// The replication slot and its epoch in PostgreSQL: made, looked at, freed, dropped.

package warehouse

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// slotState is what PostgreSQL knows of our slot.
type slotState struct {
	exists    bool
	lost      bool // its log was removed: it is of no use
	active    int  // process that uses it, 0 if none
	confirmed uint64
	database  string
}

func (s *source) slotState(ctx context.Context, conn *pgconn.PgConn) (slotState, error) {
	rows, err := query(ctx, conn, `/* source.slotState */ SELECT coalesce(wal_status, ''), coalesce(active_pid, 0),
		coalesce(confirmed_flush_lsn, '0/0'), coalesce(database, '') FROM pg_replication_slots WHERE slot_name = `+literal(s.slot))
	if err != nil {
		return slotState{}, fmt.Errorf("look at the slot %s: %w", s.slot, err)
	}
	if len(rows) == 0 {
		return slotState{}, nil
	}
	state := slotState{exists: true, lost: rows[0][0] == "lost", database: rows[0][3]}
	state.active, _ = strconv.Atoi(rows[0][1])
	state.confirmed, err = parseLSN(rows[0][2])
	return state, err
}

// freeSlot waits until nobody uses the slot. A process of ours that still has
// it belongs to a connection that is gone (the folder's lock says that we are
// the only one), so it is ended; another follower is not.
func (s *source) freeSlot(ctx context.Context, conn *pgconn.PgConn) (slotState, error) {
	for try := 0; ; try++ {
		state, err := s.slotState(ctx, conn)
		if err != nil || state.active == 0 {
			return state, err
		}
		rows, err := query(ctx, conn, `/* source.freeSlot */ SELECT application_name FROM pg_stat_activity WHERE pid = `+strconv.Itoa(state.active))
		if err != nil {
			return state, fmt.Errorf("see who uses the slot %s: %w", s.slot, err)
		}
		if len(rows) == 1 {
			if rows[0][0] != s.application {
				return state, fmt.Errorf("the slot %s is in use by another follower (process %d, %q)", s.slot, state.active, rows[0][0])
			}
			if _, err := query(ctx, conn, `/* source.freeSlot */ SELECT pg_terminate_backend(`+strconv.Itoa(state.active)+`)`); err != nil {
				return state, fmt.Errorf("end the process %d that still uses the slot %s: %w", state.active, s.slot, err)
			}
		}
		if try == 100 {
			return state, fmt.Errorf("the slot %s is still in use by process %d", s.slot, state.active)
		}
		select {
		case <-ctx.Done():
			return state, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// dropSlot removes the slot if there is one.
func (s *source) dropSlot(ctx context.Context, conn *pgconn.PgConn) error {
	state, err := s.freeSlot(ctx, conn)
	if err != nil || !state.exists {
		return err
	}
	if _, err := query(ctx, conn, `/* source.dropSlot */ SELECT pg_drop_replication_slot(`+literal(s.slot)+`)`); err != nil && sqlState(err) != "42704" {
		return fmt.Errorf("drop the slot %s: %w", s.slot, err)
	}
	return nil
}

// createSlot makes a slot and exports the snapshot that it begins with. The
// snapshot lasts until the connection runs its next command.
func createSlot(ctx context.Context, repl *pgconn.PgConn, name, kind string) (lsn uint64, snapshot string, err error) {
	row, err := one(ctx, repl, "CREATE_REPLICATION_SLOT "+quote(name)+" "+kind+"LOGICAL pgoutput EXPORT_SNAPSHOT")
	if err != nil {
		return 0, "", fmt.Errorf("create the slot %s: %w", name, err)
	}
	lsn, err = parseLSN(row[1])
	return lsn, row[2], err
}

// setEpoch begins an epoch of its own for the slot: builds made before belong
// to another and will not be followed any further.
func (s *source) setEpoch(ctx context.Context, conn *pgconn.PgConn, epoch string) error {
	_, err := query(ctx, conn, `/* source.setEpoch */ INSERT INTO follow_epoch (slot, epoch, renewed_at)
		VALUES (`+literal(s.slot)+`, `+literal(epoch)+`, now())
		ON CONFLICT (slot) DO UPDATE SET epoch = excluded.epoch, renewed_at = excluded.renewed_at`)
	if err != nil {
		return fmt.Errorf("begin an epoch of the slot %s: %w", s.slot, err)
	}
	return nil
}

// epoch is the one that the server knows, "" if none.
func (s *source) epoch(ctx context.Context, conn *pgconn.PgConn) (string, error) {
	rows, err := query(ctx, conn, `/* source.epoch */ SELECT epoch FROM follow_epoch WHERE slot = `+literal(s.slot))
	if err != nil {
		return "", fmt.Errorf("read the epoch of the slot %s: %w", s.slot, err)
	}
	if len(rows) == 0 {
		return "", nil
	}
	return rows[0][0], nil
}

// renewEpoch replaces the epoch that the server is known to have.
func (s *source) renewEpoch(ctx context.Context, conn *pgconn.PgConn, from, to string) error {
	rows, err := query(ctx, conn, `/* source.renewEpoch */ UPDATE follow_epoch SET epoch = `+literal(to)+`, renewed_at = now()
		WHERE slot = `+literal(s.slot)+` AND epoch = `+literal(from)+` RETURNING slot`)
	if err != nil {
		return fmt.Errorf("renew the epoch of the slot %s: %w", s.slot, err)
	}
	if len(rows) != 1 {
		return fmt.Errorf("renew the epoch of the slot %s: another follower was quicker", s.slot)
	}
	return nil
}
