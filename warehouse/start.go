// Before a stream begins: does this build fit this server, slot and publication?

package warehouse

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// start makes sure that this build can be followed from this server and begins
// to stream. Whatever does not fit is a reason for a new build; nothing is
// ever skipped.
func (s *stream) start(ctx context.Context, conn *pgconn.PgConn) (*feed, error) {
	source := s.w.source
	repl, err := source.replication(ctx)
	if err != nil {
		return nil, err
	}
	f, err := func() (*feed, error) {
		id, err := identify(ctx, repl)
		if err != nil {
			return nil, err
		}
		if err := s.fits(id); err != nil {
			return nil, err
		}
		unfit, err := source.check(ctx, conn)
		if err != nil {
			return nil, err
		}
		slot, err := source.freeSlot(ctx, conn)
		if err != nil {
			return nil, err
		}
		if err := s.fitsSlot(slot, id); err != nil {
			return nil, err
		}
		if err := s.renew(ctx, conn); err != nil {
			return nil, err
		}
		if err := s.invalidateUnfit(unfit); err != nil {
			return nil, err
		}
		if err := s.leaves(ctx, conn); err != nil {
			return nil, err
		}
		return startFeed(ctx, repl, source.slot, source.publication)
	}()
	if err != nil {
		closeConn(repl)
	}
	return f, err
}

// fits compares the server with the stored position.
func (s *stream) fits(id identity) error {
	at := s.b.now()
	switch {
	case at.System != id.system:
		return rebuild("the record store is another PostgreSQL than the one followed")
	case at.Database != id.database:
		return rebuild("the record store is another database than the one followed")
	case at.Timeline != id.timeline:
		return rebuild("the record store is on timeline %d, the warehouse followed timeline %d", id.timeline, at.Timeline)
	case at.Slot != s.w.o.Slot:
		return rebuild("the warehouse followed by another slot")
	case at.LSN > id.flushed:
		return rebuild("the record store is older than the warehouse: an earlier copy was put back")
	}
	return nil
}

// fitsSlot compares the slot with the stored position. The slot is only ever
// acknowledged what the file holds, so it cannot be ahead of it.
func (s *stream) fitsSlot(slot slotState, id identity) error {
	at := &s.b.at
	switch {
	case !slot.exists:
		return rebuild("the slot %s is gone", s.w.o.Slot)
	case slot.lost:
		return rebuild("the slot %s has lost its write-ahead log: the follower was away for too long", s.w.o.Slot)
	case slot.confirmed > at.LSN:
		return rebuild("the slot %s is ahead of the warehouse: the file is an older copy", s.w.o.Slot)
	case id.flushed > slot.confirmed && id.flushed-slot.confirmed > uint64(s.w.o.MaxRetained):
		return rebuild("the slot %s held back %s of the record store's log, more than the %s allowed", s.w.o.Slot, megabytes(int64(id.flushed-slot.confirmed)), megabytes(s.w.o.MaxRetained))
	}
	// The transaction applied last comes again if the slot was not told of it,
	// and must be the same then.
	s.expect = at.last.commit != 0 && at.last.commit >= slot.confirmed
	known := s.b.now()
	s.received, s.durable, s.passed = at.LSN, at.LSN, max(at.last.end, known.LSN)
	s.asAt = heartbeat{known.LSN, known.AsAt}
	return nil
}

// renew begins a new epoch on both sides. DuckDB knows of the new one before
// PostgreSQL does, so a crash at any point leaves an epoch that is known.
func (s *stream) renew(ctx context.Context, conn *pgconn.PgConn) error {
	source := s.w.source
	server, err := source.epoch(ctx, conn)
	if err != nil {
		return err
	}
	at := s.b.at
	if server == "" || server != at.Epoch && server != at.next {
		return rebuild("the record store knows another start of the follower than the warehouse: one of the two is an older copy")
	}
	at.Epoch, at.next = server, newEpoch()
	if err := s.store(at); err != nil {
		return err
	}
	if err := source.renewEpoch(ctx, conn, server, at.next); err != nil {
		return err
	}
	at.Epoch, at.next = at.next, ""
	return s.store(at)
}

// store writes a position that no change of facts comes with.
func (s *stream) store(p position) error {
	if err := writePosition(s.b.raw, p); err != nil {
		return fmt.Errorf("write the position: %w", err)
	}
	s.b.at = p
	return nil
}
