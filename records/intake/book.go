package intake

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onevision/access"
	"onevision/records"
)

// unmatched is a row that matches nobody, to be kept.
type unmatched struct {
	hash   []byte
	line   int64
	row    []byte // JSON
	reason string
}

// begin enters the file in the list of files, with its line in the audit.
func (u *run) begin(ctx context.Context) error {
	if err := u.enter(ctx); err != nil || u.by == u.viewer {
		return err
	}
	return access.InTx(ctx, u.Pool, u.by, func(tx pgx.Tx) error {
		return access.Audit(ctx, tx, u.by, access.Entry{Action: "import", Kind: u.format.Name, Record: u.report.File})
	})
}

func (u *run) enter(ctx context.Context) error {
	return access.InTx(ctx, u.Pool, u.viewer, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `/* intake.run.begin */
			INSERT INTO batch (format, category, name, sha256, account_id, started_at, source, covers_to, extent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`,
			u.format.Name, string(u.format.Category), u.report.Name, u.sha256[:], u.by.Account(), u.Now(), u.from.Source, u.from.CoversTo, u.extent()).Scan(&u.report.File)
		if err != nil {
			return fmt.Errorf("enter the file in the list of files: %w", err)
		}
		u.from.ID = u.report.File
		err = tx.QueryRow(ctx, `/* intake.run.begin */
			SELECT EXISTS (SELECT FROM intake_unmatched WHERE format = $1 AND resolved_at IS NULL), position FROM change_head`, u.format.Name).Scan(&u.waiting, &u.began)
		if err != nil {
			return fmt.Errorf("look for rows that wait for a match: %w", err)
		}
		return access.Audit(ctx, tx, u.viewer, access.Entry{Action: "import", Kind: u.format.Name, Record: u.report.File})
	})
}

// extent is whether the file holds all that there is.
func (u *run) extent() string {
	if w, ok := u.into.(Whole); ok && w.Full() {
		return "full"
	}
	return "partial"
}

// notAhead refuses a last day that is yet to come: nothing sent until then would change
// what the file says.
func (u *run) notAhead(o Options) error {
	_, whole := u.into.(Whole)
	switch day := u.from.CoversTo; {
	case !day.After(u.today()):
		return nil
	case !o.CoversTo.IsZero():
		return refuse("covers_to: %s is after today: give the last day that the file tells of", day.Words())
	case whole:
		return refuse("the file's name says that it tells up to %s, which is after today: rename it, or give the last day that it tells of (covers_to)", day.Words())
	}
	return nil
}

// notLate takes a full file for a part when one that tells of later days is in: what
// that has brought is not gone.
func (u *run) notLate(ctx context.Context) error {
	w, ok := u.into.(Whole)
	if !ok || !w.Full() {
		return nil
	}
	var later records.Date
	err := access.InTx(ctx, u.Pool, u.viewer, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `/* intake.run.notLate */ SELECT coalesce(max(covers_to), '0001-01-01') FROM batch WHERE format = $1 AND source = $2 AND covers_to > $3 AND undone_at IS NULL`,
			u.format.Name, u.from.Source, u.from.CoversTo).Scan(&later)
	})
	if err != nil {
		return fmt.Errorf("look for later files: %w", err)
	}
	if later.After(u.from.CoversTo) {
		w.Partly()
		u.report.Notes = append(u.report.Notes, fmt.Sprintf("a file that tells up to %s is in already, so that this one, up to %s, is taken for a part: what it does not hold stays", later.Words(), u.from.CoversTo.Words()))
	}
	return nil
}

// note keeps the rows of a batch that matched nobody, marks as resolved those
// that now do, and the counts so far.
func (u *run) note(ctx context.Context, lost []unmatched, found [][]byte) error {
	return access.InTx(ctx, u.Pool, u.viewer, func(tx pgx.Tx) error {
		if len(lost) > 0 {
			u.waiting = true
			batch := &pgx.Batch{}
			for _, l := range lost {
				// The same row again is the same line of the list. If it had matched
				// and no longer does, it waits again.
				batch.Queue(`/* intake.run.note */
					INSERT INTO intake_unmatched (format, category, row_hash, batch_id, line, row, reason, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
					ON CONFLICT (format, row_hash) DO UPDATE
					SET batch_id = EXCLUDED.batch_id, line = EXCLUDED.line, reason = EXCLUDED.reason, resolved_at = NULL, decision = NULL`,
					u.format.Name, string(u.format.Category), l.hash, u.report.File, l.line, l.row, l.reason, u.Now())
			}
			// Whoever appeared since the import began may be whom a row is about.
			batch.Queue(`/* intake.run.note */ UPDATE intake_position SET position = $1 WHERE position > $1`, u.began)
			if err := tx.SendBatch(ctx, batch).Close(); err != nil {
				return fmt.Errorf("keep the rows that match nobody: %w", err)
			}
		}
		if u.waiting && len(found) > 0 {
			tag, err := tx.Exec(ctx, `/* intake.run.note */
				UPDATE intake_unmatched SET resolved_at = $3, decision = 'matched' WHERE format = $1 AND row_hash = ANY ($2) AND resolved_at IS NULL`,
				u.format.Name, found, u.Now())
			if err != nil {
				return fmt.Errorf("mark the rows that now match: %w", err)
			}
			u.report.Resolved += tag.RowsAffected()
		}
		return u.count(ctx, tx, false)
	})
}

// end writes the last counts; whole says that the file was read to its end.
func (u *run) end(ctx context.Context, whole bool) error {
	return access.InTx(ctx, u.Pool, u.viewer, func(tx pgx.Tx) error { return u.count(ctx, tx, whole) })
}

func (u *run) count(ctx context.Context, tx pgx.Tx, whole bool) error {
	r := u.report
	_, err := tx.Exec(ctx, `/* intake.run.count */
		UPDATE batch SET rows_read = $2, rows_added = $3, rows_changed = $4, rows_unchanged = $5, rows_unmatched = $6, rows_rejected = $7, rows_kept = $8,
			finished_at = CASE WHEN $9 THEN $10::timestamptz END
		WHERE id = $1`, r.File, r.Rows, r.Added, r.Changed, r.Unchanged, r.Unmatched, r.Rejected, r.Kept, whole, u.Now())
	if err != nil {
		return fmt.Errorf("count the rows of file %d: %w", r.File, err)
	}
	return nil
}
