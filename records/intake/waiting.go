package intake

// Rows that match no child, school or enrolment wait, and are tried again when one
// appears; or a person decides about them.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
	"onevision/records"
)

// Waiting is a row of some file that matches nobody yet.
type Waiting struct {
	ID      int64             `json:"id"`
	Format  string            `json:"format"`
	File    int64             `json:"import"` // the last import that had it
	Name    string            `json:"file"`   // that import's file
	Line    int64             `json:"line"`   // of that file
	Row     map[string]string `json:"row"`
	Reason  string            `json:"reason"`
	Created time.Time         `json:"since"`

	formats formats
}

// Columns are the columns of the row's format, in order.
func (w Waiting) Columns() []string {
	if f, ok := w.format(); ok {
		return f.Header
	}
	return slices.Sorted(maps.Keys(w.Row))
}

// format is the row's, with the columns as the row's file named them.
func (w Waiting) format() (Format, bool) {
	f, ok := w.formats.of(w.Format)
	if !ok {
		return f, false
	}
	for _, header := range append([][]string{f.Header}, f.Before...) {
		if len(header) == len(w.Row) && !slices.ContainsFunc(header, func(c string) bool { _, there := w.Row[c]; return !there }) {
			f.Header = header
			return f, true
		}
	}
	return f, false
}

// Alone reports whether the row can go in without the others of its file.
func (w Waiting) Alone() bool {
	f, ok := w.format()
	return ok && f.alone()
}

// alone reports whether a row of the format can go in without the others of its
// file.
func (f Format) alone() bool {
	_, surveyor := f.Rows().(Surveyor)
	return !f.Together && !surveyor
}

// Errors of decisions about rows that wait.
var (
	ErrNotWaiting = errors.New("there is no such row that waits")
	ErrNotAlone   = errors.New("a row of this format goes in with the others of its file only: correct the record or the file, and send the file again; or discard the row")
	ErrNoReason   = errors.New("give the reason: the audit keeps it")
)

const waitingColumns = `u.id, u.format, u.batch_id, f.name, u.line, u.row, u.reason, u.created_at FROM intake_unmatched u JOIN batch f ON f.id = u.batch_id WHERE u.resolved_at IS NULL`

// Waiting lists the rows that match nobody yet, oldest first, at most limit of
// them after the given id. Who may not write what they hold sees none.
func (i *Importer) Waiting(ctx context.Context, v access.Viewer, after int64, limit int) (waiting []Waiting, err error) {
	return i.waiting(ctx, v, `u.id > $1 ORDER BY u.id LIMIT $2`, after, limit)
}

// WaitingRow is one of them; ErrNotWaiting if there is none for the viewer.
func (i *Importer) WaitingRow(ctx context.Context, v access.Viewer, id int64) (Waiting, error) {
	list, err := i.waiting(ctx, v, `u.id = $1`, id)
	if err == nil && len(list) == 0 {
		err = ErrNotWaiting
	}
	if err != nil {
		return Waiting{}, err
	}
	return list[0], nil
}

func (i *Importer) waiting(ctx context.Context, v access.Viewer, where string, args ...any) (waiting []Waiting, err error) {
	all, err := i.formats(ctx, nil)
	if err != nil {
		return nil, err
	}
	err = access.InTx(ctx, i.Pool, v, func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `/* intake.Importer.waiting */ SELECT `+waitingColumns+` AND `+where, args...)
		if waiting, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Waiting]); err != nil {
			return fmt.Errorf("list the rows that wait for a match: %w", err)
		}
		if len(waiting) == 0 {
			return nil
		}
		e := access.Entry{Action: "list", Kind: "unmatched-row"}
		for n, w := range waiting {
			waiting[n].formats = all
			e.Records = append(e.Records, w.ID)
		}
		return access.Audit(ctx, tx, v, e)
	})
	return waiting, err
}

// Apply has a row that waits go in, with the values that somebody corrects, and
// says what became of it. One that matches nobody still goes on waiting. The
// record comes by the row's import, and is undone with it.
func (i *Importer) Apply(ctx context.Context, v access.Viewer, id int64, corrected map[string]string, why string) (records.Result, *Problem, error) {
	if why = strings.TrimSpace(why); why == "" {
		return 0, nil, ErrNoReason
	}
	w, err := i.WaitingRow(ctx, v, id)
	if err != nil {
		return 0, nil, err
	}
	f, ok := w.format()
	if !ok || !f.alone() {
		return 0, nil, ErrNotAlone
	}
	for column, value := range corrected {
		if !slices.Contains(f.Header, column) {
			return 0, nil, fmt.Errorf("%s has no column %q: its columns are %s", w.Format, column, f.header())
		}
		w.Row[column] = value
	}
	tried, err := i.try(ctx, v, f, []Waiting{w}, "applied", why)
	if err != nil {
		return 0, nil, err
	}
	return tried[0].result, tried[0].problem, nil
}

// Discard has rows wait no longer. The same row of a file that is sent again is
// kept out.
func (i *Importer) Discard(ctx context.Context, v access.Viewer, ids []int64, why string) error {
	if why = strings.TrimSpace(why); why == "" {
		return ErrNoReason
	}
	return access.InTx(ctx, i.Pool, v, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `/* intake.Importer.Discard */
			UPDATE intake_unmatched SET resolved_at = $2, decision = 'discarded', decided_by = $3, why = $4 WHERE id = ANY ($1) AND resolved_at IS NULL`, ids, i.Now(), v.Account(), why)
		if err != nil {
			return fmt.Errorf("discard %d rows that wait: %w", len(ids), err)
		}
		if tag.RowsAffected() != int64(len(ids)) {
			return ErrNotWaiting
		}
		return access.Audit(ctx, tx, v, access.Entry{Action: "discard", Kind: "unmatched-row", Records: ids, Reason: why})
	})
}

// tried is what became of a row that waited.
type tried struct {
	result  records.Result
	problem *Problem
}

// try puts rows of one format and one import into the record store, and notes what
// became of each. decision is "matched", or a person's "applied".
func (i *Importer) try(ctx context.Context, v access.Viewer, f Format, rows []Waiting, decision, why string) ([]tried, error) {
	b := records.Batch{ID: rows[0].File}
	err := access.InTx(ctx, i.Pool, v, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `/* intake.Importer.try */ SELECT source, covers_to FROM batch WHERE id = $1`, b.ID).Scan(&b.Source, &b.CoversTo)
	})
	if err != nil {
		return nil, fmt.Errorf("look for import %d: %w", b.ID, err)
	}
	into := f.Rows()
	if b, ok := into.(Beginner); ok {
		if err := b.Begin(ctx, i.Store, v); err != nil {
			return nil, err
		}
	}
	outcome := make([]tried, len(rows))
	var sent []int
	for n, w := range rows {
		fields := make([]string, len(f.Header))
		for c, column := range f.Header {
			fields[c] = w.Row[column]
		}
		if p := into.Add(w.Line, fields); p != nil {
			outcome[n] = tried{records.Rejected, p}
			continue
		}
		sent = append(sent, n)
	}
	if len(sent) > 0 {
		outcomes, err := into.Put(ctx, i.Store, v, b)
		if err != nil {
			return nil, err
		}
		if len(outcomes) != len(sent) {
			return nil, fmt.Errorf("the record store answered for %d of %d rows", len(outcomes), len(sent))
		}
		for k, o := range outcomes {
			outcome[sent[k]].result = o.Result
			if o.Problem != nil {
				outcome[sent[k]].problem = &Problem{Column: o.Problem.Field, Reason: o.Problem.Message}
			}
		}
	}
	return outcome, i.noteTried(ctx, v, rows, outcome, decision, why)
}

// counted are the columns of an import that count what became of its rows.
var counted = map[records.Result]string{records.Added: "rows_added", records.Changed: "rows_changed", records.Unchanged: "rows_unchanged", records.KeptBack: "rows_kept"}

func (i *Importer) noteTried(ctx context.Context, v access.Viewer, rows []Waiting, outcome []tried, decision, why string) error {
	return access.InTx(ctx, i.Pool, v, func(tx pgx.Tx) error {
		done := map[records.Result][]int64{}
		batch := &pgx.Batch{}
		for n, w := range rows {
			if o := outcome[n]; counted[o.result] != "" {
				done[o.result] = append(done[o.result], w.ID)
			} else if o.problem != nil && o.problem.Reason != w.Reason {
				batch.Queue(`/* intake.Importer.noteTried */ UPDATE intake_unmatched SET reason = $2 WHERE id = $1`, w.ID, o.problem.Reason)
			}
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("note why rows still wait: %w", err)
		}
		var by any
		if decision == "applied" {
			by = v.Account()
		}
		e := access.Entry{Action: "apply", Kind: "unmatched-row", Reason: why}
		for _, result := range slices.Sorted(maps.Keys(done)) {
			column := counted[result]
			tag, err := tx.Exec(ctx, `/* intake.Importer.noteTried */
				UPDATE intake_unmatched SET resolved_at = $2, decision = $3, decided_by = $4, why = nullif($5, '') WHERE id = ANY ($1) AND resolved_at IS NULL`, done[result], i.Now(), decision, by, why)
			if err == nil {
				_, err = tx.Exec(ctx, `/* intake.Importer.noteTried */
					UPDATE batch SET rows_unmatched = greatest(rows_unmatched - $2, 0), `+column+` = `+column+` + $2 WHERE id = $1`, rows[0].File, tag.RowsAffected())
			}
			if err != nil {
				return fmt.Errorf("note that %d rows wait no longer: %w", len(done[result]), err)
			}
			e.Records = append(e.Records, done[result]...)
		}
		if len(e.Records) == 0 {
			return nil
		}
		return access.Audit(ctx, tx, v, e)
	})
}

// decided says of rows that match nobody, by their place, what a person has
// decided about the same row before.
func (u *run) decided(ctx context.Context, outcomes []records.RowOutcome) (map[int]string, error) {
	places := map[string]int{}
	var hashes [][]byte
	for n, o := range outcomes {
		if o.Result == records.Unmatched {
			hash := u.hash(u.pending[n])
			places[string(hash)] = n
			hashes = append(hashes, hash)
		}
	}
	said := map[int]string{}
	if len(hashes) == 0 {
		return said, nil
	}
	err := access.InTx(ctx, u.Pool, u.viewer, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `/* intake.run.decided */
			SELECT row_hash, decision, resolved_at FROM intake_unmatched WHERE format = $1 AND row_hash = ANY ($2) AND decision IN ('applied', 'discarded')`, u.format.Name, hashes)
		var hash []byte
		var decision string
		var at time.Time
		if err == nil {
			_, err = pgx.ForEachRow(rows, []any{&hash, &decision, &at}, func() error {
				said[places[string(hash)]] = "this row waited before, and was " + decision + " on " + at.Format("2 January 2006") + " by a person"
				return nil
			})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for rows that were decided about: %w", err)
	}
	return said, nil
}

// Retry tries rows that wait again, those that hold one of the values (nil: all),
// and says how many wait no longer.
func (i *Importer) Retry(ctx context.Context, v access.Viewer, values []string) (resolved int, err error) {
	all, err := i.formats(ctx, nil)
	if err != nil {
		return 0, err
	}
	for after := int64(0); ; {
		where, args := `u.id > $1 ORDER BY u.id LIMIT $2`, []any{after, batchRows}
		if values != nil {
			where, args = `waiting_keys(u.row) && $3::text[] AND `+where, append(args, values)
		}
		var waiting []Waiting
		err := access.InTx(ctx, i.Pool, v, func(tx pgx.Tx) error {
			rows, _ := tx.Query(ctx, `/* intake.Importer.Retry */ SELECT `+waitingColumns+` AND `+where, args...)
			waiting, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Waiting])
			return err
		})
		if err != nil {
			return resolved, fmt.Errorf("look for rows to try again: %w", err)
		}
		if len(waiting) == 0 {
			return resolved, nil
		}
		after = waiting[len(waiting)-1].ID
		for n := range waiting {
			waiting[n].formats = all
		}
		n, err := i.retry(ctx, v, waiting)
		resolved += n
		if err != nil {
			return resolved, err
		}
	}
}

func (i *Importer) retry(ctx context.Context, v access.Viewer, waiting []Waiting) (resolved int, err error) {
	slices.SortStableFunc(waiting, func(a, b Waiting) int {
		return cmp.Or(cmp.Compare(a.File, b.File), strings.Compare(a.Format, b.Format), cmp.Compare(a.Line, b.Line))
	})
	for len(waiting) > 0 {
		f, ok := waiting[0].format()
		same := slices.IndexFunc(waiting, func(w Waiting) bool {
			g, _ := w.format()
			return w.File != waiting[0].File || w.Format != waiting[0].Format || !slices.Equal(g.Header, f.Header)
		})
		if same < 0 {
			same = len(waiting)
		}
		rows := waiting[:same]
		waiting = waiting[same:]
		if !ok || !f.alone() && !f.Again {
			continue
		}
		outcome, err := i.try(ctx, v, f, rows, "matched", "")
		if err != nil {
			return resolved, fmt.Errorf("try rows of import %d again: %w", rows[0].File, err)
		}
		for _, o := range outcome {
			if counted[o.result] != "" {
				resolved++
			}
		}
	}
	return resolved, nil
}
