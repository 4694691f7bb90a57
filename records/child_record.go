package records

// The whole record of one child in one read.

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// ChildRecord is what is written down about one child, as far as its viewer may
// see it.
type ChildRecord struct {
	Child *Child
	// Kinds are the other kinds about a child that the viewer may read, in the
	// kinds' order, with the child's current records of each.
	Kinds []RecordsOf
}

// RecordsOf is the records of one kind.
type RecordsOf struct {
	Kind    *Kind
	Records []Record
}

// ChildRecord reads all current records about the child with the public id, of
// every kind that the viewer may read: one round trip to PostgreSQL, and one line
// in the audit, which names the kinds.
func (s *Store) ChildRecord(ctx context.Context, v access.Viewer, id string) (whole ChildRecord, err error) {
	err = s.InTx(ctx, v, func(t *Tx) error {
		whole, err = t.ChildRecord(ctx, id)
		return err
	})
	return whole, err
}

// ChildRecord is Store.ChildRecord in this transaction.
func (t *Tx) ChildRecord(ctx context.Context, id string) (ChildRecord, error) {
	return t.childRecord(ctx, id, nil)
}

// childRecord is the whole record but for one kind, which the caller reads itself:
// the audit names it all the same.
func (t *Tx) childRecord(ctx context.Context, id string, but *Kind) (ChildRecord, error) {
	if err := t.reads(childKind); err != nil {
		return ChildRecord{}, err
	}
	if !isUUID(id) {
		return ChildRecord{}, ErrNotFound
	}
	whole := ChildRecord{Child: &Child{}}
	batch := &pgx.Batch{}
	args := []any{id}
	reached := t.reached(childKind, &args)
	batch.Queue(`/* records.Tx.ChildRecord */ SELECT `+childKind.columns()+` FROM `+childKind.from(childKind.Table)+` WHERE t.public_id = $1::uuid AND `+reached, args...).
		QueryRow(func(row pgx.Row) error { return row.Scan(childKind.targets(whole.Child)...) })
	for _, k := range Kinds() {
		if k == childKind || k == but || !k.About() || !t.viewer.Reads(k.Category) {
			continue
		}
		whole.Kinds = append(whole.Kinds, RecordsOf{Kind: k})
	}
	for i := range whole.Kinds {
		of := &whole.Kinds[i]
		args := []any{id}
		reached := t.reached(of.Kind, &args)
		batch.Queue(`/* records.Tx.ChildRecord `+of.Kind.Name+` */
			SELECT `+of.Kind.columns()+` FROM `+of.Kind.from(of.Kind.Table)+` WHERE t.child_id = (SELECT id FROM child WHERE public_id = $1::uuid) AND `+reached+` ORDER BY t.id`, args...).
			Query(func(rows pgx.Rows) (err error) {
				of.Records, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (Record, error) {
					rec := of.Kind.New()
					return rec, row.Scan(of.Kind.targets(rec)...)
				})
				return err
			})
	}
	switch err := t.tx.SendBatch(ctx, batch).Close(); {
	case errors.Is(err, pgx.ErrNoRows):
		return ChildRecord{}, ErrNotFound
	case err != nil:
		return ChildRecord{}, fmt.Errorf("read the record of a child: %w", err)
	}
	t.hide(childKind, whole.Child)
	m := whole.Child.Head()
	read := access.Entry{Action: "read", Kind: "child-record", Record: m.key, Child: m.child, Fields: []string{childKind.Name}}
	for _, of := range whole.Kinds {
		for _, rec := range of.Records {
			t.hide(of.Kind, rec)
		}
		read.Fields = append(read.Fields, of.Kind.Name)
	}
	if but != nil && t.viewer.Reads(but.Category) {
		read.Fields = append(read.Fields, but.Name)
	}
	return whole, access.Audit(ctx, t.tx, t.viewer, read)
}
