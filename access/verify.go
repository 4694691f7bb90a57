package access

// Whether the audit says what it said when it was written.

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"
)

// Tampering is one place where the audit is not what it was.
type Tampering struct {
	Position int64  // in the chain; 0: the line is not in it
	Line     int64  // the line's id; 0: not known
	What     string // in words
	Proven   bool   // it lies before the last exported head
}

// Verdict is what Verify found.
type Verdict struct {
	Lines      int64       // that agree with the chain
	Head       int64       // the position of the last exported head: lines up to it are proven
	HeadAt     time.Time   // when it was exported
	Unproven   int64       // lines in the chain beyond it
	FirstAfter int64       // the id of the first of these; 0: none
	Pending    int64       // lines that wait to be chained
	Before     int64       // lines that another key chained: they cannot be proven here
	Found      []Tampering // the first first, at most mostFound
	More       int64       // found beyond those
}

// Whole reports whether nothing was found.
func (v Verdict) Whole() bool { return len(v.Found) == 0 }

const (
	mostFound = 20
	// A line that came to the chain so much later than it says it was written was not
	// written then: no act lasts so long.
	longestAct = time.Hour
)

// Verify reads the whole chain, in one snapshot, and holds every line against it and
// the chain against the exported heads. The chain must have begun. It changes
// nothing.
func (c *Chain) Verify(ctx context.Context) (v Verdict, err error) {
	heads, _, err := c.heads()
	if err != nil {
		return v, err
	}
	if len(heads) == 0 || !heads[0].Begins {
		return v, fmt.Errorf("the heads of the audit in %s have no beginning: put the file back from a copy", c.Folder)
	}
	tx, err := c.Pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return v, fmt.Errorf("verify the audit: %w", err)
	}
	defer tx.Rollback(ctx) //nolint:errcheck // nothing was written
	walk := verification{chain: c, begins: heads[0], exported: map[int64]head{}, verdict: &v}
	for _, h := range heads {
		if h.Was > 0 {
			walk.found(h.Position+1, 0, fmt.Sprintf("is gone from the chain, with those up to position %d: noticed on %s UTC (if the record store was put back from a copy then, they were lost with it)", h.Was, h.At.UTC().Format(time.DateTime)))
			maps.DeleteFunc(walk.exported, func(position int64, _ head) bool { return position > h.Position })
		}
		walk.exported[h.Position] = h
		v.Head, v.HeadAt = h.Position, h.At
	}
	if err := walk.links(ctx, tx); err != nil {
		return v, fmt.Errorf("verify the audit: %w", err)
	}
	if err := walk.strangers(ctx, tx); err != nil {
		return v, fmt.Errorf("verify the audit: %w", err)
	}
	return v, nil
}

type verification struct {
	chain    *Chain
	begins   head
	exported map[int64]head
	verdict  *Verdict
}

func (w *verification) found(position, id int64, what string) {
	if len(w.verdict.Found) >= mostFound {
		w.verdict.More++
		return
	}
	w.verdict.Found = append(w.verdict.Found, Tampering{position, id, what, position > 0 && position <= w.verdict.Head})
}

// links walks the chain from its beginning. A line that does not agree is named, and
// the walk goes on from what the chain says there.
func (w *verification) links(ctx context.Context, tx pgx.Tx) error {
	before, err := hex.DecodeString(w.begins.Hash)
	if err != nil {
		return err
	}
	key, next := w.chain.use("link"), w.begins.Position+1
	rows, err := tx.Query(ctx, `/* access.Chain.Verify */
		SELECT l.position, l.audit_id, l.chained_at, l.hash, a.id IS NOT NULL, coalesce(a.id, 0), coalesce(a.at, 'epoch'), coalesce(a.account_id, 0), coalesce(a.actor, ''), coalesce(a.role, ''), coalesce(a.action, ''),
			a.kind, a.reason, a.request, a.record_id, a.child_id, a.fields, a.records, a.children
		FROM audit_link l LEFT JOIN audit a ON a.id = l.audit_id ORDER BY l.position`)
	if err != nil {
		return err
	}
	var position, id int64
	var chained time.Time
	var hash []byte
	var there bool
	var l line
	_, err = pgx.ForEachRow(rows, append([]any{&position, &id, &chained, &hash, &there}, l.targets()...), func() error {
		if position < next {
			if w.verdict.Before++; position <= 0 || w.begins.Position == 0 {
				w.found(max(position, 1), id, "is in the chain at a place that there is not")
			}
			return nil
		}
		if position > next {
			w.found(next, 0, fmt.Sprintf("is gone from the chain, with those up to position %d", position-1))
			w.past(next, position-1)
		}
		next = position + 1
		switch {
		case !there:
			w.found(position, id, "was removed")
		case string(l.link(key, before, position, chained)) != string(hash):
			w.found(position, id, "was altered, or stands in another's place")
		case id > w.begins.Before && (chained.Sub(l.at) > longestAct || l.at.Sub(chained) > time.Minute):
			w.found(position, id, "says that it was written on "+l.at.UTC().Format(time.DateTime)+" UTC, and came on "+chained.UTC().Format(time.DateTime))
		default:
			w.verdict.Lines++
		}
		if h, ok := w.exported[position]; ok && h.Hash != hex.EncodeToString(hash) {
			w.found(position, id, "is not the head that was exported on "+h.At.UTC().Format(time.DateTime)+" UTC")
		}
		if position > w.verdict.Head {
			if w.verdict.Unproven++; w.verdict.FirstAfter == 0 {
				w.verdict.FirstAfter = id
			}
		}
		before = append(before[:0], hash...)
		return nil
	})
	if err != nil {
		return err
	}
	if next <= w.verdict.Head {
		w.found(next, 0, fmt.Sprintf("is gone from the chain, with those up to position %d, which was exported on %s UTC (if the record store was put back from a copy, they were lost with it)", w.verdict.Head, w.verdict.HeadAt.UTC().Format(time.DateTime)))
	}
	return nil
}

// past tells of exported heads that lie where the chain has nothing.
func (w *verification) past(from, to int64) {
	for position := range w.exported {
		if position >= from && position <= to && position > w.begins.Position {
			w.found(position, w.exported[position].Line, "was the exported head, and is gone")
		}
	}
}

// strangers are lines that are in no chain and do not wait for one, either.
func (w *verification) strangers(ctx context.Context, tx pgx.Tx) error {
	if err := tx.QueryRow(ctx, `/* access.Chain.Verify */ SELECT coalesce(sum(cardinality(lines)), 0) FROM audit_pending`).Scan(&w.verdict.Pending); err != nil {
		return err
	}
	rows, _ := tx.Query(ctx, `/* access.Chain.Verify */
		SELECT a.id, a.at FROM audit a LEFT JOIN audit_link l ON l.audit_id = a.id
		WHERE l.audit_id IS NULL AND a.id NOT IN (SELECT unnest(lines) FROM audit_pending) ORDER BY a.id`)
	var id int64
	var at time.Time
	_, err := pgx.ForEachRow(rows, []any{&id, &at}, func() error {
		w.found(0, id, "was inserted past the program: it is in no chain")
		return nil
	})
	return err
}
