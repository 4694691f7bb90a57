// Looking for partitions and publication changes that no message tells of.

package warehouse

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// leaves looks for partitions that were not there before. One that is empty
// will be followed like the others. The rows of one that holds any may have
// been streamed, or may have come with it when it was attached, and then they
// were not: that is found out beside the stream.
func (s *stream) leaves(ctx context.Context, conn *pgconn.PgConn) error {
	found, err := s.w.source.leaves(ctx, conn)
	if err != nil {
		return err
	}
	known, err := s.b.raw.texts("/* stream.leaves */ SELECT oid::VARCHAR FROM warehouse.leaf")
	if err != nil {
		return err
	}
	for _, l := range found {
		if slices.Contains(known, l.oid) || s.unverified[l.oid] {
			continue
		}
		row, err := one(ctx, conn, "/* stream.leaves */ SELECT EXISTS (SELECT FROM public."+quote(l.name)+")")
		if err != nil {
			return fmt.Errorf("look into the partition %s: %w", l.name, err)
		}
		if row[0] == "t" {
			s.unverified[l.oid] = true
			s.background.Go(func() { s.verifyPartition(ctx, l) })
			continue
		}
		if err := s.b.raw.notePartition(l.oid); err != nil {
			return err
		}
	}
	return nil
}

// notePartition notes that a partition's rows are followed.
func (d *duck) notePartition(oid string) error {
	return d.exec("/* duck.notePartition */ INSERT INTO warehouse.leaf SELECT " + oid + " WHERE NOT EXISTS (SELECT 1 FROM warehouse.leaf WHERE oid = " + oid + ")")
}

// checkSource asks for what no change tells of, new partitions and tables that
// are not published as they were, by a connection of its own, since the other one
// is the heartbeat's.
func (s *stream) checkSource(ctx context.Context) error {
	conn, err := s.w.source.connect(ctx)
	if err != nil {
		return err
	}
	defer closeConn(conn)
	unfit, err := s.w.source.check(ctx, conn)
	if err != nil {
		return err
	}
	if err := s.invalidateUnfit(unfit); err != nil {
		return err
	}
	return s.leaves(ctx, conn)
}

// verifyPartition counts a partition's table on both sides at one position. If they
// differ, rows came with the partition, and the table must be loaded again.
func (s *stream) verifyPartition(ctx context.Context, l leaf) {
	for {
		r, err := s.w.verify(ctx, []Table{*l.table}, false)
		switch {
		case err == nil && r.Position.Build != s.b.number:
			return
		case err == nil && r.Equal:
			select {
			case s.verified <- l.oid:
			case <-ctx.Done():
			}
			return
		case err == nil:
			select {
			case s.incomplete <- &invalidTable{l.table.Name, fmt.Sprintf("the partition %s came with rows, which were not streamed", l.name)}:
			case <-ctx.Done():
			}
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(5 * time.Second):
		}
	}
}
