package records

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// Change is one entry of the changes feed: that a record was created, corrected or
// deleted. What the record says is read from it.
type Change struct {
	Position int64  `json:"position"`
	Kind     string `json:"kind"`
	ID       string `json:"id"`
	Child    string `json:"child,omitempty"` // public id of the child that it is about
	// Operation is "create" or "correct" of a record that the viewer sees now, and
	// "delete" of one that they do not see any more, whatever was done to it at this
	// position.
	Operation string `json:"operation"`
}

// Changes is a part of the feed.
type Changes struct {
	Changes []Change
	Since   string // where it ends: for the next reading
	More    bool   // there is more already
}

// ErrGeneration: the position is of no feed that there is. The record store was
// restored from a copy, say, and gives the same positions to other changes.
var ErrGeneration = errors.New("the position is of another generation of the changes feed")

// Changes reads the feed from a position on, at most so many entries. "" is where
// the feed ends now: who begins asks that first, then reads the records, and then
// goes on from there. Of kinds that the viewer may not read there is nothing.
// Positions are consecutive over all kinds, so one viewer's have gaps.
func (s *Store) Changes(ctx context.Context, v access.Viewer, since string, limit int) (changes Changes, err error) {
	err = s.InTx(ctx, v, func(t *Tx) error {
		changes, err = t.Changes(ctx, since, limit)
		return err
	})
	return changes, err
}

// Changes is Store.Changes in this transaction.
func (t *Tx) Changes(ctx context.Context, since string, limit int) (Changes, error) {
	var readable []string
	for _, k := range Kinds() {
		if t.viewer.Reads(k.Category) {
			readable = append(readable, k.Table)
		}
	}
	if len(readable) == 0 {
		return Changes{}, ErrNotFound
	}
	var generation string
	var head, began int64
	err := t.tx.QueryRow(ctx, `/* records.Tx.Changes */ SELECT generation, position, began_at FROM change_head`).Scan(&generation, &head, &began)
	if err != nil {
		return Changes{}, fmt.Errorf("read the head of the changes feed: %w", err)
	}
	at := func(position int64) string { return generation + "." + strconv.FormatInt(position, 10) }
	changes := Changes{Changes: []Change{}, Since: at(head)}
	if since == "" {
		return changes, nil
	}
	of, number, _ := strings.Cut(since, ".")
	from, err := strconv.ParseInt(number, 10, 64)
	if err != nil || from < 0 {
		return Changes{}, &Invalid{Problems: []Problem{{"since", Format, "give the since that the feed was last left with"}}}
	}
	if of != generation || from < began || from > head {
		return Changes{}, ErrGeneration
	}
	entries, err := t.changed(ctx, readable, from, head, limit)
	if err != nil {
		return Changes{}, err
	}
	if len(entries) > limit {
		entries, changes.More = entries[:limit], true
		changes.Since = at(entries[limit-1].Position)
	}
	for i, e := range entries {
		if same := slices.IndexFunc(entries[:i], func(o changedRecord) bool { return o.kind == e.kind }); same < 0 {
			if err := t.show(ctx, e.kind, entries); err != nil {
				return Changes{}, err
			}
		}
	}
	for _, e := range entries {
		changes.Changes = append(changes.Changes, e.Change)
	}
	return changes, nil
}

// changedRecord is an entry with its keys.
type changedRecord struct {
	Change
	kind          *Kind
	record, child int64
}

// changed reads entries of the readable tables after a position, and one more
// than the limit if there is one.
func (t *Tx) changed(ctx context.Context, readable []string, from, head int64, limit int) (entries []changedRecord, err error) {
	// Lines are read in their order and taken apart until there are enough entries
	// about the viewer's children: how many lines that takes is not known before.
	args := []any{from, head, readable, limit + 1}
	place := placing(&args)
	theirs := "e.child IS NULL"
	for _, of := range access.Categories() {
		if t.viewer.Reads(of) && slices.ContainsFunc(Kinds(), func(k *Kind) bool { return k.About() && k.Category == of }) {
			theirs += " OR c.category = '" + string(of) + "' AND " + t.scope.Reaches(of, "e.child", place)
		}
	}
	rows, err := t.tx.Query(ctx, `/* records.Tx.changed */
		SELECT c.last_position - cardinality(c.records) + e.n, c.kind, c.operation, e.record, coalesce(e.child, 0)
		FROM (SELECT * FROM change WHERE last_position > $1 AND last_position <= $2 AND kind = ANY ($3) ORDER BY last_position) c
		CROSS JOIN LATERAL unnest(c.records, c.children) WITH ORDINALITY e (record, child, n)
		WHERE c.last_position - cardinality(c.records) + e.n > $1 AND (`+theirs+`)
		ORDER BY c.last_position, e.n LIMIT $4`, args...)
	var e changedRecord
	var table string
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&e.Position, &table, &e.Operation, &e.record, &e.child}, func() error {
			if e.kind = kindOfTable(table); e.kind == nil {
				return fmt.Errorf("the feed names a table %q that is of no kind", table)
			}
			e.Kind = e.kind.Name
			entries = append(entries, e)
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("read the changes feed: %w", err)
	}
	return entries, nil
}

func kindOfTable(table string) *Kind {
	for _, k := range kinds() {
		if k.Table == table {
			return k
		}
	}
	return nil
}

// show gives the entries of a kind the ids that people know records by, and makes
// those of records that the viewer does not see now deletions. It writes the line
// of the audit.
func (t *Tx) show(ctx context.Context, k *Kind, entries []changedRecord) error {
	read := access.Entry{Action: "list", Kind: k.Name, Fields: []string{"changes"}}
	for _, e := range entries {
		if e.kind == k {
			read.Records = append(read.Records, e.record)
			if e.child != 0 {
				read.Children = append(read.Children, e.child)
			}
		}
	}
	seen := map[int64]bool{}
	rows, err := t.tx.Query(ctx, `/* records.Tx.show `+k.Name+` */ SELECT id FROM `+k.Table+` WHERE id = ANY ($1)`, read.Records)
	var id int64
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&id}, func() error { seen[id] = true; return nil })
	}
	if err != nil {
		return fmt.Errorf("look at the %s that changed: %w", k.Plural, err)
	}
	public, err := t.publicIDs(ctx, read.Children)
	if err != nil {
		return err
	}
	for i := range entries {
		e := &entries[i]
		if e.kind != k {
			continue
		}
		if !seen[e.record] {
			e.Operation = "delete"
		}
		e.ID, e.Child = strconv.FormatInt(e.record, 10), public[e.child]
		if k.PublicID {
			e.ID = e.Child
		}
	}
	if len(read.Children) == 0 {
		return nil
	}
	return access.Audit(ctx, t.tx, t.viewer, read)
}

// publicIDs are the public ids of children, of those that were deleted too.
func (t *Tx) publicIDs(ctx context.Context, children []int64) (map[int64]string, error) {
	public := map[int64]string{}
	if len(children) == 0 {
		return public, nil
	}
	rows, err := t.tx.Query(ctx, `/* records.Tx.publicIDs */
		SELECT id, public_id::text FROM child WHERE id = ANY ($1)
		UNION SELECT id, public_id::text FROM child_history WHERE id = ANY ($1)`, children)
	var id int64
	var name string
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error { public[id] = name; return nil })
	}
	if err != nil {
		return nil, fmt.Errorf("look for the ids of %d children: %w", len(children), err)
	}
	return public, nil
}
