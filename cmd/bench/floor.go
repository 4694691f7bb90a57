// The floors that a load and a backlog are measured against: the same rows read
// from PostgreSQL in the same form, and thrown away.

package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"golang.org/x/sync/errgroup"

	"onevision/warehouse"
)

// copyAway copies the fact columns of every partition of the partitioned tables, the
// largest first, by so many connections, and counts the rows.
func copyAway(ctx context.Context, o warehouse.Options, conn *pgx.Conn, streams int) (int64, error) {
	var copies []string
	for _, t := range o.Tables {
		if !t.Partitioned {
			continue
		}
		var columns []string
		for _, c := range t.Columns {
			columns = append(columns, pgx.Identifier{c.Name}.Sanitize())
		}
		rows, err := conn.Query(ctx, `/* bench.copyAway */ SELECT c.relname FROM pg_partition_tree($1) p JOIN pg_class c ON c.oid = p.relid
			WHERE p.isleaf ORDER BY pg_relation_size(c.oid) DESC`, t.Name)
		if err != nil {
			return 0, err
		}
		leaves, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return 0, err
		}
		for _, leaf := range leaves {
			copies = append(copies, "COPY public."+pgx.Identifier{leaf}.Sanitize()+" ("+strings.Join(columns, ", ")+") TO STDOUT (FORMAT binary)")
		}
	}
	queue := make(chan string, len(copies))
	for _, statement := range copies {
		queue <- statement
	}
	close(queue)
	var rows atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range streams {
		group.Go(func() error {
			conn, err := pgconn.Connect(ctx, o.SourceURL)
			if err != nil {
				return err
			}
			defer conn.Close(context.WithoutCancel(ctx))
			for statement := range queue {
				tag, err := conn.CopyTo(ctx, io.Discard, statement)
				if err != nil {
					return err
				}
				rows.Add(tag.RowsAffected())
			}
			return nil
		})
	}
	return rows.Load(), group.Wait()
}

// replication is a connection that can stream, with a new slot.
func replication(ctx context.Context, url, slot string) (*pgconn.PgConn, error) {
	config, err := pgconn.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["replication"] = "database"
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "CREATE_REPLICATION_SLOT "+slot+" LOGICAL pgoutput NOEXPORT_SNAPSHOT").ReadAll(); err != nil {
		conn.Close(ctx)
		return nil, err
	}
	return conn, nil
}

// decodeAway reads the slot's stream up to end, throws it away and counts its rows.
func decodeAway(ctx context.Context, conn *pgconn.PgConn, o warehouse.Options, slot string, end uint64) (rows int64, err error) {
	conn.Frontend().SendQuery(&pgproto3.Query{String: "START_REPLICATION SLOT " + slot + " LOGICAL 0/0 (proto_version '1', publication_names '" + o.Publication + "', binary 'true')"})
	if err := conn.Frontend().Flush(); err != nil {
		return 0, err
	}
	var reached uint64
	asked := time.Now()
	for reached < end {
		wait, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		message, err := conn.ReceiveMessage(wait)
		cancel()
		if err != nil && !pgconn.Timeout(err) || ctx.Err() != nil {
			return rows, err
		}
		switch m := message.(type) {
		case *pgproto3.ErrorResponse:
			return rows, pgconn.ErrorResponseToPgError(m)
		case *pgproto3.CopyData:
			switch b := m.Data; {
			case b[0] == 'k':
				reached = max(reached, binary.BigEndian.Uint64(b[1:]))
			case b[25] == 'I' || b[25] == 'U' || b[25] == 'D':
				rows++
			case b[25] == 'C':
				reached = max(reached, binary.BigEndian.Uint64(b[35:]))
			}
		case *pgproto3.CopyDone:
			return rows, fmt.Errorf("the server ended the stream at %X", reached)
		}
		if time.Since(asked) > 100*time.Millisecond {
			asked = time.Now()
			b := binary.BigEndian.AppendUint64([]byte{'r'}, reached)
			b = binary.BigEndian.AppendUint64(b, reached)
			b = binary.BigEndian.AppendUint64(b, reached)
			b = append(binary.BigEndian.AppendUint64(b, 0), 1) // wants an answer
			conn.Frontend().Send(&pgproto3.CopyData{Data: b})
			if err := conn.Frontend().Flush(); err != nil {
				return rows, err
			}
		}
	}
	return rows, nil
}
