package records

import (
	"bufio"
	"context"
	encoding "encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// AttendanceRow is one row of attendance as it is loaded. "" is no mark, and
// minutes of 0 are none.
type AttendanceRow struct {
	ID, Child, School    int64
	Date                 Date
	AM, PM               string
	AMMinutes, PMMinutes int16
}

// LoadAttendance loads the whole attendance of an academic year (2025 is
// 2025/26) into its empty partition, and returns how many rows that were. It is
// ErrFollowed once a replication slot exists on the database. Years may be
// loaded at the same time.
//
// With keys and foreign keys in place PostgreSQL takes some 24,000 rows a
// second, without them ten times as many. So the rows are copied into a table
// that has none, which then gets the keys and checks of attendance and takes
// the place of the empty partition.
func (b *Bulk) LoadAttendance(ctx context.Context, year int, rows iter.Seq2[AttendanceRow, error]) (int64, error) {
	n, err := b.loadAttendance(ctx, year, rows)
	if err != nil {
		return 0, fmt.Errorf("load the attendance of %d: %w", year, err)
	}
	return n, nil
}

func (b *Bulk) loadAttendance(ctx context.Context, year int, rows iter.Seq2[AttendanceRow, error]) (n int64, err error) {
	conn, err := b.pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	if err := notFollowed(ctx, conn.Conn()); err != nil {
		return 0, err
	}
	partition := fmt.Sprintf("attendance_%04d", year)
	loading := partition + "_load"
	if err := emptyPartition(ctx, conn.Conn(), partition); err != nil {
		return 0, err
	}
	// One that an interrupted load left is dropped: it was never attached.
	_, err = conn.Exec(ctx, `/* records.Bulk.loadAttendance */
		DROP TABLE IF EXISTS `+loading+`; CREATE TABLE `+loading+` (LIKE attendance INCLUDING DEFAULTS)`)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil { // with a context of its own: ctx may be what ended it
			cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			_, e := b.pool.Exec(cleanup, `/* records.Bulk.loadAttendance */ DROP TABLE IF EXISTS `+loading)
			err = errors.Join(err, e)
		}
	}()
	if n, err = copyAttendance(ctx, conn.Conn(), loading, b.Source, rows); err != nil {
		return 0, err
	}
	renames, err := addConstraints(ctx, conn.Conn(), partition, loading, year)
	if err != nil {
		return 0, err
	}
	if err = replacePartition(ctx, conn.Conn(), partition, loading, year, renames); err != nil {
		return 0, err
	}
	_, err = conn.Exec(ctx, `/* records.Bulk.loadAttendance */ ANALYZE `+partition)
	return n, err
}

func notFollowed(ctx context.Context, q interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}) error {
	var followed bool
	err := q.QueryRow(ctx, `/* records.notFollowed */
		SELECT EXISTS (SELECT FROM pg_replication_slots WHERE slot_type = 'logical' AND database = current_database())`).Scan(&followed)
	if err == nil && followed {
		err = ErrFollowed
	}
	return err
}

// emptyPartition wants the partition to be there and to hold nothing.
func emptyPartition(ctx context.Context, q interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}, partition string) error {
	var there, holds bool
	err := q.QueryRow(ctx, `/* records.emptyPartition */
		SELECT EXISTS (SELECT FROM pg_inherits WHERE inhparent = 'attendance'::regclass AND inhrelid = to_regclass($1))`, partition).Scan(&there)
	if err != nil {
		return err
	}
	if !there {
		return fmt.Errorf("there is no partition %s", partition)
	}
	if err := q.QueryRow(ctx, `/* records.emptyPartition */ SELECT EXISTS (SELECT FROM `+partition+`)`).Scan(&holds); err != nil {
		return err
	}
	if holds {
		return fmt.Errorf("partition %s holds rows already: only an empty one can be loaded", partition)
	}
	return nil
}

// rename is an index that can have its right name only once the partition that
// is replaced has gone.
type rename struct{ from, to string }

// addConstraints gives the loaded table the keys, references and checks of
// attendance, all in one statement so that the checks share one reading, and a
// check of the year that saves the attaching one.
func addConstraints(ctx context.Context, conn *pgx.Conn, partition, loading string, year int) ([]rename, error) {
	rows, err := conn.Query(ctx, `/* records.addConstraints */
		SELECT p.contype::text, pg_get_constraintdef(p.oid), coalesce(c.conname, p.conname)
		FROM pg_constraint p LEFT JOIN pg_constraint c ON c.conrelid = $1::text::regclass AND (c.conparentid = p.oid OR c.conname = p.conname)
		WHERE p.conrelid = 'attendance'::regclass AND p.contype IN ('p', 'u', 'f', 'c')
		ORDER BY array_position('{p,u,c,f}', p.contype::text), p.conname`, partition)
	if err != nil {
		return nil, err
	}
	var kind, definition, name string
	var adds []string
	var renames []rename
	_, err = pgx.ForEachRow(rows, []any{&kind, &definition, &name}, func() error {
		if kind == "p" || kind == "u" {
			renames = append(renames, rename{name + "_load", name})
			name += "_load"
		}
		adds = append(adds, "ADD CONSTRAINT "+pgx.Identifier{name}.Sanitize()+" "+definition)
		return nil
	})
	if err != nil {
		return nil, err
	}
	adds = append(adds, fmt.Sprintf("ADD CONSTRAINT of_the_year CHECK (date >= '%04d-09-01' AND date < '%04d-09-01')", year, year+1))
	if _, err := conn.Exec(ctx, `/* records.addConstraints */ ALTER TABLE `+loading+` `+strings.Join(adds, ", ")); err != nil {
		return nil, fmt.Errorf("add the keys: %w", err)
	}
	return renames, nil
}

// replacePartition puts the loaded table in the place of the empty partition.
// It looks for a slot once it has an identity as a transaction: a slot that is
// made later waits for its end and so begins after it.
func replacePartition(ctx context.Context, conn *pgx.Conn, partition, loading string, year int, renames []rename) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `/* records.replacePartition */
			LOCK TABLE attendance IN ACCESS EXCLUSIVE MODE;
			SELECT pg_current_xact_id(), set_config('onevision.empty_partition', 'on', true)`)
		if err != nil {
			return err
		}
		if err := notFollowed(ctx, tx); err != nil {
			return err
		}
		if err := emptyPartition(ctx, tx, partition); err != nil {
			return err
		}
		statements := []string{
			`DROP TABLE ` + partition,
			`ALTER TABLE ` + loading + ` RENAME TO ` + partition,
		}
		for _, r := range renames {
			statements = append(statements, `ALTER TABLE `+partition+` RENAME CONSTRAINT `+pgx.Identifier{r.from}.Sanitize()+` TO `+pgx.Identifier{r.to}.Sanitize())
		}
		statements = append(statements,
			fmt.Sprintf(`ALTER TABLE attendance ATTACH PARTITION %s FOR VALUES FROM ('%04d-09-01') TO ('%04d-09-01')`, partition, year, year+1),
			`ALTER TABLE `+partition+` DROP CONSTRAINT of_the_year`,
			`CALL protect_attendance_partition('`+partition+`')`)
		for _, s := range statements {
			if _, err := tx.Exec(ctx, `/* records.replacePartition */ `+s); err != nil {
				return fmt.Errorf("put the loaded rows in place: %w", err)
			}
		}
		return advance(ctx, tx, "attendance")
	})
}

// copyAttendance copies the rows in PostgreSQL's binary form. It makes that
// form itself: through []any it would cost more than PostgreSQL's part.
func copyAttendance(ctx context.Context, conn *pgx.Conn, table, source string, rows iter.Seq2[AttendanceRow, error]) (int64, error) {
	reader, writer := io.Pipe()
	encoded := make(chan struct{})
	go func() {
		defer close(encoded)
		writer.CloseWithError(writeAttendance(writer, source, rows)) // nil is the end
	}()
	tag, err := conn.PgConn().CopyFrom(ctx, reader, `/* records.copyAttendance */
		COPY `+table+` (id, child_id, school_id, date, am, pm, am_minutes, pm_minutes, recorded_by, source) FROM STDIN (FORMAT binary)`)
	reader.CloseWithError(errors.New("the copy has ended"))
	<-encoded
	if err != nil {
		return 0, fmt.Errorf("copy the rows: %w", err)
	}
	return tag.RowsAffected(), nil
}

func writeAttendance(w io.Writer, source string, rows iter.Seq2[AttendanceRow, error]) error {
	out := bufio.NewWriterSize(w, 1<<17)
	out.WriteString("PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00") // errors stay with the writer
	be := encoding.BigEndian
	var b []byte
	number := func(n int64) { b = be.AppendUint64(be.AppendUint32(b, 8), uint64(n)) }
	text := func(s string) { b = append(be.AppendUint32(b, uint32(len(s))), s...) }
	null := func() { b = be.AppendUint32(b, 0xffffffff) }
	mark := func(s string) {
		if s == "" {
			null()
		} else {
			text(s)
		}
	}
	minutes := func(n int16) {
		if n == 0 {
			null()
		} else {
			b = be.AppendUint16(be.AppendUint32(b, 2), uint16(n))
		}
	}
	const millennium = 730120 // 1 January 2000 as a Date, from which PostgreSQL counts
	for r, err := range rows {
		if err != nil {
			return err
		}
		b = be.AppendUint16(b[:0], 10)
		number(r.ID)
		number(r.Child)
		number(r.School)
		b = be.AppendUint32(be.AppendUint32(b, 4), uint32(r.Date.n-millennium))
		mark(r.AM)
		mark(r.PM)
		minutes(r.AMMinutes)
		minutes(r.PMMinutes)
		number(0)
		text(source)
		if _, err := out.Write(b); err != nil {
			return err
		}
	}
	out.Write([]byte{0xff, 0xff})
	return out.Flush()
}
