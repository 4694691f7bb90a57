package access

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Beginner is what transactions begin on: the pool, or a transaction, in which
// another is a savepoint.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// InTx runs fn in a transaction of the record store that PostgreSQL's own
// row-level security knows to be the viewer's: what the viewer may read and
// write, and of whom, is set for this transaction and no longer, so a connection
// that goes back to the pool carries nobody's rights. An error from fn rolls back.
func InTx(ctx context.Context, pool Beginner, v Viewer, fn func(tx pgx.Tx) error) error {
	return InScope(ctx, pool, v, func(tx pgx.Tx, _ Scope) error { return fn(tx) })
}

// InScope is InTx for whoever asks about children: fn is told which are the
// viewer's.
func InScope(ctx context.Context, pool Beginner, v Viewer, fn func(tx pgx.Tx, s Scope) error) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		s, err := become(ctx, tx, v)
		if err != nil {
			return err
		}
		return fn(tx, s)
	})
}

func become(ctx context.Context, tx pgx.Tx, v Viewer) (Scope, error) {
	s := Scope{}
	err := tx.QueryRow(ctx, `/* access.become */ SELECT become_viewer($1, $2, $3, $4, $5, $6)`,
		v.account, list(v.readable()), list(v.writable()), list(v.permissions()), v.rules(), v.services()).Scan(&s.set)
	if err != nil {
		return Scope{}, fmt.Errorf("set the viewer of the transaction: %w", err)
	}
	return s, nil
}

func list[T ~string](all []T) string {
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = string(c)
	}
	return strings.Join(names, ",")
}

// SetReason sets the reason that history keeps for the changes that follow in
// this transaction.
func SetReason(ctx context.Context, tx pgx.Tx, reason string) error {
	_, err := tx.Exec(ctx, `/* access.SetReason */ SELECT set_config('onevision.reason', $1, true)`, reason)
	return err
}

// Entry is one line of the audit: what was done to which record of which child.
type Entry struct {
	Action string // read, list, create, correct, end, delete, history, import, export, sign-in, ...
	Kind   string
	Record int64
	Child  int64
	Fields []string // seen or changed; names of fields, never values
	Reason string

	// Of an act on many records at once: their keys and the keys of their
	// children, in place of Record and Child. One line tells of them all.
	Records, Children []int64
}

// Audit writes the viewer's audit lines in the transaction that did what they
// say: no line, no act.
func Audit(ctx context.Context, tx pgx.Tx, v Viewer, entries ...Entry) error {
	if len(entries) == 0 {
		return nil
	}
	if !v.Anybody() {
		return fmt.Errorf("audit: nobody did this")
	}
	rows := make([][]any, len(entries))
	for i, e := range entries {
		rows[i] = []any{v.account, v.actor, string(v.role), e.Action, text(e.Kind), number(e.Record), number(e.Child), e.Fields, text(e.Reason), text(v.request), e.Records, e.Children}
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"audit"},
		[]string{"account_id", "actor", "role", "action", "kind", "record_id", "child_id", "fields", "reason", "request", "records", "children"},
		pgx.CopyFromRows(rows))
	if err != nil {
		return fmt.Errorf("write the audit: %w", err)
	}
	return nil
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func number(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}
