package records

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// Batch says by which import records come: see Tx.As.
type Batch struct {
	ID       int64
	Source   string // which system or body says it: "school", "social-care"; see precedence
	CoversTo Date   // the last day that it tells of; zero if it does not say
}

// As has every record that this transaction stores from now on carry the batch,
// and Merge judge by its source and day what it may change.
func (t *Tx) As(ctx context.Context, b Batch) error {
	if _, err := t.tx.Exec(ctx, `/* records.Tx.As */ SELECT set_config('onevision.batch', $1, true)`, strconv.FormatInt(b.ID, 10)); err != nil {
		return fmt.Errorf("set the batch of the transaction: %w", err)
	}
	t.batch = b
	return nil
}

// did notes what a statement did to records of a kind: a line of the audit for
// each set of fields, and, in a batch, what it must undo.
func (t *Tx) did(ctx context.Context, k *Kind, action string, acts []act) error {
	if len(acts) == 0 {
		return nil
	}
	lines := map[string]*access.Entry{}
	var entries []*access.Entry
	ids := make([]int64, len(acts))
	for i, a := range acts {
		ids[i] = a.id
		said := fmt.Sprint(a.fields)
		e := lines[said]
		if e == nil {
			e = &access.Entry{Action: action, Kind: k.Name, Fields: a.fields}
			lines[said] = e
			entries = append(entries, e)
		}
		e.Records = append(e.Records, a.id)
		if a.child != 0 {
			e.Children = append(e.Children, a.child)
		}
	}
	told := make([]access.Entry, len(entries))
	for i, e := range entries {
		if len(e.Records) == 1 {
			e.Record, e.Records = e.Records[0], nil
			if len(e.Children) == 1 {
				e.Child, e.Children = e.Children[0], nil
			}
		}
		told[i] = *e
	}
	if t.batch.ID != 0 {
		_, err := t.tx.Exec(ctx, `/* records.Tx.did */ INSERT INTO batch_change (batch_id, kind, action, ids) VALUES ($1, $2, $3, $4)`, t.batch.ID, k.Name, action, ids)
		if err != nil {
			return fmt.Errorf("note what batch %d did: %w", t.batch.ID, err)
		}
	}
	return access.Audit(ctx, t.tx, t.viewer, told...)
}

// act is one record that a statement created, corrected or deleted.
type act struct {
	id, child int64
	fields    []string
}

// said is what is known of the batches that records came by.
type said struct {
	Batch
	undone bool
}

// batches finds out what Merge must know of batches.
func (t *Tx) batches(ctx context.Context, ids []int64) (map[int64]said, error) {
	rows, err := t.tx.Query(ctx, `/* records.Tx.batches */ SELECT id, source, covers_to, undone FROM batch_said($1)`, ids)
	known := map[int64]said{}
	var b said
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&b.ID, &b.Source, &b.CoversTo, &b.undone}, func() error {
			known[b.ID] = b
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("look at %d batches: %w", len(ids), err)
	}
	return known, nil
}
