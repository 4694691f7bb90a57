package records

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// BatchInfo is an import as a list shows it.
type BatchInfo struct {
	ID         int64     `json:"id"`
	Format     string    `json:"format"`
	Source     string    `json:"source"`
	Name       string    `json:"name"` // the file's, without its folder
	SHA256     string    `json:"sha256"`
	Account    int64     `json:"account"` // who imported it; 0 is the program itself
	CoversTo   Date      `json:"covers_to,omitzero"`
	Extent     string    `json:"extent"` // "full" or "partial"
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at,omitzero"` // zero: it ended early, or has not ended
	UndoneAt   time.Time `json:"undone_at,omitzero"`
	UndoneBy   int64     `json:"undone_by,omitempty"`
	Rows       int64     `json:"rows"`
	Added      int64     `json:"added"`
	Changed    int64     `json:"changed"`
	Unchanged  int64     `json:"unchanged"`
	Unmatched  int64     `json:"unmatched"`
	Rejected   int64     `json:"rejected"`
	Kept       int64     `json:"kept"`
}

// Batches lists imports, the newest first, at most limit of them before the
// given one (0: from the newest). Who may not write what a file holds does not
// see it.
func (s *Store) Batches(ctx context.Context, v access.Viewer, before int64, limit int) (list []BatchInfo, err error) {
	err = s.InTx(ctx, v, func(t *Tx) error {
		rows, _ := t.tx.Query(ctx, `/* records.Store.Batches */
			SELECT id, format, source, name, encode(sha256, 'hex'), account_id, covers_to, extent, started_at, coalesce(finished_at, '0001-01-01 00:00Z'),
				coalesce(undone_at, '0001-01-01 00:00Z'), coalesce(undone_by, 0), rows_read, rows_added, rows_changed, rows_unchanged, rows_unmatched, rows_rejected, rows_kept
			FROM batch WHERE $1 = 0 OR id < $1 ORDER BY id DESC LIMIT $2`, before, limit)
		if list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[BatchInfo]); err != nil {
			return fmt.Errorf("list the imports: %w", err)
		}
		if len(list) == 0 {
			return nil
		}
		return access.Audit(ctx, t.tx, v, access.Entry{Action: "list", Kind: "import"})
	})
	return list, err
}

// Undone is what undoing a batch did to the records of a kind.
type Undone struct {
	Kind     string `json:"kind"`
	Deleted  int64  `json:"deleted"`  // that the batch had made
	Restored int64  `json:"restored"` // that it had corrected or deleted
	Stay     int64  `json:"stay"`     // that somebody has changed since, or that others refer to: left as they are
}

// ErrUndone: the batch has been undone already.
var ErrUndone = errors.New("this import has been undone already")

// Undo puts back what a batch did: it deletes the records that the batch made,
// and gives those that it corrected or deleted what they said before it. What
// somebody has changed since stays as it is, and is counted. History keeps what
// the batch said; it counts no more when sources are compared. All or nothing:
// whoever may not change each kind of record that it touched undoes none.
func (s *Store) Undo(ctx context.Context, v access.Viewer, batch int64, why string) (undone []Undone, err error) {
	err = s.inBatch(ctx, v, func(t *Tx) error {
		undone, err = t.undo(ctx, batch, why)
		return err
	})
	return undone, err
}

func (t *Tx) undo(ctx context.Context, batch int64, why string) ([]Undone, error) {
	var before time.Time
	err := t.tx.QueryRow(ctx, `/* records.Tx.undo */ SELECT coalesce(undone_at, '0001-01-01 00:00Z') FROM batch WHERE id = $1 FOR UPDATE`, batch).Scan(&before)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("look for import %d: %w", batch, err)
	case !before.IsZero():
		return nil, ErrUndone
	}
	var p Problems
	plain := fmt.Sprintf("import %d undone", batch)
	if why = tidyReason(why, &p); why == "" {
		why = plain
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	rows, err := t.tx.Query(ctx, `/* records.Tx.undo */ SELECT kind, action, ids FROM batch_change WHERE batch_id = $1 ORDER BY id DESC`, batch)
	if err != nil {
		return nil, fmt.Errorf("read what import %d did: %w", batch, err)
	}
	type change struct {
		Kind, Action string
		IDs          []int64
	}
	changes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[change])
	if err != nil {
		return nil, fmt.Errorf("read what import %d did: %w", batch, err)
	}
	categories := map[access.Category]bool{}
	for _, c := range changes {
		k, ok := KindOf(c.Kind)
		if !ok {
			return nil, fmt.Errorf("import %d wrote a kind %q that is none", batch, c.Kind)
		}
		if err := t.writes(k); err != nil {
			return nil, err
		}
		categories[k.Category] = true
	}
	// A reason is of the category that it changes. Of an import that touched several
	// it may tell of one what is not told of the others: the records' histories get
	// none of it, the line of the whole act keeps it.
	reason := why
	if len(categories) > 1 {
		why = plain
	}
	_, err = t.tx.Exec(ctx, `/* records.Tx.undo */ SELECT set_config('onevision.batch', $1::bigint::text, true), set_config('onevision.undo', 'on', true), set_config('onevision.reason', $2, true)`, batch, why)
	if err != nil {
		return nil, fmt.Errorf("undo import %d: %w", batch, err)
	}
	u := &undoing{Tx: t, batch: batch, why: why, touched: map[*Kind]map[int64]bool{}, done: map[*Kind]map[int64]string{}}
	for _, c := range changes {
		k, _ := KindOf(c.Kind)
		if u.touched[k] == nil {
			u.touched[k], u.done[k] = map[int64]bool{}, map[int64]string{}
			u.kinds = append(u.kinds, k)
		}
		for _, id := range c.IDs {
			u.touched[k][id] = true
		}
		slices.Sort(c.IDs)
		if err := u.step(ctx, k, c.Action, c.IDs); err != nil {
			return nil, fmt.Errorf("undo import %d: %w", batch, err)
		}
	}
	_, err = t.tx.Exec(ctx, `/* records.Tx.undo */ SELECT set_config('onevision.batch', '', true), set_config('onevision.undo', '', true)`)
	if err == nil {
		_, err = t.tx.Exec(ctx, `/* records.Tx.undo */ UPDATE batch SET undone_at = now(), undone_by = $2 WHERE id = $1`, batch, t.viewer.Account())
	}
	if err == nil {
		_, err = t.tx.Exec(ctx, `/* records.Tx.undo */ UPDATE intake_unmatched SET resolved_at = now() WHERE batch_id = $1 AND resolved_at IS NULL`, batch)
	}
	if err != nil {
		return nil, fmt.Errorf("undo import %d: %w", batch, err)
	}
	return u.report(), access.Audit(ctx, t.tx, t.viewer, access.Entry{Action: "undo", Kind: "import", Record: batch, Reason: reason})
}

// undoing is one Undo under way.
type undoing struct {
	*Tx
	batch   int64
	why     string
	kinds   []*Kind
	touched map[*Kind]map[int64]bool
	done    map[*Kind]map[int64]string // "deleted" or "restored"
}

// step undoes what one statement of the batch did, as far as the records are
// still as the batch left them.
func (u *undoing) step(ctx context.Context, k *Kind, action string, ids []int64) error {
	switch action {
	case "create":
		return u.unmake(ctx, k, ids)
	case "delete":
		columns := k.stored()
		return u.each(ctx, k, "create", "restored", ids, `INSERT INTO `+k.Table+` AS t (id, version, recorded_at, `+columns+`)
			SELECT id, version + 1, now(), `+columns+` FROM (`+u.before(k, "superseded_batch = $2 AND operation = 'delete' AND")+`) h
			WHERE NOT EXISTS (SELECT FROM `+k.Table+` x WHERE x.id = h.id)
			RETURNING t.id, `+k.childOf("t"))
	}
	// What the batch corrected may be there only by batches that are undone.
	if err := u.unmake(ctx, k, ids); err != nil {
		return err
	}
	var sets []string
	for c := range strings.SplitSeq(k.stored(), ", ") {
		if c != "public_id" {
			sets = append(sets, c+" = h."+c)
		}
	}
	return u.each(ctx, k, "correct", "restored", ids, `UPDATE `+k.Table+` t SET version = t.version + 1, recorded_at = now(), `+strings.Join(sets, ", ")+`
		FROM (`+u.before(k, "")+`) h WHERE t.id = h.id AND t.batch_id = $2
		RETURNING t.id, `+k.childOf("t"))
}

// unmake deletes records that are as the batch left them, and of which no version
// is anybody's but its own and those of batches that are undone.
func (u *undoing) unmake(ctx context.Context, k *Kind, ids []int64) error {
	return u.each(ctx, k, "delete", "deleted", ids, `DELETE FROM `+k.Table+` t WHERE t.id = ANY ($1) AND t.batch_id = $2
		AND NOT EXISTS (SELECT FROM `+k.Table+`_history h WHERE h.id = t.id AND `+others("h.")+`)
		RETURNING t.id, `+k.childOf("t"))
}

// others is the condition of versions of anybody but the batch and those that
// are undone.
func others(h string) string {
	return h + `batch_id IS DISTINCT FROM $2 AND (` + h + `batch_id IS NULL OR NOT EXISTS (SELECT FROM batch_said(ARRAY[` + h + `batch_id]) b WHERE b.undone))`
}

// before is what stood of records before the batch: the last version of none
// that is undone.
func (u *undoing) before(k *Kind, where string) string {
	return `SELECT DISTINCT ON (id) * FROM ` + k.Table + `_history WHERE ` + where + ` id = ANY ($1)
		AND ` + others("") + `
		ORDER BY id, version DESC`
}

// stored names the columns of a record that are its own, with who recorded it
// and by which batch it came.
func (k *Kind) stored() string {
	columns := []string{"recorded_by", "source", "batch_id"}
	if k.PublicID {
		columns = append(columns, "public_id")
	}
	for i := range k.Fields {
		columns = append(columns, k.Fields[i].Column)
	}
	return strings.Join(columns, ", ")
}

// childOf is the key of the child that a record is about, 0 for none.
func (k *Kind) childOf(table string) string {
	switch {
	case k.PublicID:
		return table + ".id"
	case k.About():
		return table + ".child_id"
	}
	return "0::bigint"
}

// each runs a statement for the records in a savepoint; those that cannot be
// put back, since others refer to them or stand in their place, are found by
// halving and stay.
func (u *undoing) each(ctx context.Context, k *Kind, action, result string, ids []int64, sql string) error {
	if len(ids) == 0 {
		return nil
	}
	var acts []act
	err := pgx.BeginFunc(ctx, u.tx, func(pgx.Tx) error {
		acts = nil
		rows, err := u.tx.Query(ctx, `/* records.undoing.each `+k.Name+` */ `+sql, ids, u.batch)
		if err != nil {
			return err
		}
		var a act
		_, err = pgx.ForEachRow(rows, []any{&a.id, &a.child}, func() error { acts = append(acts, a); return nil })
		return err
	})
	if constraint(err) {
		if len(ids) == 1 {
			return nil
		}
		half := len(ids) / 2
		if err := u.each(ctx, k, action, result, ids[:half], sql); err != nil {
			return err
		}
		return u.each(ctx, k, action, result, ids[half:], sql)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", action, k.Plural, err)
	}
	e := access.Entry{Action: action, Kind: k.Name, Reason: u.why}
	for _, a := range acts {
		u.done[k][a.id] = result
		e.Records = append(e.Records, a.id)
		if a.child != 0 {
			e.Children = append(e.Children, a.child)
		}
	}
	if len(acts) == 0 {
		return nil
	}
	return access.Audit(ctx, u.tx, u.viewer, e)
}

// report says what became of the records that the batch had touched.
func (u *undoing) report() []Undone {
	list := []Undone{}
	for _, k := range u.kinds {
		r := Undone{Kind: k.Name}
		for id := range u.touched[k] {
			switch u.done[k][id] {
			case "deleted":
				r.Deleted++
			case "restored":
				r.Restored++
			default:
				r.Stay++
			}
		}
		list = append(list, r)
	}
	return list
}
