package records

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// What later returns and people have decided about children's time in care,
// which the return of an earlier year, or any file, does not change.

// readLater finds, for each child, the first day of which a return of a later
// year tells.
func (t *Tx) readLater(ctx context.Context, files map[int64]*careFile, horizon Date) error {
	children := make([]int64, 0, len(files))
	for c := range files {
		children = append(children, c)
	}
	rows, err := t.tx.Query(ctx, `/* records.Tx.readLater */
		SELECT r.child_id, min(r.first_day) FROM care_return r, batch_said(ARRAY[r.batch_id]) b
		WHERE r.child_id = ANY ($1) AND r.year_end > $2 AND NOT b.undone GROUP BY r.child_id`, children, horizon)
	var child int64
	var first Date
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&child, &first}, func() error { files[child].later = first; return nil })
	}
	if err != nil {
		return fmt.Errorf("look for what later returns said of %d children: %w", len(files), err)
	}
	return nil
}

// returned notes from which day on the return told of each child.
func (t *Tx) returned(ctx context.Context, rows []EpisodeRow, files []*careFile, horizon Date) error {
	if t.batch.ID == 0 || len(files) == 0 {
		return nil
	}
	children, first := make([]int64, len(files)), make([]Date, len(files))
	for i, f := range files {
		children[i], first[i] = f.child, rows[f.rows[0]].From
	}
	_, err := t.tx.Exec(ctx, `/* records.Tx.returned */
		INSERT INTO care_return (child_id, year_end, first_day, batch_id) SELECT c, $3, d, $4 FROM unnest($1::bigint[], $2::date[]) r (c, d)
		ON CONFLICT DO NOTHING`, children, first, horizon, t.batch.ID)
	if err != nil {
		return fmt.Errorf("note of which days the return told: %w", err)
	}
	return nil
}

// decisions are what people did to a child's records of time in care.
type decisions struct {
	touched map[*Kind]map[int64]time.Time // by record: made or corrected
	deleted map[*Kind]map[Date]time.Time  // by first day
}

// readDecided finds what people have made, corrected or deleted.
func (t *Tx) readDecided(ctx context.Context, files map[int64]*careFile) error {
	children := make([]int64, 0, len(files))
	for c := range files {
		children = append(children, c)
	}
	for _, k := range []*Kind{lookedAfterPeriodKind, legalStatusKind, placementKind} {
		rows, err := t.tx.Query(ctx, `/* records.Tx.readDecided `+k.Name+` */
			SELECT child_id, id, from_date, recorded_at, false FROM `+k.Table+` WHERE child_id = ANY ($1) AND batch_id IS NULL AND recorded_by <> 0
			UNION ALL SELECT child_id, id, from_date, recorded_at, false FROM `+k.Table+`_history WHERE child_id = ANY ($1) AND batch_id IS NULL AND recorded_by <> 0
			UNION ALL SELECT child_id, id, from_date, superseded_at, true FROM `+k.Table+`_history
				WHERE child_id = ANY ($1) AND operation = 'delete' AND superseded_batch IS NULL AND superseded_by <> 0`, children)
		var child, id int64
		var from Date
		var at time.Time
		var deleted bool
		if err == nil {
			_, err = pgx.ForEachRow(rows, []any{&child, &id, &from, &at, &deleted}, func() error {
				f := files[child]
				if f.decided == nil {
					f.decided = &decisions{map[*Kind]map[int64]time.Time{}, map[*Kind]map[Date]time.Time{}}
				}
				if f.decided.touched[k] == nil {
					f.decided.touched[k], f.decided.deleted[k] = map[int64]time.Time{}, map[Date]time.Time{}
				}
				if deleted {
					f.decided.deleted[k][from] = at
				} else {
					f.decided.touched[k][id] = at
				}
				return nil
			})
		}
		if err != nil {
			return fmt.Errorf("look for what people decided about the %s of %d children: %w", k.Plural, len(files), err)
		}
	}
	return nil
}

// against says why the file cannot have what it wants of the child, since a
// person has decided otherwise, "" if it can. Of single values that a person has
// corrected Merge keeps what stands; here it is about records that come, go or
// have other days.
func (t *Tx) against(ctx context.Context, f *careFile) (string, error) {
	if f.decided == nil {
		return "", nil
	}
	was, then := f.parts(f.care), f.parts(f.then)
	say := func(what string, at time.Time) string {
		return stays(what + " on " + at.Format("2 January 2006") + " by a person")
	}
	for _, k := range []*Kind{lookedAfterPeriodKind, legalStatusKind, placementKind} {
		for _, o := range pair(was[k], then[k]) {
			if at, ok := f.decided.touched[k][*o.id]; ok {
				return say("recorded", at), nil
			}
		}
		var rows []MergeRow
		for _, n := range then[k] {
			if at, ok := f.decided.deleted[k][n.from]; ok && *n.id == 0 {
				return say("deleted", at), nil
			}
			if _, ok := f.decided.touched[k][*n.id]; ok {
				rows = append(rows, n.row(k, ""))
			}
		}
		merged, err := t.mergeWith(ctx, k, nil, rows, mergeOptions{checked: true, ordered: true, trial: true})
		if err != nil {
			return "", err
		}
		for _, m := range merged {
			for _, kept := range m.Kept {
				switch kept.Field {
				case "from_date", "to_date", "period", "end_reason", "begins_with":
					return kept.Why, nil
				}
			}
		}
	}
	return "", nil
}
