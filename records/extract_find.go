package records

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// Which record a row of an extract is: by the system's number of the row.

// recall reads which records the rows are, and those that they belong to, as they
// were last time.
func (e *extracting) recall(ctx context.Context) error {
	e.known, e.undone = map[extractName]extractRecord{}, map[extractName]Date{}
	var tables, numbers []string
	add := func(table, number string) {
		if number != "" {
			tables, numbers = append(tables, table), append(numbers, number)
		}
	}
	for _, r := range e.rows {
		add(r.Table, r.Number)
		for _, ref := range r.Refs {
			add(ref.Table, ref.Number)
		}
	}
	rows, _ := e.tx.Query(ctx, `/* records.extracting.recall */
		SELECT n.tbl, n.number, n.kind, n.record_id, coalesce(n.child_id, 0), b.id IS NOT NULL, b.covers_to
		FROM extract_number n JOIN unnest($2::text[], $3::text[]) r (tbl, number) USING (tbl, number)
		LEFT JOIN batch b ON b.id = n.withdrawn_by AND b.undone_at IS NULL WHERE n.source = $1`,
		e.batch.Source, tables, numbers)
	var name extractName
	var r extractRecord
	var gone bool
	var to Date
	if _, err := pgx.ForEachRow(rows, []any{&name.table, &name.number, &r.kind, &r.id, &r.child, &gone, &to}, func() error {
		if gone {
			e.undone[name] = to
		} else {
			e.known[name] = r
		}
		return nil
	}); err != nil {
		return fmt.Errorf("look for the records of %d rows of an extract: %w", len(e.rows), err)
	}
	return nil
}

// find gives rows the record that they are: the one that they were last time,
// unless it has gone since; else one that has the same natural key and is no other
// row's. A row whose record a person has deleted is kept out.
func (e *extracting) find(ctx context.Context, k *Kind, rows []*extractRow) error {
	var ids []int64
	for _, r := range rows {
		if was, ok := e.known[extractName{r.Table, r.Number}]; ok && was.kind == k.Name && was.child == r.child.id {
			ids = append(ids, was.id)
		}
	}
	there := map[int64]bool{}
	found, _ := e.tx.Query(ctx, `/* records.extracting.find `+k.Name+` */ SELECT id FROM `+k.Table+` WHERE id = ANY ($1)`, ids)
	var id int64
	if _, err := pgx.ForEachRow(found, []any{&id}, func() error { there[id] = true; return nil }); err != nil {
		return fmt.Errorf("look for %d %s: %w", len(ids), k.Plural, err)
	}
	gone, err := e.deletedByPeople(ctx, k, ids)
	if err != nil {
		return err
	}
	var unknown []*extractRow
	for _, r := range rows {
		if to := e.undone[extractName{r.Table, r.Number}]; r.Number != "" && to.After(e.batch.CoversTo) {
			r.out.Result, r.out.Problem = KeptBack, &Problem{"", NotPossible, "the extract up to " + to.Words() + " no longer held this row, and this file tells of earlier days: the record stays withdrawn"}
			r.wait = nil // whatever it belongs to has been withdrawn as well
			continue
		}
		if r.wait != nil {
			continue
		}
		was, ok := e.known[extractName{r.Table, r.Number}]
		if !ok || was.kind != k.Name || was.child != r.child.id {
			unknown = append(unknown, r)
			continue
		}
		why, decided := gone[was.id]
		switch {
		case there[was.id]:
			r.Record.Head().ID = strconv.FormatInt(was.id, 10)
		case decided:
			r.out.Result, r.out.Problem = KeptBack, Kept{"", why}.problem("")
		default:
			unknown = append(unknown, r)
		}
	}
	return e.adopt(ctx, k, unknown)
}

// deletedByPeople says of records that a person has deleted that they stay so.
func (e *extracting) deletedByPeople(ctx context.Context, k *Kind, ids []int64) (map[int64]string, error) {
	why := map[int64]string{}
	rows, _ := e.tx.Query(ctx, `/* records.extracting.deletedByPeople `+k.Name+` */
		SELECT DISTINCT ON (id) id, superseded_at, operation = 'delete' AND superseded_batch IS NULL AND coalesce(superseded_by, 0) <> 0
		FROM `+k.Table+`_history WHERE id = ANY ($1) ORDER BY id, superseded_at DESC, version DESC`, ids)
	var id int64
	var at time.Time
	var decided bool
	if _, err := pgx.ForEachRow(rows, []any{&id, &at, &decided}, func() error {
		if decided {
			why[id] = stays("deleted on " + at.Format("2 January 2006") + " by a person")
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("look for %s that people have deleted: %w", k.Plural, err)
	}
	return why, nil
}

// adopt gives rows that are new the record that is there already.
func (e *extracting) adopt(ctx context.Context, k *Kind, rows []*extractRow) error {
	if len(rows) == 0 || k.single || len(k.natural) == 0 { // Merge itself finds what only one record can be
		return nil
	}
	m := &merging{Tx: e.Tx, kind: k}
	for _, name := range k.natural {
		f, _ := k.Field(name)
		m.by = append(m.by, f)
	}
	list := make([]*mergeRow, len(rows))
	for i, r := range rows {
		list[i] = &mergeRow{MergeRow: MergeRow{Record: r.Record}, Merged: &Merged{}, stated: r.Record}
		m.tidy(list[i])
	}
	if err := m.read(ctx, list); err != nil {
		return err
	}
	var ids []int64
	for _, r := range list {
		if r.old != nil {
			ids = append(ids, r.old.Head().key)
		}
	}
	taken := map[int64]bool{}
	found, _ := e.tx.Query(ctx, `/* records.extracting.adopt */ SELECT record_id FROM extract_number WHERE source = $1 AND kind = $2 AND record_id = ANY ($3) AND withdrawn_by IS NULL`, e.batch.Source, k.Name, ids)
	var id int64
	if _, err := pgx.ForEachRow(found, []any{&id}, func() error { taken[id] = true; return nil }); err != nil {
		return fmt.Errorf("look for the rows that %d %s are: %w", len(ids), k.Plural, err)
	}
	for i, r := range list {
		if r.old == nil || taken[r.old.Head().key] {
			continue
		}
		h := r.old.Head()
		taken[h.key] = true
		rows[i].Record.Head().ID = strconv.FormatInt(h.key, 10)
	}
	return nil
}

// note keeps which record each row is.
func (e *extracting) note(ctx context.Context, k *Kind, rows []*extractRow) error {
	var tables, numbers []string
	var ids, children []int64
	for _, r := range rows {
		if is, ok := e.known[extractName{r.Table, r.Number}]; ok && r.wait == nil && r.Number != "" {
			tables, numbers, ids, children = append(tables, r.Table), append(numbers, r.Number), append(ids, is.id), append(children, is.child)
		}
	}
	_, err := e.tx.Exec(ctx, `/* records.extracting.note */
		INSERT INTO extract_number AS n (source, tbl, number, kind, record_id, category, child_id)
		SELECT DISTINCT ON (r.tbl, r.number) $1, r.tbl, r.number, $2, r.id, $3, nullif(r.child, 0) FROM unnest($4::text[], $5::text[], $6::bigint[], $7::bigint[]) r (tbl, number, id, child)
		ON CONFLICT (source, tbl, number) DO UPDATE SET kind = EXCLUDED.kind, record_id = EXCLUDED.record_id, category = EXCLUDED.category, child_id = EXCLUDED.child_id, withdrawn_by = NULL
		WHERE (n.kind, n.record_id, n.child_id, n.withdrawn_by) IS DISTINCT FROM (EXCLUDED.kind, EXCLUDED.record_id, EXCLUDED.child_id, NULL)`,
		e.batch.Source, k.Name, string(k.Category), tables, numbers, ids, children)
	if err != nil {
		return fmt.Errorf("keep which records %d rows of an extract are: %w", len(rows), err)
	}
	return nil
}
