package access

// Who has looked at a child, and what one has looked at oneself: the audit as people
// read it.

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Look is one line of the audit.
type Look struct {
	ID      int64
	At      time.Time
	Account int64
	Name    string // of the account; "": the program itself, or somebody not signed in
	Actor   string // "account", "anonymous", or the program's purpose: "system:import"
	Role    Role
	Action  string
	Kind    string
	Fields  []string
	Reason  string
	Among   int // of how many children one line tells; 0 or 1: of this one alone
}

// Looks reads the audit.
type Looks struct{ pool *pgxpool.Pool }

// NewLooks gives the audit in the record store.
func NewLooks(pool *pgxpool.Pool) *Looks { return &Looks{pool} }

// LooksAtOnce is how many lines one question gives; the answer's last id asks for
// those before.
const LooksAtOnce = 100

// AtChild are the lines about a child, the latest first, those before the id where
// one is given; for those who review access. That they were asked for is a line, too.
func (l *Looks) AtChild(ctx context.Context, by Viewer, s Sought, before int64) (child FoundChild, looks []Look, err error) {
	if !by.May(ReviewAccess) {
		return FoundChild{}, nil, ErrNotAllowed
	}
	err = InTx(ctx, l.pool, by, func(tx pgx.Tx) error {
		if child, err = findChild(ctx, tx, s); err != nil {
			return err
		}
		if looks, err = readLooks(ctx, tx, before, `(a.child_id = $2 OR a.children @> ARRAY[$2::bigint])`, child.ID); err != nil {
			return err
		}
		return Audit(ctx, tx, by, Entry{Action: "review", Kind: "audit", Child: child.ID})
	})
	return child, looks, err
}

// Own are the viewer's own lines, the latest first.
func (l *Looks) Own(ctx context.Context, v Viewer, before int64) (looks []Look, err error) {
	if v.Account() == 0 {
		return nil, nil
	}
	err = InTx(ctx, l.pool, v, func(tx pgx.Tx) error {
		looks, err = readLooks(ctx, tx, before, `a.account_id = $2`, v.Account())
		return err
	})
	return looks, err
}

// During are the lines of somebody who broke the glass about that child for as long
// as it lasted, the latest first, those before the id where one is given; for those who
// review.
func (l *Looks) During(ctx context.Context, by Viewer, broken, before int64) (looks []Look, err error) {
	if !by.May(ReviewAccess) {
		return nil, ErrNotAllowed
	}
	err = InTx(ctx, l.pool, by, func(tx pgx.Tx) error {
		looks, err = readLooks(ctx, tx, before, `EXISTS (SELECT FROM break_glass b WHERE b.id = $2 AND a.account_id = b.account_id AND (a.child_id = b.child_id OR a.children @> ARRAY[b.child_id])
			AND a.at >= b.from_at AND a.at <= b.to_at)`, broken)
		return err
	})
	return looks, err
}

func readLooks(ctx context.Context, tx pgx.Tx, before int64, where string, arg int64) ([]Look, error) {
	rows, _ := tx.Query(ctx, `/* access.readLooks */
		SELECT a.id, a.at, a.account_id, CASE a.actor WHEN 'account' THEN coalesce(p.display_name, '') ELSE '' END, a.actor, a.role, a.action, coalesce(a.kind, ''), coalesce(a.fields, '{}'), coalesce(a.reason, ''),
			coalesce(cardinality(a.children), 0)
		FROM audit a LEFT JOIN account p ON p.id = a.account_id
		WHERE ($1::bigint = 0 OR a.id < $1) AND `+where+fmt.Sprintf(` ORDER BY a.id DESC LIMIT %d`, LooksAtOnce), before, arg)
	looks, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Look])
	if err != nil {
		return nil, fmt.Errorf("read the audit: %w", err)
	}
	return looks, nil
}
